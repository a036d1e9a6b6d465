"""What `oms sim apifiny --help` says about the market, the faces and the faults."""

from __future__ import annotations

from oms.app.cli_sim_options import WHOLE_AGAIN, verbatim
from oms.sim.apifiny_http.faults import MEANINGS as INSIDE
from oms.sim.faults import MEANINGS as OVER_FIX
from oms.sim.market import (
    INSTRUMENTS,
    MARKET_ORDER_VENUES,
    OPENING_BALANCES,
    VENUES,
    describe_depth,
)
from oms.sim.wallet import SETTLES_AFTER
from oms.sim.web.faults import MEANINGS as OF_NETWORKS


def _market() -> str:
    balances = ", ".join(f"{amount:f} {currency}" for currency, amount in OPENING_BALANCES.items())
    rules = (
        f"{one.symbol}: tick {one.tick:f}, step {one.step:f}, quantity {one.min_qty:f} to "
        f"{one.max_qty:f}, notional from {one.min_notional:f} {one.quote}"
        for one in INSTRUMENTS
    )
    depth = (f"{one.symbol} {describe_depth(one)}" for one in INSTRUMENTS)
    return verbatim(
        f"Venues, SecurityExchange(207): {', '.join(VENUES)}",
        f"Market orders: {', '.join(v for v in VENUES if v in MARKET_ORDER_VENUES)}",
        f"Balances of each account on each venue: {balances}; no fees without --fee",
        *rules,
        "The fixed book (--background off), the same on every venue:",
        *depth,
        *WHOLE_AGAIN,
    )


_EXAMPLES = verbatim(
    "With the fixed book, BTCUSDT:",
    "buy 1 at 29000 rests",
    "buy 2.5 at 30020 fills in parts: 1 at 30000, 1 at 30010, 0.5 at 30020",
    "buy 3 at 30010 fills 2 and rests with 1; a sell of 1 at 30010 fills the rest",
    "buy 4 at 30010, IOC (59=3), fills 2 and the rest is canceled",
    "buy 1 at 30000, post-only (59=7), is rejected: it would take",
    "buy 0.00001 at 30000 is rejected: below the minimum quantity",
    "buy 5000 at 30000 is rejected: not enough asset available",
    "market buy of 75000 USDT, 152=75000: 1 at 30000, 1 at 30010, 0.4993 at 30020",
    "market sell of 12: 10 in four fills down to 29950, and the rest is canceled",
)

_REST = verbatim(
    "REST: POST /gx/openApi/v1?signature=JWT, every method of the venue's document.",
    "Order stream: WebSocket /gx/openApi/v1?signature=JWT&body=...&p=webSocket.",
    "Market data: GET /md/orderbook|trade|ticker/v1/SYMBOL/VENUE and",
    "/md/kline/v1/VENUE/BASE/QUOTE/PERIOD; WebSocket /md/orderbook/v1.",
    "One exchange for both: an order of either side is seen over REST, and FIX reports",
    "the orders that were entered over FIX. orderId is the ClOrdID.",
    "Withdrawals go to --withdraw-address, or to a deposit address of any account; what",
    f"leaves is frozen, and completes after {SETTLES_AFTER.total_seconds():g} s.",
)

FAULTS = {**OVER_FIX, **INSIDE, **OF_NETWORKS}
_FAULTS = verbatim(
    "Faults, --fault NAME=RATE with a rate from 0 to 1; http-, ws- and rest- faults can be aimed at",
    "one method, as http-timeout-after@order.insertOrderLite=0.5. reject, late-fill and cancel-reject-*",
    "hold over REST too.",
    *(f"{name}: {meaning}" for name, meaning in FAULTS.items()),
)

HELP = f"""Run a simulated Apifiny venue on 127.0.0.1 until SIGTERM or SIGINT.

Prints one line when it is ready: ready fix=PORT http=PORT, of those that were
asked for. One FIX 4.2 session for each account: the venue is APIFINY, the client
is the account, and the Logon's RawData(96) carries the JWT. The state lives in
memory.

{_market()}

{_EXAMPLES}

{_REST}

{_FAULTS}
"""
