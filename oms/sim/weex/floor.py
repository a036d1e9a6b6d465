"""The trading floor: books, funds and numbers, the loop in which orders meet, and the tape of what traded."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from decimal import ROUND_DOWN
from itertools import count
from typing import TYPE_CHECKING

from oms.sim.book import HOUSE, ZERO, Book, Order
from oms.sim.terms import ROUGH, Canceled, Event, Filled, OrdType, Side, Status
from oms.sim.weex.funds import Funds
from oms.sim.weex.market import AMOUNT_STEP, MAX_AMOUNT, PAIRS, VENUE

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

KEPT_TRADES = 5000  # of a pair: the most that `/api/3/trades` shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One line of the public tape; `side` is the taker's."""

    tid: int
    side: Side
    price: Decimal
    amount: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One fill of one account's order, as TradeHistory has it; `maker_id` is the order that rested."""

    number: int
    pair: str
    side: Side
    amount: Decimal
    rate: Decimal
    order_id: str
    maker_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """A taker and a maker at the maker's price."""

    taker: Order
    maker: Order
    qty: Decimal
    at: datetime

    @property
    def price(self) -> Decimal:
        return self.maker.limit()


class Floor:
    """Everything that trades. It checks no rules: whoever calls `take` has."""

    def __init__(self, *, fee: Decimal, first_id: int) -> None:
        """Open an empty book for every pair; orders and trades are numbered from `first_id`."""
        self.funds = Funds(fee)
        self.books = {(VENUE, pair.name): Book(VENUE, pair.instrument) for pair in PAIRS}
        self.tape: dict[str, deque[Trade]] = {pair.name: deque(maxlen=KEPT_TRADES) for pair in PAIRS}
        self.executions: defaultdict[str, list[Execution]] = defaultdict(list)
        self._order_ids = count(first_id)
        self._trade_ids = count(first_id)

    def next_order_id(self) -> str:
        """Return a fresh number."""
        return str(next(self._order_ids))

    def house_order(self, book: Book, side: Side, *, price: Decimal, qty: Decimal) -> Order:
        """Return an order of the house: not checked, not reported; numbered when it trades."""
        return Order(
            account=HOUSE,
            cl_ord_id="",
            order_id="",
            venue=book.venue,
            symbol=book.instrument.symbol,
            side=side,
            ord_type=OrdType.LIMIT,
            tif="",
            price=price,
            qty=qty,
        )

    def take(self, order: Order, now: datetime) -> list[Event]:
        """Trade an incoming order against the book, best price first, then oldest first."""
        book = self.books[order.venue, order.symbol]
        self.funds.hold(order, book.instrument)
        events: list[Event] = []
        while order.status.open and (maker := book.crossing(order)):
            qty = min(order.leaves, maker.leaves, self._affordable(order, maker))
            if not qty:
                break
            events += self._execute(_Match(taker=order, maker=maker, qty=qty, at=now))
        return events

    def rest(self, order: Order) -> None:
        """Leave what is left of an order in its book."""
        self.books[order.venue, order.symbol].rest(order)

    def withdraw(self, order: Order, *, resting: bool) -> None:
        """End an order that still could trade, and free what it froze."""
        order.status = Status.CANCELED
        book = self.books[order.venue, order.symbol]
        if resting:
            book.gone(order)
        self.funds.hold(order, book.instrument)

    def canceled(self, order: Order, now: datetime, text: str = "") -> Canceled:
        """Return the event of an order that was withdrawn."""
        return Canceled(order.view(), "", now, None, text)

    def _affordable(self, order: Order, maker: Order) -> Decimal:
        """How much of a market buy the account can still pay; other orders froze what they need."""
        if order.account == HOUSE or order.ord_type != OrdType.MARKET or order.side is Side.SELL:
            return MAX_AMOUNT
        quote = self.books[order.venue, order.symbol].instrument.quote
        available = self.funds.balance(order.account, quote).available
        steps = ROUGH.divide(ROUGH.divide(available, maker.limit()), AMOUNT_STEP).to_integral_value(
            ROUND_DOWN
        )
        return max(steps * AMOUNT_STEP, ZERO)

    def _execute(self, match: _Match) -> list[Event]:
        taker, maker = match.taker, match.maker
        maker.order_id = maker.order_id or self.next_order_id()
        taker.order_id = taker.order_id or self.next_order_id()
        tid = next(self._trade_ids)
        trade = Trade(tid=tid, side=taker.side, price=match.price, amount=match.qty, at=match.at)
        self.tape[maker.symbol].append(trade)
        events = [self._fill(taker, match, tid)]
        # A row is found by its trade's number: an account that trades with itself gets two.
        alone = taker.account != maker.account or maker.account == HOUSE
        events.append(self._fill(maker, match, tid if alone else next(self._trade_ids)))
        return [event for event in events if event.order.account != HOUSE]

    def _fill(self, order: Order, match: _Match, tid: int) -> Filled:
        book = self.books[order.venue, order.symbol]
        order.cum_qty += match.qty
        order.notional += match.qty * match.price
        order.status = Status.PARTIALLY_FILLED if order.leaves else Status.FILLED
        if order is match.maker and not order.status.open:
            book.gone(order)
        self.funds.settle(order, book.instrument, qty=match.qty, price=match.price)
        self.funds.hold(order, book.instrument)
        if order.account != HOUSE:
            self.executions[order.account].append(_row(order, match, tid))
        return Filled(order.view(), str(tid), match.at, match.qty, match.price)


def _row(order: Order, match: _Match, tid: int) -> Execution:
    return Execution(
        number=tid,
        pair=order.symbol,
        side=order.side,
        amount=match.qty,
        rate=match.price,
        order_id=order.order_id,
        maker_id=match.maker.order_id,
        at=match.at,
    )
