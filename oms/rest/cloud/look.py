"""Where the exchange's numbering stands before a submit, and the full look for a submit whose outcome is unknown.

The API has no client order id, so that an order whose answer was lost can only be recognized (see the engine, which
judges). A look goes through the open orders first, then through the list of all orders above the mark, every page;
every order found is confirmed by its own details.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from oms.core.messages import Candidate, Mark, NewOrder, OrderSnapshot
from oms.core.times import NS_PER_MS, NS_PER_S
from oms.core.values import OrdStatus
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.market_models import Symbol
from oms.rest.cloud.orders import OrderClient, Search
from oms.rest.cloud.paging import all_open_orders, all_orders
from oms.rest.cloud.patient import Questions
from oms.rest.cloud.snapshots import snapshot, with_currencies
from oms.rest.cloud.terms import KINDS, MARKETS, desk_symbol, side_of, venue_symbol

Symbols = Mapping[str, Symbol]
MARK_ROWS: Final = 100
_NO_SYMBOLS: Final[Symbols] = {}


def take_mark(client: OrderClient, market: MarketClient, symbol: str) -> Mark:
    """Read the exchange's time, and the highest numbers of a symbol.

    The time is that of the whole second: the clocks of an exchange need not agree more closely than that.
    """
    name = venue_symbol(symbol)
    now_ns = market.timestamp() * NS_PER_MS
    orders = client.orders(Search(symbol=name, size=MARK_ROWS))
    matches = client.match_results(Search(symbol=name, size=MARK_ROWS))
    return Mark(
        order_id=_highest(row.id for row in orders),
        trade_id=_highest(row.id for row in matches),
        time_ns=now_ns - now_ns % NS_PER_S,
    )


def look(
    client: Questions, account_id: int, message: NewOrder, mark: Mark, symbols: Symbols = _NO_SYMBOLS
) -> tuple[Candidate, ...]:
    """Give every order of the account above the mark that has the submit's symbol, side and kind.

    `symbols` say what currency fees are in.

    Raises:
        VenueError: the look is not complete, and says nothing.

    """
    name = venue_symbol(message.symbol)
    kind = KINDS.get((message.side, message.ord_type, message.time_in_force))
    above = int(mark.order_id or 0)
    open_rows = all_open_orders(client, account_id, name)
    listed = all_orders(client, Search(symbol=name), above=above)
    numbers = sorted(
        {
            row.id
            for row in (*open_rows, *listed)
            if row.id > above and row.account_id == account_id and row.type == kind
        }
    )
    return tuple(_candidate(client, number, symbols) for number in numbers)


def order_snapshot(client: OrderClient, order_id: int, symbols: Symbols = _NO_SYMBOLS) -> OrderSnapshot:
    """Ask for an order's executions and then for its state, so that the total is never older than the list."""
    matches = client.order_match_results(order_id)
    return with_currencies(snapshot(client.order(order_id), matches), symbols)


def _highest(numbers: Iterable[int]) -> str | None:
    highest = max(numbers, default=0)
    return str(highest) if highest else None


def _candidate(client: Questions, number: int, symbols: Symbols) -> Candidate:
    matches = client.order_match_results(number)
    row = client.order(number)
    shown = with_currencies(snapshot(row, matches), symbols)
    if shown.report.ord_status == OrdStatus.PENDING_NEW:  # it has a number: the exchange has taken it on
        shown = replace(shown, report=replace(shown.report, ord_status=str(OrdStatus.NEW)))
    return Candidate(
        order_id=str(number),
        symbol=desk_symbol(row.symbol),
        side=side_of(row.type),
        order_qty=row.amount,
        price=None if row.type in MARKETS else row.price,
        created_ns=row.created_at * NS_PER_MS,
        snapshot=shown,
    )
