"""Every method of the venue by name, and who may call it when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oms.sim.apifiny_http import codes, fields
from oms.sim.apifiny_http.assets import Assets
from oms.sim.apifiny_http.codes import Problem
from oms.sim.apifiny_http.faults import BUSY, MEANINGS
from oms.sim.apifiny_http.orders import CANCEL, INSERT, Orders
from oms.sim.apifiny_http.queries import Queries
from oms.sim.apifiny_http.reference import Reference
from oms.sim.market import VENUES
from oms.sim.standing import OPENED, SUSPENDED
from oms.sim.venue import now
from oms.sim.web.faults import Conduct as WebConduct
from oms.sim.web.faults import Dice
from oms.sim.web.text import decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from oms.sim.apifiny_http.fields import Body
    from oms.sim.apifiny_http.signature import Caller
    from oms.sim.venue import Venue

ACCOUNT_INFO = "account.queryAccountInfoLite"
STREAM = "order.streamDetail"

# Their request is empty in the document: they say nothing about an account.
FOR_EVERYONE = frozenset({"utils.listVenueInfoLite", "utils.currentTimeMillis"})
# A RESTRICTED account "Cannot submit order or cancel order, but can query order."
FOR_OPENED = frozenset({INSERT, CANCEL})
# Names that the document's prose has beside those of its reference.
ALIASES = {
    "order.listCompleteOrderLite": "order.listCompletedOrderLite",
    "order.queryListOrderLite": "order.listOrderInfoLite",
}


class Methods:
    """The venue's methods."""

    def __init__(self, venue: Venue) -> None:
        """Tie the names to what answers them."""
        self._venue = venue
        orders, queries, assets, reference = Orders(venue), Queries(venue), Assets(venue), Reference(venue)
        self._dice = Dice(
            WebConduct(venue.conduct.rates, venue.conduct.seed), {BUSY: MEANINGS[BUSY]}, "rest busy"
        )
        self._methods: dict[str, Callable[[str, Body], object]] = {
            ACCOUNT_INFO: assets.account,
            "asset.listBalanceByLite": assets.balances,
            "asset.queryAddressLite": assets.address,
            "asset.createWithdrawTicketLite": assets.ticket,
            "asset.withdrawLite": assets.withdraw,
            "asset.transferToVenue": assets.transfer,
            "asset.queryAssetActivityListLite": assets.activities,
            INSERT: orders.insert,
            CANCEL: orders.cancel,
            "order.queryOrderInfoLite": queries.one,
            "order.listOrderInfoLite": queries.several,
            "order.listOpenOrderLite": queries.open,
            "order.listCompletedOrderLite": queries.completed,
            "order.listDetailLite": queries.recent_fills,
            "order.readerOrderDetail": queries.fills,
            "order.getCommissionRate": queries.commission,
            STREAM: queries.stream,
            "utils.listVenueInfoLite": reference.venues,
            "utils.listCurrencyLite": reference.currencies,
            "utils.listSymbolInfoLite": reference.symbols,
            "utils.currentTimeMillis": reference.clock,
        }

    def call(self, caller: Caller, raw: bytes) -> object:
        """Answer one request. Raises Problem. Takes the venue's lock."""
        name = ALIASES.get(caller.method, caller.method)
        method = self._methods.get(name)
        if method is None:
            raise Problem(codes.BAD_REQUEST, "the method is unknown")
        with self._venue.lock:
            if self._dice.draw(name):
                raise Problem(codes.BUSY)
            body = checked(raw, caller, needs_account=name not in FOR_EVERYONE)
            self._check_status(caller.account, name)
            self._venue.wallet.settle(now())
            return method(caller.account, body)

    def _check_status(self, account: str, name: str) -> None:
        status = self._venue.standing.account(account)
        free = FOR_EVERYONE | {ACCOUNT_INFO}
        if (status == SUSPENDED and name not in free) or (status != OPENED and name in FOR_OPENED):
            raise Problem(codes.WRONG_STATUS)


def checked(raw: bytes, caller: Caller, *, needs_account: bool = True) -> Body:
    """Return a request's body, which must be an object about the caller's account. Raises Problem."""
    try:
        body: Any = decode(raw) if raw else {}
    except ValueError:
        raise Problem(codes.BAD_REQUEST, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Problem(codes.BAD_REQUEST, "the body is not an object")
    named = fields.text(body, "accountId") if needs_account else fields.optional_text(body, "accountId")
    subs = (fields.sub_account(caller.account, venue) for venue in VENUES)
    if named not in {"" if not needs_account else caller.account, caller.account, *subs}:
        raise Problem(codes.NO_PERMISSION, "accountId is not the signature's")
    return body
