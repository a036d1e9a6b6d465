"""`oms sim cloud`: the simulated Cloud API venue, a process of its own."""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from oms.sim.cloud.accounts import BETWEEN, FIRST_ACCOUNT, FIRST_USER, parse_credential
from oms.sim.cloud.collateral import KEPT, LEVERAGE
from oms.sim.cloud.faults import MEANINGS
from oms.sim.cloud.loan import DAILY_RATE
from oms.sim.cloud.market import MARGIN_SYMBOLS, QUOTE_PRECISION, SYMBOLS
from oms.sim.cloud.routes import OPERATIONS
from oms.sim.cloud.server import Options, run
from oms.sim.cloud.venue import PREFIX, Conduct
from oms.sim.market import OPENING_BALANCES, describe_depth
from oms.sim.rates import AT, parse_rates
from oms.sim.web.faults import Conduct as Rates

if TYPE_CHECKING:
    from oms.sim.cloud.accounts import Credential

HIGHEST_FEE = Decimal("0.1")


def _verbatim(*lines: str) -> str:
    """Return a paragraph that the help shows line by line."""
    return "\b\n" + "\n".join(lines)


def _market() -> str:
    balances = ", ".join(f"{amount:f} {currency.lower()}" for currency, amount in OPENING_BALANCES.items())
    rules = (
        f"{one.name}: price-precision {one.price_precision}, amount-precision {one.amount_precision}, amount "
        f"{one.instrument.min_qty:f} to {one.instrument.max_qty:f}, value from {one.instrument.min_notional:f}"
        for one in SYMBOLS.values()
    )
    depth = (f"{one.name} {describe_depth(one.instrument)}" for one in SYMBOLS.values())
    return _verbatim(
        f"Balances of each spot account: {balances}; margin accounts start empty",
        *rules,
        f"The amount of buy-market is in the quote currency, with {QUOTE_PRECISION} decimals at most.",
        "The fixed book (--background off):",
        *depth,
        "It is whole again after each request; a level that would trade with a resting",
        "order waits until that order is gone. Resting orders fill only against orders.",
    )


_ACCOUNTS = _verbatim(
    f"Accounts: the first ACCOUNT has user-id {FIRST_USER} and the spot account {FIRST_ACCOUNT}, the",
    f"next {FIRST_USER + 1} and {FIRST_ACCOUNT + BETWEEN}, and so on. Margin accounts, one for each of",
    f"{', '.join(MARGIN_SYMBOLS)}, have the numbers behind the spot account's.",
    f"Debts: at most {LEVERAGE} times what is owned beyond them; what keeps the assets at {KEPT}",
    f"times the debts stays; interest {DAILY_RATE:f} a day, by the begun hour.",
    "A withdrawal is submitted, pass, wallet-transfer, confirmed, 1 s each; it can be",
    "canceled until wallet-transfer.",
)

_EXAMPLES = _verbatim(
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

_OPEN_QUESTIONS = _verbatim(
    "What the document leaves open:",
    "openOrders shows submitted, partial-filled and cancelling only",
    "lists have the newest first; `from` is in the page; direct=next goes to older ones",
    "a cancel of what is pre-submitted or submitting is refused: order-orderstate-error",
    "fees are taken from what an execution brings in: base for buys, quote for sells",
    "next-id is -1 when nothing is left to cancel",
)

_FAULTS = _verbatim(
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


_Keys = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY:SECRET[@ACCOUNT]",
        help="A key; repeat it for more. Keys of one ACCOUNT share orders and funds. At least one.",
    ),
]
_Background = Annotated[
    str,
    typer.Option(
        metavar="on|off",
        help="on: other participants move the prices and fill resting orders; off: the fixed book below.",
    ),
]
_ExtraKeys = Annotated[
    str,
    typer.Option(
        metavar="on|off",
        help="on: a `version` in the depth, which the document lacks and other clients read.",
    ),
]
_Record = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Append accepted orders, fills, cancels and faults, as JSON lines."),
]


def cloud(  # noqa: PLR0913 - one argument for each option
    port: Annotated[str, typer.Option(metavar="PORT", help="HTTP port; 0 takes a free one. Needed.")] = "",
    credential: _Keys = None,
    prefix: Annotated[
        str, typer.Option(metavar="PATH", help='What stands before every path; "" for nothing.')
    ] = PREFIX,
    seed: Annotated[str, typer.Option(metavar="N", help="Seed of faults, latency and background.")] = "1",
    latency_ms: Annotated[str, typer.Option(metavar="N or A-B", help="Delay before each answer.")] = "0",
    background: _Background = "on",
    fault: Annotated[
        list[str] | None, typer.Option(metavar="NAME=RATE", help="What goes wrong, how often.")
    ] = None,
    http_timeout_s: Annotated[
        str, typer.Option("--http-timeout-s", metavar="N", help="How long a request waits for no answer.")
    ] = "0.2",
    fee: Annotated[
        str, typer.Option(metavar="RATE", help="Share of what an execution brings in: 0.002 is 0.2 %.")
    ] = "0",
    extra_keys: _ExtraKeys = "off",
    record: _Record = None,
) -> None:
    """Read the options, then serve."""
    try:
        options = Options(
            port=_whole(port, "--port", highest=65535),
            credentials=_credentials(credential or []),
            conduct=Conduct(
                prefix=_prefix(prefix),
                background=_on_off(background, "--background"),
                extra_keys=_on_off(extra_keys, "--extra-keys"),
                fee=_number(fee, "--fee", highest=HIGHEST_FEE),
                rates=Rates(
                    _rates(fault or []),
                    seed=_whole(seed, "--seed"),
                    timeout_s=float(_number(http_timeout_s, "--http-timeout-s", highest=Decimal(3600))),
                ),
            ),
            latency_ms=_latency(latency_ms),
            record=record,
        )
    except ValueError as error:
        _refuse(str(error))
    raise typer.Exit(_serve(options))


def _serve(options: Options) -> int:
    try:
        return run(options)
    except OSError as error:
        _refuse(f"cannot start: {error}", code=1)


def _refuse(problem: str, *, code: int = 2) -> NoReturn:
    print(f"error: {problem}", file=sys.stderr)
    raise typer.Exit(code)


def _credentials(texts: list[str]) -> tuple[Credential, ...]:
    credentials = tuple(parse_credential(text) for text in texts)
    if not credentials:
        msg = "at least one --credential KEY:SECRET is needed"
        raise ValueError(msg)
    if len({one.key for one in credentials}) < len(credentials):
        msg = "each key can have one --credential"
        raise ValueError(msg)
    return credentials


def _rates(texts: list[str]) -> dict[str, float]:
    rates = parse_rates(texts, MEANINGS)
    for name in rates:
        aim = name.partition(AT)[2]
        if AT in name and aim not in OPERATIONS:
            msg = f"fault {name!r} is aimed at no request; the requests are: {', '.join(OPERATIONS)}"
            raise ValueError(msg)
    return rates


def _prefix(text: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", text):
        msg = '--prefix needs a path as in /api, or ""'
        raise ValueError(msg)
    return text


def _whole(text: str, name: str, *, highest: int = 2**63 - 1) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= highest):
        msg = f"{name} needs a whole number from 0 to {highest}"
        raise ValueError(msg)
    return int(text)


def _number(text: str, name: str, *, highest: Decimal) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) or Decimal(text) > highest:
        msg = f"{name} needs a number from 0 to {highest:f}"
        raise ValueError(msg)
    return Decimal(text)


def _latency(text: str) -> tuple[int, int]:
    shortest, dash, longest = text.partition("-")
    low = _whole(shortest, "--latency-ms", highest=60_000)
    high = _whole(longest, "--latency-ms", highest=60_000) if dash else low
    if low > high:
        msg = "--latency-ms A-B needs A to be at most B"
        raise ValueError(msg)
    return low, high


def _on_off(text: str, name: str) -> bool:
    if text not in {"on", "off"}:
        msg = f"{name} must be on or off"
        raise ValueError(msg)
    return text == "on"
