"""Chapter "Trading API": orders entered, canceled and asked for. An order and a cancel leave once at most."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from msgspec import Raw, Struct

from oms.core.errors import CommandError
from oms.rest.apifiny import params
from oms.rest.apifiny.answers import ApifinyUnknown
from oms.rest.apifiny.calls import Caller
from oms.rest.apifiny.history import (
    COMPLETED_REACH_MS,
    COMPLETED_ROWS,
    Fills,
    Span,
    TooDenseError,
    fills_since,
    in_windows,
)
from oms.rest.apifiny.models import CommissionRate, Detail, Order, StreamEntry

MOST_IDS: Final = 500
LATEST_MS: Final = 253_402_300_799_999  # the end of the year 9999
GTC: Final = 1
IOC: Final = 3
POST_ONLY: Final = 7
_COMPLETED: Final = "order.listCompletedOrderLite"


class Terms(Struct, frozen=True, kw_only=True):
    """What is ordered: LIMIT or MARKET, BUY or SELL; a MARKET BUY by its `total`, in quote asset."""

    symbol: str
    order_side: str
    order_type: str = "LIMIT"
    time_in_force: int | None = GTC
    limit_price: Decimal | None = None
    quantity: Decimal | None = None
    total: Decimal | None = None


class Completed(Struct, frozen=True, kw_only=True):
    """Which completed orders; None is any."""

    venue: str | None = None
    base_asset: str | None = None
    quote_asset: str | None = None
    order_side: str | None = None
    order_status: str | None = None


class OrderClient:
    """One method for each of the chapter. All raise what `Caller.read` and `Caller.change` raise."""

    def __init__(self, caller: Caller) -> None:
        """Ask by `caller`."""
        self._caller = caller
        self._account_id = caller.credentials.account_id

    def insert(self, venue: str, order_id: str, terms: Terms) -> Order:
        """order.insertOrderLite: enter an order.

        Args:
            venue: the exchange.
            order_id: ours: account digits, 13 digits of milliseconds, 3 digits.
            terms: what is ordered.

        """
        info = params.OrderInfo(
            symbol=terms.symbol,
            order_type=terms.order_type,
            time_in_force=terms.time_in_force,
            order_side=terms.order_side,
            limit_price=params.optional_text(terms.limit_price),
            quantity=params.optional_text(terms.quantity),
            total=params.optional_text(terms.total),
        )
        asked = params.InsertOrder(
            account_id=self._account_id, venue=venue, order_id=order_id, order_info=info
        )
        return self._caller.change("order.insertOrderLite", asked, Order, _among((order_id,)))

    def cancel(self, venue: str, order_id: str) -> Order:
        """order.cancelOrderLite: ask for the end of an order; `cancelled_updated_at` tells that it is under way."""
        asked = self._one(venue, order_id)
        return self._caller.change("order.cancelOrderLite", asked, Order, _among((order_id,)))

    def query(self, venue: str, order_id: str) -> Order:
        """order.queryOrderInfoLite: an order's state, and how much of it is filled.

        Raises:
            ApifinyRefused: where its `meaning.is_not_there`, the venue does not have the order.

        """
        asked = self._one(venue, order_id)
        return self._caller.read("order.queryOrderInfoLite", asked, Order, _among((order_id,)))

    def query_many(self, order_ids: Sequence[str]) -> tuple[Order, ...]:
        """order.listOrderInfoLite: the states of any number of orders. One that is not among them proves nothing."""
        found: list[Order] = []
        for at in range(0, len(order_ids), MOST_IDS):
            some = tuple(order_ids[at : at + MOST_IDS])
            asked = params.ManyOrders(account_id=self._account_id, order_id_list=some)
            found += self._caller.rows("order.listOrderInfoLite", asked, Order, _among(some))
        return tuple(found)

    def open_orders(self) -> tuple[Order, ...]:
        """order.listOpenOrderLite: all open orders of the account."""
        asked = params.Account(account_id=self._account_id)
        return self._caller.rows("order.listOpenOrderLite", asked, Order, _timed)

    def completed_orders(self, span: Span, which: Completed | None = None) -> tuple[Order, ...]:
        """order.listCompletedOrderLite: orders that ended, asked for in windows until no answer is full.

        Args:
            span: from and to, milliseconds since the epoch; the venue reaches back 48 hours.
            which: which of them.

        Raises:
            CommandError: the span is too long ago.
            ApifinyUnknown: besides the usual: more ended at one moment than the venue tells.

        """
        earliest = self._caller.now_ms() - COMPLETED_REACH_MS
        if span[0] < earliest:
            told = (
                f"order.listCompletedOrderLite reaches back 48 hours, to {earliest}; {span[0]} is before that"
            )
            raise CommandError(told)
        wanted = which or Completed()
        try:
            rows = in_windows(span, COMPLETED_ROWS, lambda part: self._completed(part, wanted), bytes)
            found = self._caller.readable(_COMPLETED, rows, Order, _timed)
            return tuple({order.order_id: order for order in found}.values())
        except TooDenseError:
            failure = ApifinyUnknown(
                f"order.listCompletedOrderLite: {COMPLETED_ROWS} orders or more ended at one moment; ask by their ids"
            )
        raise failure

    def _completed(self, span: Span, which: Completed) -> tuple[Raw, ...]:
        """Give the rows as they are: also one that cannot be read counts when an answer is full."""
        asked = params.CompletedOrders(
            account_id=self._account_id,
            venue=which.venue,
            start_time=span[0],
            end_time=span[1],
            limit=COMPLETED_ROWS,
            forward=True,
            base_asset=which.base_asset,
            quote_asset=which.quote_asset,
            order_side=which.order_side,
            order_status=which.order_status,
        )
        return self._caller.read(_COMPLETED, asked, tuple[Raw, ...])

    def recent_fills(self, venue: str, start_ms: int) -> tuple[Detail, ...]:
        """order.listDetailLite: at most 1000 fills within 2 minutes from `start_ms` (milliseconds) on."""
        asked = params.Since(account_id=self._account_id, venue=venue, start_date_time=start_ms)
        return self._caller.read("order.listDetailLite", asked, tuple[Detail, ...])

    def fills(self, venue: str, start_ms: int) -> Fills:
        """order.listDetailLite, step by step from `start_ms` (milliseconds) until now."""
        return fills_since(start_ms, self._caller.now_ms(), lambda at_ms: self.recent_fills(venue, at_ms))

    def order_fills(self, venue: str, order_id: str) -> tuple[Detail, ...]:
        """order.readerOrderDetail: the fills of one order."""
        asked = self._one(venue, order_id)
        return self._caller.rows("order.readerOrderDetail", asked, Detail, _among((order_id,)))

    def commission_rate(self, venue: str, symbol: str) -> CommissionRate:
        """order.getCommissionRate: what a trade costs."""
        asked = params.SymbolAt(account_id=self._account_id, venue=venue, symbol=symbol)
        return self._caller.read("order.getCommissionRate", asked, CommissionRate)

    def changes_since(self, start_ms: int | None = None) -> tuple[StreamEntry, ...]:
        """order.streamDetail over HTTP: changes of orders, from `start_ms` (milliseconds) on or as the venue likes."""
        asked = params.Since(account_id=self._account_id, start_date_time=start_ms)
        return self._caller.read("order.streamDetail", asked, tuple[StreamEntry, ...])

    def _one(self, venue: str, order_id: str) -> params.OneOrder:
        return params.OneOrder(account_id=self._account_id, venue=venue, order_id=order_id)


def _among(order_ids: Sequence[str]) -> Callable[[Order], str]:
    """Make the check that a row is about one of these orders."""
    asked = frozenset(order_ids)

    def check(row: Order) -> str:
        if row.order_id in asked:
            return _timed(row)
        which = order_ids[0] if len(order_ids) == 1 else f"{len(order_ids)} orders"
        return f"asked about {which}, and answered about {row.order_id[:100]!r}"

    return check


def _timed(row: Order) -> str:
    """Check that a row is of a time that can be written."""
    times = (row.updated_at, row.filled_updated_at, getattr(row, "last_filled_created_at", None))
    wrong = next((time for time in times if time is not None and not 0 <= time <= LATEST_MS), None)
    return "" if wrong is None else f"{wrong} is no time in milliseconds"
