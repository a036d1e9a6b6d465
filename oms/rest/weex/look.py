"""Where the venue's numbering stands before a submit, and the full look for a submit whose outcome is unknown.

Trade has no client order id, so that an order whose answer was lost can only be recognized (see the engine, which
judges). A look goes through the open orders first, then through the executions above the mark, whose rows name orders
that are gone; every order found is confirmed by its own OrderInfo. What a look cannot see: an order that somebody
canceled before anything of it was executed.
"""

from collections.abc import Container, Iterable, Mapping
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from oms.core.errors import OutcomeUnknown
from oms.core.messages import Candidate, ExecutionReport, Mark, NewOrder, OrderSnapshot
from oms.core.times import NS_PER_S
from oms.core.values import ZERO, ExecTransType, OrdStatus
from oms.rest.average import avg_px_of
from oms.rest.weex.client import HistoryRequest, TradeClient
from oms.rest.weex.executions import Trades, joined, taken_unnumbered
from oms.rest.weex.models import OrderRow, TradeRow
from oms.rest.weex.paging import all_trades
from oms.rest.weex.patient import Questions
from oms.rest.weex.snapshots import fill_of
from oms.rest.weex.terms import SIDE_CODES, SIDES, pair_of, symbol_of

MARK_ROWS: Final = 100


def take_mark(client: TradeClient, symbol: str) -> Mark:
    """Read the highest numbers of a pair. The venue tells no time with them.

    An order that is canceled has no place in any list, so that the numbering may stand higher than this.
    """
    pair = pair_of(symbol)
    active = client.active_orders(pair)  # first: what leaves this list meanwhile stands in the history then
    trades = client.trade_history(HistoryRequest(count=MARK_ROWS, order="DESC", pair=pair))
    numbers = {*active, *(row.order_id for row in trades.values() if row.is_your_order)}
    return Mark(order_id=_highest(numbers), trade_id=_highest(trades))


def look(client: Questions, message: NewOrder, mark: Mark) -> tuple[Candidate, ...]:
    """Give every order above the mark that has the submit's pair and side, with its executions.

    Raises:
        VenueError: the look is not complete, and says nothing: a question failed, or there are executions that belong
            to no order that can be named.

    """
    pair, side = pair_of(message.symbol), SIDES[message.side]
    active = client.active_orders(pair)
    trades = all_trades(client, above=number_of(mark.trade_id), pair=pair)
    numbers = {number for number, row in active.items() if row.type == side}
    numbers |= {row.order_id for row in trades.values() if row.type == side and row.is_your_order}
    wanted = sorted(number for number in numbers if number > number_of(mark.order_id))
    rows = {number: client.order_info(number) for number in wanted}
    found = [_candidate(number, row, trades) for number, row in rows.items()]
    return (*found, *_unnumbered(message, found, taken_unnumbered(trades, side, message.price)))


def filled_at_once(
    client: TradeClient, message: NewOrder, mark: Mark, others: Container[str] = frozenset()
) -> OrderSnapshot | None:
    """Find the executions of an order that the venue filled at once, for which it gives no number.

    Args:
        client: asks.
        message: the order.
        mark: of the order.
        others: numbers that belong to other orders of ours.

    Returns:
        the order with its executions; None where they cannot be told apart from others.

    Raises:
        VenueError: the look is not complete.

    """
    found = [
        candidate.snapshot
        for candidate in look(client, message, mark)
        if candidate.order_id not in others
        and candidate.order_qty == message.order_qty
        and candidate.price == message.price
        and candidate.snapshot.report.ord_status == OrdStatus.FILLED
        and candidate.snapshot.all_fills
    ]
    if len(found) != 1:
        return None
    return replace(found[0], report=replace(found[0].report, cl_ord_id=message.cl_ord_id))


def number_of(text: str | None) -> int:
    """Read an id of a mark; 0 where there was none."""
    return int(text) if text else 0


def _highest(numbers: Iterable[int]) -> str | None:
    highest = max(numbers, default=0)
    return str(highest) if highest else None


def _candidate(number: int, row: OrderRow, trades: Trades) -> Candidate:
    return Candidate(
        order_id=str(number),
        symbol=symbol_of(row.pair),
        side=SIDE_CODES[row.type],
        order_qty=row.start_amount,
        price=row.rate,
        created_ns=row.timestamp_created * NS_PER_S,
        snapshot=joined(number, row, trades),
    )


def _unnumbered(
    message: NewOrder, found: Iterable[Candidate], trades: Mapping[int, TradeRow]
) -> tuple[Candidate, ...]:
    """Give the one order that executions without a number of ours are, if they are exactly as much as it.

    Those that complete an order with a number are no order of their own. An order without a number is filled whole:
    anything else that is left over may be a part of it or not, and nobody can tell.
    """
    taken = {fill.exec_id for candidate in found for fill in candidate.snapshot.fills}
    left = {number: row for number, row in sorted(trades.items()) if str(number) not in taken}
    shares = sum((row.amount for row in left.values()), ZERO)
    if not left:
        return ()
    if shares != message.order_qty:
        told = (
            f"WEEX: trades {min(left)} to {max(left)} of {message.symbol} name no order of ours and are not exactly"
            " the quantity that is looked for; compare them with the venue's own page"
        )
        raise OutcomeUnknown(told)
    return (_nameless(message, left, shares),)


def _nameless(message: NewOrder, trades: Mapping[int, TradeRow], shares: Decimal) -> Candidate:
    fills = tuple(fill_of(number, row) for number, row in trades.items())
    report = ExecutionReport(
        exec_trans_type=str(ExecTransType.STATUS),
        ord_status=str(OrdStatus.FILLED),
        symbol=message.symbol,
        side=message.side,
        order_qty=shares,
        price=message.price,
        cum_qty=shares,
        leaves_qty=ZERO,
        avg_px=avg_px_of(fills, shares),
    )
    return Candidate(
        order_id=f"trades {min(trades)} to {max(trades)}",
        symbol=message.symbol,
        side=message.side,
        order_qty=shares,
        price=message.price,
        created_ns=min(row.timestamp for row in trades.values()) * NS_PER_S,
        snapshot=OrderSnapshot(report=report, fills=fills),
    )
