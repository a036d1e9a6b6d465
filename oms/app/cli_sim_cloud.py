"""`oms sim cloud`: the simulated Cloud API venue, a process of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from oms.app import cli_sim_options as cli
from oms.sim.cloud.accounts import BETWEEN, FIRST_ACCOUNT, FIRST_USER, parse_credential
from oms.sim.cloud.collateral import KEPT, LEVERAGE
from oms.sim.cloud.faults import MEANINGS
from oms.sim.cloud.loan import DAILY_RATE
from oms.sim.cloud.market import MARGIN_SYMBOLS, QUOTE_PRECISION, SYMBOLS
from oms.sim.cloud.routes import OPERATIONS
from oms.sim.cloud.server import Options, run
from oms.sim.cloud.venue import PREFIX, Conduct
from oms.sim.market import OPENING_BALANCES, describe_depth
from oms.sim.web.faults import Conduct as Rates

if TYPE_CHECKING:
    from oms.sim.cloud.accounts import Credential


def _market() -> str:
    balances = ", ".join(f"{amount:f} {currency.lower()}" for currency, amount in OPENING_BALANCES.items())
    rules = (
        f"{one.name}: price-precision {one.price_precision}, amount-precision {one.amount_precision}, amount "
        f"{one.instrument.min_qty:f} to {one.instrument.max_qty:f}, value from {one.instrument.min_notional:f}"
        for one in SYMBOLS.values()
    )
    depth = (f"{one.name} {describe_depth(one.instrument)}" for one in SYMBOLS.values())
    return cli.verbatim(
        f"Balances of each spot account: {balances}; margin accounts start empty",
        *rules,
        f"The amount of buy-market is in the quote currency, with {QUOTE_PRECISION} decimals at most.",
        "The fixed book (--background off):",
        *depth,
        *cli.WHOLE_AGAIN,
    )


_ACCOUNTS = cli.verbatim(
    f"Accounts: the first ACCOUNT has user-id {FIRST_USER} and the spot account {FIRST_ACCOUNT}, the",
    f"next {FIRST_USER + 1} and {FIRST_ACCOUNT + BETWEEN}, and so on. Margin accounts, one for each of",
    f"{', '.join(MARGIN_SYMBOLS)}, have the numbers behind the spot account's.",
    f"Debts: at most {LEVERAGE} times what is owned beyond them; what keeps the assets at {KEPT}",
    f"times the debts stays; interest {DAILY_RATE:f} a day, by the begun hour.",
    "A withdrawal is submitted, pass, wallet-transfer, confirmed, 1 s each; it can be",
    "canceled until wallet-transfer.",
)

_EXAMPLES = cli.verbatim(
    "With the fixed book, btcusdt:",
    "buy-limit 1 at 29000 rests: submitted",
    "buy-limit 2.5 at 30020 is filled: 1 at 30000, 1 at 30010, 0.5 at 30020",
    "buy-limit 3 at 30010 fills 2 and rests: partial-filled; canceled: partial-canceled",
    "buy-ioc 4 at 30010 fills 2: partial-canceled",
    "buy-limit-maker 1 at 30000 is taken, and canceled at once: it would take",
    "buy-market 75000: 1 at 30000, 1 at 30010, 0.4993 at 30020: filled",
    "sell-market 12: 10 in four fills down to 29950: partial-canceled",
    "buy-limit 5000 at 30000: account-frozen-balance-insufficient-error",
    "buy-limit 0.00001 at 30000: order-orderamount-precision-error",
)

_OPEN_QUESTIONS = cli.verbatim(
    "What the document leaves open:",
    "openOrders shows submitted, partial-filled and cancelling only",
    "lists have the newest first; `from` is in the page; direct=next goes to older ones",
    "a cancel of what is pre-submitted or submitting is refused: order-orderstate-error",
    "fees are taken from what an execution brings in: base for buys, quote for sells",
    "next-id is -1 when nothing is left to cancel",
)

_FAULTS = cli.verbatim(
    "Faults, --fault NAME=RATE with a rate from 0 to 1; http-… also NAME@REQUEST=RATE:",
    *(f"{name}: {meaning}" for name, meaning in MEANINGS.items()),
    "Requests: " + ", ".join(OPERATIONS),
)

HELP = f"""Run a simulated Cloud API venue (white-label Huobi) on 127.0.0.1 until SIGTERM or SIGINT.

Prints one line when it is ready: ready http=PORT. Every request of the document, below the prefix. The state lives in
memory.

{_market()}

{_ACCOUNTS}

{_EXAMPLES}

{_OPEN_QUESTIONS}

{_FAULTS}
"""


_ExtraKeys = Annotated[
    str,
    typer.Option(
        metavar="on|off",
        help="on: a `version` in the depth, which the document lacks and other clients read.",
    ),
]


def cloud(  # noqa: PLR0913 - one argument for each option
    port: cli.Port = "",
    credential: cli.Keys = None,
    prefix: Annotated[
        str, typer.Option(metavar="PATH", help='What stands before every path; "" for nothing.')
    ] = PREFIX,
    seed: cli.Seed = "1",
    latency_ms: cli.Latency = "0",
    background: cli.Background = "on",
    fault: cli.Fault = None,
    http_timeout_s: cli.Timeout = "0.2",
    fee: cli.Fee = "0",
    extra_keys: _ExtraKeys = "off",
    record: cli.Record = None,
) -> None:
    """Read the options, then serve."""
    try:
        options = Options(
            port=cli.port(port, "--port"),
            credentials=_credentials(credential or []),
            conduct=Conduct(
                prefix=_prefix(prefix),
                background=cli.choice(background, "--background"),
                extra_keys=cli.choice(extra_keys, "--extra-keys"),
                fee=cli.fee(fee),
                rates=Rates(
                    cli.aimed_rates(fault or [], MEANINGS, OPERATIONS, "request"),
                    seed=cli.whole(seed, "--seed"),
                    timeout_s=cli.timeout(http_timeout_s),
                ),
            ),
            latency_ms=cli.latency(latency_ms),
            record=record,
        )
    except ValueError as error:
        cli.refuse(str(error))
    cli.serve(run, options)


def _credentials(texts: list[str]) -> tuple[Credential, ...]:
    credentials = tuple(parse_credential(text) for text in texts)
    if not credentials:
        msg = "at least one --credential KEY:SECRET is needed"
        raise ValueError(msg)
    if len({one.key for one in credentials}) < len(credentials):
        msg = "each key can have one --credential"
        raise ValueError(msg)
    return credentials


def _prefix(text: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", text):
        msg = '--prefix needs a path as in /api, or ""'
        raise ValueError(msg)
    return text
