"""The order methods that change something: new orders and cancels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oms.sim.apifiny_http import codes, fields
from oms.sim.apifiny_http.codes import Problem
from oms.sim.apifiny_http.faults import CANCEL_TIMEOUT, CLOSED, MEANINGS, ORDER_TIMEOUT, PENDING, PENDING_MS
from oms.sim.apifiny_http.rows import Row, order_row
from oms.sim.desk import REJECT_TEXT
from oms.sim.faults import CANCEL_REJECTS, LATE_FILL, REJECT, Faults
from oms.sim.rules import WOULD_TAKE
from oms.sim.terms import CancelOrder, CancelRefused, NewOrder, OrdType, Rejected, Side, Tif
from oms.sim.venue import now
from oms.sim.web.faults import Conduct as WebConduct
from oms.sim.web.faults import Dice

if TYPE_CHECKING:
    from oms.sim.apifiny_http.fields import Body
    from oms.sim.terms import Event
    from oms.sim.venue import Venue

INSERT, CANCEL = "order.insertOrderLite", "order.cancelOrderLite"

SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
ORDER_TYPES = {"LIMIT": OrdType.LIMIT.value, "MARKET": OrdType.MARKET.value}
# The samples print the numbers, the table of the request prints the words.
TIMES_IN_FORCE = {"1": Tif.GTC.value, "2": "2", "3": Tif.IOC.value, "7": Tif.POST_ONLY.value}
TIMES_IN_FORCE |= {"GTC": Tif.GTC.value, "GTD": "2", "IOC": Tif.IOC.value, "PostOnly": Tif.POST_ONLY.value}


class Orders:
    """Takes orders and cancels of all accounts. Call it under the venue's lock."""

    def __init__(self, venue: Venue) -> None:
        """Use the venue's own dice."""
        conduct = venue.conduct
        self._venue = venue
        self._exchange = venue.exchange
        self._faults = Faults(conduct.rates, venue.dice("rest requests"))
        self._dice = Dice(WebConduct(conduct.rates, conduct.seed), MEANINGS, "rest orders")

    def insert(self, account: str, body: Body) -> Row:
        """Take an order; the answer comes before the exchange's, as PENDING_SUBMIT."""
        request = _new_order(account, body)
        hit = self._hits(INSERT, request)
        self._refuse_if_closed(request.venue, hit)
        if ORDER_TIMEOUT in hit and self._is_lost():
            raise Problem(codes.ORDER_TIMEOUT)
        if self._venue.history.entry(account, request.cl_ord_id):
            raise Problem(codes.ID_REPEATED)
        row = self._postpone(request) if PENDING in hit else self._submit(request, hit)
        if ORDER_TIMEOUT in hit:
            raise Problem(codes.ORDER_TIMEOUT)
        return row

    def cancel(self, account: str, body: Body) -> Row:
        """Cancel an order; it comes back as it is then."""
        entry = self._venue.history.entry(account, fields.text(body, "orderId"))
        if entry is None or entry.order.venue != fields.venue(body):
            raise Problem(codes.NO_ORDER)
        order = entry.order
        request = CancelOrder(
            account=account,
            cl_ord_id=order.cl_ord_id,
            orig_cl_ord_id=order.cl_ord_id,
            symbol=order.symbol,
            side=order.side,
        )
        hit = self._hits(CANCEL, request)
        self._refuse_if_closed(order.venue, hit)
        if entry.pending:
            raise Problem(codes.STILL_PENDING)
        if hit & CANCEL_REJECTS.keys():
            raise Problem(codes.CANCEL_ERROR)
        if CANCEL_TIMEOUT in hit and self._is_lost():
            raise Problem(codes.CANCEL_TIMEOUT)
        events = self._venue.noted(self._exchange.cancel(request, now(), late_fill=LATE_FILL in hit))
        if isinstance(events[0], CancelRefused):
            raise Problem(codes.NOT_CANCELABLE)
        self._venue.tell(events)
        if CANCEL_TIMEOUT in hit:
            raise Problem(codes.CANCEL_TIMEOUT)
        return order_row(self._venue.history.entry(account, order.cl_ord_id) or entry)

    def _hits(self, method: str, request: NewOrder | CancelOrder) -> frozenset[str]:
        hit = self._faults.of_request() | set(self._dice.draw(method))
        self._venue.record.asked(request, now())
        able = _OF_ORDERS if isinstance(request, NewOrder) else _OF_CANCELS
        if told := sorted(hit & able):
            self._venue.record.fault(request.account, told, {11: request.cl_ord_id}, now())
        return hit & able

    def _refuse_if_closed(self, venue: str, hit: frozenset[str]) -> None:
        if CLOSED in hit or self._venue.standing.closed(venue):
            raise Problem(codes.MAINTENANCE)

    def _is_lost(self) -> bool:
        return self._dice.rng.random() < 1 / 2

    def _submit(self, request: NewOrder, hit: frozenset[str]) -> Row:
        venue, at = self._venue, now()
        if REJECT in hit:
            events = self._exchange.reject(request, at, text=REJECT_TEXT)
        else:
            events = self._exchange.submit(request, at)
        venue.over_rest.add((request.account, request.cl_ord_id))
        if (broken := _broken_rule(events)) is not None:
            venue.noted(events)
            raise codes.of_rejection(broken)
        sent = venue.history.sent(request, at)
        venue.changed(sent)
        venue.tell(venue.noted(events))
        return order_row(sent.entry)

    def _postpone(self, request: NewOrder) -> Row:
        venue = self._venue
        venue.over_rest.add((request.account, request.cl_ord_id))
        sent = venue.history.sent(request, now())
        venue.changed(sent)

        def submit() -> None:
            with venue.lock:
                venue.tell(venue.noted(self._exchange.submit(request, now())))

        delay_s = self._dice.rng.uniform(*PENDING_MS) / 1000
        venue.timeline.put(venue.timeline.now() + delay_s, submit)
        return order_row(sent.entry)


_OF_ORDERS = frozenset({REJECT, CLOSED, ORDER_TIMEOUT, PENDING})
_OF_CANCELS = frozenset({LATE_FILL, CLOSED, CANCEL_TIMEOUT, *CANCEL_REJECTS})


def _broken_rule(events: list[Event]) -> Rejected | None:
    """Return the rejection that the venue knows at once.

    That a post-only order would take, or that the exchange behind does not want it, turns out later.
    """
    first = events[0]
    if isinstance(first, Rejected) and first.text not in {WOULD_TAKE, REJECT_TEXT}:
        return first
    return None


def _new_order(account: str, body: Body) -> NewOrder:
    info = body.get("orderInfo")
    if not isinstance(info, dict):
        raise Problem(codes.BAD_REQUEST, "orderInfo is missing")
    named = info.get("orderSide")
    if not isinstance(named, str) or named not in SIDES:
        raise Problem(codes.ORDER_SIDE)
    side = SIDES[named]
    market = fields.choice(info, "orderType", ORDER_TYPES) == OrdType.MARKET
    # The field `total` is the "Amount of quote asset to spend", for these orders only.
    by_total = market and side is Side.BUY
    return NewOrder(
        account=account,
        cl_ord_id=fields.text(body, "orderId"),
        venue=fields.venue(body),
        symbol=fields.text(info, "symbol"),
        side=side,
        ord_type=OrdType.MARKET if market else OrdType.LIMIT,
        tif=_time_in_force(info),
        price=None if market else fields.number(info, "limitPrice"),
        qty=None if by_total else fields.number(info, "quantity"),
        cash_qty=fields.number(info, "total") if by_total else None,
    )


def _time_in_force(info: Body) -> str:
    if info.get("timeInForce") is None:
        return Tif.GTC
    return fields.choice(info, "timeInForce", TIMES_IN_FORCE)
