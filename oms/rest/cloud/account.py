"""What the keys of one account know together: its number, the symbols' rules, submits."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal

from oms.core.errors import VenueRefused
from oms.core.order import Order
from oms.core.values import RequestKind
from oms.rest.strangers import Strangers
from oms.rest.submits import Submits
from oms.rest.turns import Turns

if TYPE_CHECKING:
    from oms.rest.cloud.market_models import Symbol
    from oms.rest.cloud.orders import OrderClient

MOST_IN_A_POLL: Final = 5
Source = Literal["api", "margin-api"]


class Account:
    """Shared by the adapters of an account; may be used from several threads."""

    def __init__(
        self,
        submits: Submits,
        open_orders: Callable[[], Iterable[Order]],
        *,
        account_id: int | None = None,
        source: Source = "api",
    ) -> None:
        """Begin as after a restart.

        Args:
            submits: what is remembered of submits.
            open_orders: gives copies of the session's open orders.
            account_id: the venue's number of the account; None: the key's only account of that kind.
            source: `margin-api` for a margin account.

        """
        self.submits = submits
        self.open_orders = open_orders
        self.source: Source = source
        self.turns = Turns(MOST_IN_A_POLL)
        self.strangers = Strangers(self.awaiting)
        self.symbols: Mapping[str, Symbol] = {}
        self._wanted = account_id
        self._found: int | None = None

    def number(self, client: "OrderClient") -> int:
        """Give the account's number, which the venue is asked for once.

        Raises:
            VenueRefused: the key has no such account, or several; the text says what to configure.
            VenueError: the question failed.

        """
        if self._found is None:
            kind = "spot" if self.source == "api" else "margin"
            rows = [row for row in client.accounts() if self._wanted in (None, row.id)]
            fitting = [row for row in rows if row.type == kind]
            if len(fitting) != 1:
                shown = ", ".join(f"{row.id} ({row.type}, {row.state})" for row in rows) or "none"
                told = f"Cloud API: the key must have one {kind} account to trade for, name it as account_id: {shown}"
                raise VenueRefused(told)
            if fitting[0].state != "working":
                told = f"Cloud API: account {fitting[0].id} is {fitting[0].state}: no order is taken there"
                raise VenueRefused(told)
            self._found = fitting[0].id
        return self._found

    def leaving(self) -> frozenset[int]:
        """Give the numbers of our orders that are being canceled."""
        canceling = (order for order in self.open_orders() if order.requested(RequestKind.CANCEL))
        return frozenset(int(order.order_id) for order in canceling if order.order_id is not None)

    def awaiting(self) -> tuple[frozenset[str], frozenset[str]]:
        """Give the numbers of our open orders, and the symbols of which a submit is not answered.

        An order there that nobody here knows may be that submit, where it has the same symbol.
        """
        orders = list(self.open_orders())
        numbers = frozenset(order.order_id for order in orders if order.order_id is not None)
        symbols = frozenset(order.symbol for order in orders if order.requested(RequestKind.NEW))
        return numbers, symbols
