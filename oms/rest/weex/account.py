"""What the keys of one account know together: the pairs' rules, submits, executions read, orders without a number."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from oms.core.order import Order
from oms.core.values import RequestKind
from oms.rest.strangers import Strangers
from oms.rest.submits import Submits
from oms.rest.turns import Turns
from oms.rest.weex.executions import Executions

if TYPE_CHECKING:
    from oms.rest.weex.models import Pair

MOST_IN_A_POLL: Final = 5
_log = structlog.get_logger()
_MOST: Final = 10_000  # numbers whose order is remembered


class Account:
    """Shared by the adapters of an account; may be used from several threads: what gets lost is asked for again."""

    def __init__(
        self, submits: Submits, open_orders: Callable[[], Iterable[Order]], *, keys: Sequence[str] = ("",)
    ) -> None:
        """Begin as after a restart.

        Args:
            submits: what is remembered of submits.
            open_orders: gives copies of the session's open orders.
            keys: the names of the account's keys, as records have them.

        """
        self.submits = submits
        self.open_orders = open_orders
        self.executions = Executions()
        self.turns = Turns(MOST_IN_A_POLL)
        self.strangers = Strangers(self.awaiting)
        self.pairs: Mapping[str, Pair] = {}
        self._owners: OrderedDict[str, str] = OrderedDict()
        self.key_names = tuple(keys)
        self._silent = set(range(len(keys)))

    def heard(self, key: int) -> None:
        """Note that the venue has accepted a number of this process under a key."""
        self._silent.discard(key)

    @property
    def all_heard(self) -> bool:
        """Whether no request of an earlier process can start any more: every key has had a later number accepted."""
        return not self._silent

    def has_all(self, keys: Collection[str]) -> bool:
        """Whether all these keys are still the account's; of one that is no more no later number can be accepted."""
        gone = sorted(set(keys) - set(self.key_names))
        if gone:
            _log.warning(
                "a submit in doubt may have left by a key that is not configured any more: no look can prove that it"
                " was not placed, and a person has to say what became of it",
                keys=gone,
            )
        return not gone

    def tie(self, order_id: str | None, cl_ord_id: str | None) -> None:
        """Note which of our orders a number belongs to."""
        if order_id is not None and cl_ord_id is not None:
            self._owners[order_id] = cl_ord_id
            while len(self._owners) > _MOST:
                self._owners.popitem(last=False)

    def others(self, cl_ord_id: str) -> frozenset[str]:
        """Give the numbers that belong to other orders of ours than this one, as far as they are remembered."""
        return frozenset(number for number, owner in list(self._owners.items()) if owner != cl_ord_id)

    def awaiting(self) -> tuple[frozenset[str], frozenset[str]]:
        """Give the numbers of our open orders, and the symbols of which a submit is not answered.

        An order there that nobody here knows may be that submit, where it has the same symbol.
        """
        orders = list(self.open_orders())
        numbers = frozenset(order.order_id for order in orders if order.order_id is not None)
        symbols = frozenset(order.symbol for order in orders if order.requested(RequestKind.NEW))
        return numbers, symbols


def key_name(key: str) -> str:
    """Name a key in records, without telling it."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
