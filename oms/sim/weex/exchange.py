"""The simulated exchange: orders in, what became of them out. Pure: time and randomness are given to it.

1. Orders trade by price, then by time.
2. An order is active (0), executed (1), canceled (2), or canceled after it traded in part (3).
3. The same requests at the same times, with the same seed, give the same answers.

What happened is said twice: as the answer, and as events for the venue's own record.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN
from typing import TYPE_CHECKING

from oms.sim.book import ZERO, Order
from oms.sim.depth import Depth, FixedDepth, MovingDepth
from oms.sim.terms import ROUGH, Accepted, Event, OrdType, Side, Status
from oms.sim.weex.funds import needed, paying
from oms.sim.weex.market import AMOUNT_STEP, BY_NAME, MAX_AMOUNT, VENUE, Pair
from oms.sim.weex.refusals import (
    INVALID_AMOUNT,
    INVALID_ORDER,
    INVALID_PAIR,
    INVALID_RATE,
    INVALID_STATUS,
    Refused,
    below_minimum,
    not_enough,
    outside_price_range,
)

if TYPE_CHECKING:
    import random
    from datetime import datetime
    from decimal import Decimal

    from oms.sim.book import Book
    from oms.sim.weex.floor import Floor

NO_LIQUIDITY = "no liquidity for the rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """A `Trade` as it was asked for; a market order may come without rate, and without amount."""

    account: str
    pair: str
    side: Side
    ord_type: OrdType
    rate: Decimal | None
    amount: Decimal | None


@dataclass(slots=True, kw_only=True, eq=False)
class Placed(Order):
    """An order of an account, with its time."""

    created: datetime

    @property
    def state(self) -> int:
        """The status of OrderInfo."""
        if self.status.open:
            return 0
        if self.status is Status.FILLED:
            return 1
        return 3 if self.cum_qty else 2


class Exchange:
    """The orders of all accounts."""

    def __init__(self, floor: Floor, rng: random.Random, *, background: bool) -> None:
        """Open the books; with `background` other participants move the prices."""
        self.floor = floor
        self._depth: Depth = MovingDepth(floor, rng) if background else FixedDepth(floor)
        self._orders: dict[str, Placed] = {}
        self._open: dict[str, dict[str, Placed]] = {}

    def submit(self, request: NewOrder, now: datetime) -> tuple[Placed, list[Event]]:
        """Take an order; the order as it then is, and what happened, come back.

        Raises:
            Refused: with the venue's text; nothing happened.

        """
        order = self._order(request, self._pair(request.pair), now)
        self._check_funds(order)
        order.order_id = self.floor.next_order_id()
        self._orders[order.order_id] = order
        events: list[Event] = [Accepted(order.view(), "", now), *self.floor.take(order, now)]
        if order.status.open and order.ord_type == OrdType.MARKET:
            self.floor.withdraw(order, resting=False)
            if request.amount is None and order.cum_qty:
                order.qty, order.status = order.cum_qty, Status.FILLED  # all there was
            else:
                events.append(self.floor.canceled(order, now, NO_LIQUIDITY))
        elif order.status.open:
            self.floor.rest(order)
            self._open.setdefault(order.account, {})[order.order_id] = order
        self._depth.touched(self._book(order))
        return order, events

    def cancel(self, account: str, order_id: str, now: datetime) -> list[Event]:
        """Cancel an order of the account.

        Raises:
            Refused: there is no such order, or it is over.

        """
        order = self.order(account, order_id)
        if not order.status.open:
            raise Refused(INVALID_STATUS)
        self.floor.withdraw(order, resting=True)
        event = self.floor.canceled(order, now)
        self._depth.touched(self._book(order))
        return [event]

    def order(self, account: str, order_id: str) -> Placed:
        """Return an order of the account.

        Raises:
            Refused: there is no such order.

        """
        order = self._orders.get(order_id)
        if order is None or order.account != account:
            raise Refused(INVALID_ORDER)
        return order

    def active(self, account: str) -> list[Placed]:
        """Return the open orders of an account, the oldest first."""
        orders = self._open.setdefault(account, {})
        for order_id in [one.order_id for one in orders.values() if not one.status.open]:
            del orders[order_id]
        return list(orders.values())

    def step(self, now: datetime) -> list[Event]:
        """Let the other participants act once; the accounts' fills come back."""
        return self._depth.step(now)

    def best(self, pair: str, side: Side) -> Decimal | None:
        """Return the best price that rests on one side."""
        order = self.floor.books[VENUE, pair].best(side)
        return None if order is None else order.limit()

    def levels(self, pair: str, side: Side) -> list[tuple[Decimal, Decimal]]:
        """Return price and amount of every level of one side, best first."""
        levels: dict[Decimal, Decimal] = {}
        for order in self.floor.books[VENUE, pair].resting(side):
            levels[order.limit()] = levels.get(order.limit(), ZERO) + order.leaves
        return list(levels.items())

    def _pair(self, name: str) -> Pair:
        pair = BY_NAME.get(name)
        if pair is None or pair.hidden:
            raise Refused(INVALID_PAIR)
        return pair

    def _order(self, request: NewOrder, pair: Pair, now: datetime) -> Placed:
        market = request.ord_type is OrdType.MARKET
        if not market:
            _check_rate(request.rate, pair)
        return Placed(
            account=request.account,
            cl_ord_id="",
            order_id="",
            venue=VENUE,
            symbol=pair.name,
            side=request.side,
            ord_type=request.ord_type,
            tif="",
            price=None if market else request.rate,
            qty=_checked_amount(self._amount(request, pair), pair),
            created=now,
        )

    def _amount(self, request: NewOrder, pair: Pair) -> Decimal:
        """Return what is to be traded: a market order without amount means all there is."""
        if request.amount is not None:
            return request.amount
        if request.ord_type is OrdType.LIMIT:
            raise Refused(INVALID_AMOUNT)
        if request.side is Side.SELL:
            available = self.floor.funds.balance(request.account, pair.base).available
            return ROUGH.divide(available, AMOUNT_STEP).to_integral_value(ROUND_DOWN) * AMOUNT_STEP
        return MAX_AMOUNT

    def _check_funds(self, order: Placed) -> None:
        instrument = self._book(order).instrument
        currency = paying(order, instrument)
        available = self.floor.funds.balance(order.account, currency).available
        if needed(order) > available or available <= ZERO:
            raise not_enough(currency, order.side)

    def _book(self, order: Order) -> Book:
        return self.floor.books[order.venue, order.symbol]


def _check_rate(rate: Decimal | None, pair: Pair) -> None:
    if rate is None:
        raise Refused(INVALID_RATE)
    if not pair.min_price <= rate <= pair.max_price:
        raise outside_price_range(pair, rate)
    if rate % pair.instrument.tick:
        raise Refused(INVALID_RATE)


def _checked_amount(amount: Decimal, pair: Pair) -> Decimal:
    if amount < pair.min_amount:
        raise below_minimum(pair)
    if amount > MAX_AMOUNT or amount % AMOUNT_STEP:
        raise Refused(INVALID_AMOUNT)
    return amount
