"""An order's executions out of TradeHistory, which knows no filter by order.

1. Executions are asked for before the order's state: so the total is never older than the list.
2. What was read and agreed with the order's own information is not read again; where the numbers do not agree, it is
   all read from the order's beginning.
3. Some servers give the executions of a taker the number of the order that rested, with `is_your_order` 0. Such a row
   is taken for an order only where together they are exactly what the order lacks, on its side, at its rate or better.
"""

from collections import OrderedDict
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from oms.core.errors import OutcomeUnknown
from oms.core.messages import OrderSnapshot
from oms.core.values import ZERO
from oms.rest.average import avg_px_of
from oms.rest.weex.client import HistoryRequest, TradeClient
from oms.rest.weex.models import OrderRow, TradeRow
from oms.rest.weex.paging import PAGE, all_trades
from oms.rest.weex.snapshots import fill_of, fills_of, report_of

Trades = Mapping[int, TradeRow]
MOST_PAGES: Final = 1000
_MOST: Final = 10_000  # orders that are remembered


class _Read(Struct, frozen=True):
    """Up to trade id `above` an order's executions come to `shares`; before `start` it has none."""

    start: int
    above: int
    shares: Decimal = ZERO


class Listed:
    """What TradeHistory lists, asked for once for several orders: older than every state that is asked for after it."""

    def __init__(self, client: TradeClient) -> None:
        """Ask by `client`, where there is need."""
        self._client = client
        self._read: dict[str, tuple[int, Trades]] = {}

    def above(self, pair: str, start: int) -> Trades:
        """Give the executions of a pair above a trade id."""
        if pair not in self._read or self._read[pair][0] > start:
            self._read[pair] = start, all_trades(self._client, above=start, pair=pair)
        return {number: row for number, row in self._read[pair][1].items() if number > start}


class Executions:
    """Reads orders with their executions; remembers how far. For any thread: what gets lost is read again."""

    def __init__(self) -> None:
        """Start without memory, as after a restart."""
        self._read: OrderedDict[int, _Read] = OrderedDict()

    def begin(self, order_id: int, above: int) -> None:
        """Note that an order's executions are all above a trade id: that of its mark."""
        self._note(order_id, _Read(above, above))

    def snapshot(
        self, client: TradeClient, order_id: int, pair: str, listed: Listed | None = None
    ) -> OrderSnapshot:
        """Ask how an order stands, and for its executions that were not read yet.

        Args:
            client: asks.
            order_id: the order.
            pair: its pair.
            listed: what was listed a moment ago; where it is too old for the order, it is not relied on.

        Raises:
            VenueError: as the client's questions do; then nothing was learned.

        """
        read = self._read.get(order_id) or _Read(*_beginning(client, order_id, pair))
        found = self._from(client, order_id, read, (listed or Listed(client)).above(pair, read.above))
        if listed is not None and not _agrees(found, read):
            found = self._from(client, order_id, read, Listed(client).above(pair, read.above))
        if not _agrees(found, read) and read.above > read.start:
            read = _Read(read.start, read.start)
            found = self._from(client, order_id, read, Listed(client).above(pair, read.above))
        shown, highest = found
        if _agrees(found, read):
            executed = shown.report.cum_qty or ZERO
            self._note(order_id, _Read(read.start, max(read.above, highest), executed))
        else:
            self._note(order_id, read)
        return replace(shown, all_fills=_agrees(found, read) and not read.shares)

    def _note(self, order_id: int, read: _Read) -> None:
        self._read[order_id] = read
        while len(self._read) > _MOST:
            self._read.popitem(last=False)

    def _from(
        self, client: TradeClient, order_id: int, read: _Read, trades: Trades
    ) -> tuple[OrderSnapshot, int]:
        row = client.order_info(order_id)
        return joined(order_id, row, trades, before=read.shares), max(trades, default=0)


def joined(order_id: int, row: OrderRow, trades: Trades, *, before: Decimal = ZERO) -> OrderSnapshot:
    """Join an order's own information with its executions, those without its number included.

    Args:
        order_id: the order.
        row: OrderInfo's answer, asked for after `trades`.
        trades: rows of TradeHistory since the order's beginning, or since `before`.
        before: what of it was executed before these rows.

    """
    report = report_of(order_id, row)
    fills = fills_of(order_id, trades)
    listed = before + sum((fill.shares for fill in fills), ZERO)
    lacking = (report.cum_qty or ZERO) - listed
    unnumbered = taken_unnumbered(trades, row.type, row.rate)
    if lacking and sum((trade.amount for trade in unnumbered.values()), ZERO) == lacking:
        fills = (*fills, *(fill_of(number, trade) for number, trade in sorted(unnumbered.items())))
        listed += lacking
    if not before and (average := avg_px_of(fills, report.cum_qty or ZERO)) is not None:
        report = replace(report, avg_px=average)
    return OrderSnapshot(report=report, fills=fills, all_fills=not before and listed == report.cum_qty)


def taken_unnumbered(trades: Trades, side: str, rate: Decimal | None) -> dict[int, TradeRow]:
    """Give the rows of a side, at a rate or better, that bear the number of somebody else's order."""
    return {
        number: row
        for number, row in trades.items()
        if not row.is_your_order and row.type == side and is_as_good(row.rate, side, rate)
    }


def is_as_good(rate: Decimal, side: str, wanted: Decimal | None) -> bool:
    """Whether an execution is at the wanted rate or better."""
    return wanted is None or (rate <= wanted if side == "buy" else rate >= wanted)


def _agrees(found: tuple[OrderSnapshot, int], read: _Read) -> bool:
    shown = found[0]
    listed = read.shares + sum((fill.shares for fill in shown.fills), ZERO)
    return listed == (shown.report.cum_qty or ZERO)


def _beginning(client: TradeClient, order_id: int, pair: str) -> tuple[int, int]:
    """Find a trade id that is below all executions of an order that nobody here has submitted in this life."""
    created = client.order_info(order_id).timestamp_created
    end: int | None = None
    for _ in range(MOST_PAGES):
        page = client.trade_history(HistoryRequest(count=PAGE, end_id=end, order="DESC", pair=pair))
        older = [number for number, row in page.items() if row.timestamp < created]
        if older:
            return max(older), max(older)
        lowest = min(page, default=0)
        if lowest <= 1 or (end is not None and lowest > end):
            return 0, 0
        end = lowest - 1
    told = f"WEEX: order {order_id} has more trades after it than {MOST_PAGES} pages hold"
    raise OutcomeUnknown(told)
