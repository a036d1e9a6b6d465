"""`oms sim weex`: the simulated WEEX venue, a process of its own."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from oms.sim.market import describe_depth
from oms.sim.rates import AT, parse_rates
from oms.sim.web.faults import Conduct
from oms.sim.weex.access import RIGHTS, Credential, parse_credential, parse_rights
from oms.sim.weex.market import OPENING_BALANCES, PAIRS
from oms.sim.weex.private import Manners
from oms.sim.weex.serve import MEANINGS, OPERATIONS, Options, first_id, run

HIGHEST_FEE = Decimal("0.1")


def _verbatim(*lines: str) -> str:
    """Return a paragraph that the help shows line by line."""
    return "\b\n" + "\n".join(lines)


def _market() -> str:
    balances = ", ".join(f"{amount:f} {currency}" for currency, amount in OPENING_BALANCES.items())
    rules = (
        f"{one.name}: {one.decimal_places} decimal places, price {one.min_price:f} to {one.max_price:f}, "
        f"amount from {one.min_amount:f}{', hidden: takes no orders' if one.hidden else ''}"
        for one in PAIRS
    )
    depth = (f"{one.name} {describe_depth(one.instrument)}" for one in PAIRS)
    return _verbatim(
        f"Balances of each account: {balances}",
        *rules,
        "Amounts have at most 8 decimals.",
        "The fixed book (--background off):",
        *depth,
        "It is whole again after each request; a level that would trade with a resting",
        "order waits until that order is gone. Resting orders fill only against orders.",
    )


_EXAMPLES = _verbatim(
    "With the fixed book, btc_usd:",
    "buy 1 at 29000 rests: received 0, remains 1, order_id a number",
    "buy 2.5 at 30020 fills at once: received 2.5, remains 0, order_id 0",
    "buy 3 at 30010 fills 2 and rests with 1; a sell of 1 at 30010 fills the rest",
    "sell 1 at 0.1 sells at the best price",
    "mode=market, amount=12, sell: 10 in four fills down to 29950, and the rest is canceled",
    "mode=market without amount trades all that the account has",
    "buy 0.0001 at 30000: Value BTC must be greater than 0.001 BTC.",
    "buy 5000 at 30000: It is not enough USD for purchase",
)

_OPEN_QUESTIONS = _verbatim(
    "What the document leaves open:",
    "an order that filled at once has a number of its own in TradeHistory (--taker-rows",
    "maker: the number of the order that rested, with is_your_order 0)",
    "empty lists are {} (--empty error: the errors no orders, no trades, no transactions)",
    "a number in `from` that is lower than any id counts rows to skip",
)

_FAULTS = _verbatim(
    "Faults, --fault NAME=RATE or NAME@METHOD=RATE with a rate from 0 to 1:",
    *(f"{name}: {meaning}" for name, meaning in MEANINGS.items()),
)

HELP = f"""Run a simulated WEEX venue on 127.0.0.1 until SIGTERM or SIGINT.

Prints one line when it is ready: ready http=PORT. Trade API v1 is POST /tapi, public API v3 is
/api/3/info, ticker, depth and trades. The state lives in memory.

{_market()}

{_EXAMPLES}

{_OPEN_QUESTIONS}

{_FAULTS}
"""


_Texts = list[str] | None
_Keys = Annotated[
    _Texts,
    typer.Option(
        metavar="KEY:SECRET[@ACCOUNT]",
        help="A key; repeat it for more. Keys of one ACCOUNT share orders and funds. At least one.",
    ),
]
_Rights = Annotated[
    _Texts,
    typer.Option(
        metavar="KEY=RIGHT,...",
        help=f"What a key may do, of {', '.join(sorted(RIGHTS))}; everything if not said.",
    ),
]
_Background = Annotated[
    str,
    typer.Option(
        metavar="on|off",
        help="on: other participants move the prices and fill resting orders; off: the fixed book below.",
    ),
]
_Timeout = Annotated[
    str, typer.Option("--http-timeout-s", metavar="N", help="How long a request waits for no answer.")
]
_Fee = Annotated[
    str, typer.Option(metavar="RATE", help="Share of what an execution brings in: 0.002 is 0.2 %.")
]
_NonceText = Annotated[
    str, typer.Option(metavar="long|short", help="short: the error leaves out what should be sent.")
]
_Cache = Annotated[
    str, typer.Option(metavar="on|off", help="Keep getInfo for 60 s and the public API for 2 s.")
]
_Empty = Annotated[str, typer.Option(metavar="object|error", help="How an empty list is answered.")]
_TakerRows = Annotated[
    str, typer.Option(metavar="own|maker", help="The order_id in TradeHistory of what filled at once.")
]
_Sloppy = Annotated[
    bool, typer.Option("--sloppy", help="CancelOrders answers as the document's sample is printed.")
]
_Record = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Append accepted orders, fills, cancels and faults, as JSON lines."),
]


def weex(  # noqa: PLR0913 - one argument for each option
    port: Annotated[str, typer.Option(metavar="PORT", help="HTTP port; 0 takes a free one. Needed.")] = "",
    credential: _Keys = None,
    rights: _Rights = None,
    seed: Annotated[
        str, typer.Option(metavar="N", help="Seed of faults, latency, coupons, background.")
    ] = "1",
    latency_ms: Annotated[str, typer.Option(metavar="N or A-B", help="Delay before each answer.")] = "0",
    background: _Background = "on",
    fault: Annotated[_Texts, typer.Option(metavar="NAME=RATE", help="What goes wrong, how often.")] = None,
    http_timeout_s: _Timeout = "0.2",
    fee: _Fee = "0",
    nonce_text: _NonceText = "long",
    cache: _Cache = "on",
    empty: _Empty = "object",
    taker_rows: _TakerRows = "own",
    sloppy: _Sloppy = False,
    record: _Record = None,
) -> None:
    """Read the options, then serve."""
    try:
        options = Options(
            port=_whole(port, "--port", highest=65535),
            credentials=_credentials(credential or [], rights or []),
            conduct=Conduct(
                _rates(fault or []),
                seed=_whole(seed, "--seed"),
                timeout_s=float(_number(http_timeout_s, "--http-timeout-s", highest=Decimal(3600))),
            ),
            latency_ms=_latency(latency_ms),
            background=_choice(background, "--background", "on", "off"),
            fee=_number(fee, "--fee", highest=HIGHEST_FEE),
            long_nonce_text=_choice(nonce_text, "--nonce-text", "long", "short"),
            manners=Manners(
                first_id=first_id(datetime.now(UTC)),
                sloppy=sloppy,
                empty_is_error=_choice(empty, "--empty", "error", "object"),
                taker_as_maker=_choice(taker_rows, "--taker-rows", "maker", "own"),
                cached=_choice(cache, "--cache", "on", "off"),
            ),
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


def _credentials(texts: list[str], rights: list[str]) -> tuple[Credential, ...]:
    if not texts:
        msg = "at least one --credential KEY:SECRET is needed"
        raise ValueError(msg)
    credentials = {one.key: one for one in map(parse_credential, texts)}
    if len(credentials) < len(texts):
        msg = "each key can have one --credential"
        raise ValueError(msg)
    for key, listed in map(parse_rights, rights):
        if key not in credentials:
            msg = f"--rights names a key without --credential: {key}"
            raise ValueError(msg)
        credentials[key] = replace(credentials[key], rights=listed)
    return tuple(credentials.values())


def _rates(texts: list[str]) -> dict[str, float]:
    rates = parse_rates(texts, MEANINGS)
    for name in rates:
        aim = name.partition(AT)[2]
        if AT in name and aim not in OPERATIONS:
            msg = f"fault {name!r} is aimed at no method; the methods are: {', '.join(OPERATIONS)}"
            raise ValueError(msg)
    return rates


def _whole(text: str, name: str, *, highest: int = 2**63 - 1) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= highest):
        msg = f"{name} needs a whole number from 0 to {highest}"
        raise ValueError(msg)
    return int(text)


def _number(text: str, name: str, *, highest: Decimal) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text, re.ASCII) or Decimal(text) > highest:
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


def _choice(text: str, name: str, true: str, false: str) -> bool:
    if text not in {true, false}:
        msg = f"{name} must be {true} or {false}"
        raise ValueError(msg)
    return text == true


app = typer.Typer()
app.command(help=HELP)(weex)

if __name__ == "__main__":
    app()
