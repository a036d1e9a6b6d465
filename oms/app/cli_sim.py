"""`oms sim`: the simulated venues, each a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from oms.app import cli_sim_cloud, cli_sim_weex
from oms.sim.desk import Conduct
from oms.sim.faults import MEANINGS, parse_rates
from oms.sim.logon import parse_credential
from oms.sim.market import (
    INSTRUMENTS,
    MARKET_ORDER_VENUES,
    OPENING_BALANCES,
    VENUES,
    describe_depth,
)
from oms.sim.reports import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oms.sim.apifiny import Options
    from oms.sim.logon import Credential

app = typer.Typer(
    no_args_is_help=True,
    help="Simulated venues: seeded, on this machine only, with faults on request.",
)


def _verbatim(*lines: str) -> str:
    """Return a paragraph that the help shows line by line."""
    return "\b\n" + "\n".join(lines)


def _market() -> str:
    balances = ", ".join(f"{amount:f} {currency}" for currency, amount in OPENING_BALANCES.items())
    rules = (
        f"{one.symbol}: tick {one.tick:f}, step {one.step:f}, quantity {one.min_qty:f} to "
        f"{one.max_qty:f}, notional from {one.min_notional:f} {one.quote}"
        for one in INSTRUMENTS
    )
    depth = (f"{one.symbol} {describe_depth(one)}" for one in INSTRUMENTS)
    return _verbatim(
        f"Venues, SecurityExchange(207): {', '.join(VENUES)}",
        f"Market orders: {', '.join(v for v in VENUES if v in MARKET_ORDER_VENUES)}",
        f"Balances of each account on each venue: {balances}; no fees",
        *rules,
        "The fixed book (--background off), the same on every venue:",
        *depth,
        "It is whole again after each request; a level that would trade with a resting",
        "order waits until that order is gone. Resting orders fill only against orders.",
    )


_EXAMPLES = _verbatim(
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

_FAULTS = _verbatim(
    "Faults, --fault NAME=RATE with a rate from 0 to 1:",
    *(f"{name}: {meaning}" for name, meaning in MEANINGS.items()),
)

_HELP = f"""Run a simulated Apifiny venue on 127.0.0.1 until SIGTERM or SIGINT.

Prints one line when it is ready: ready fix=PORT. One FIX 4.2 session for each account: the venue is
APIFINY, the client is the account, and the Logon's RawData(96) carries the JWT. The state lives in
memory.

{_market()}

{_EXAMPLES}

{_FAULTS}
"""


@app.callback()
def sim() -> None:
    """Keep `apifiny` a command of its own, however few there are."""


@app.command(help=_HELP)
def apifiny(  # noqa: PLR0913 - one argument for each option
    fix_port: Annotated[str, typer.Option(metavar="PORT", help="FIX port; 0 takes a free one. Needed.")] = "",
    credential: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ACCOUNT:KEYID:SECRET", help="Who may log on; repeat it for more. At least one."
        ),
    ] = None,
    reports: Annotated[
        str,
        typer.Option(
            metavar="documented|full",
            help="The fields of an ExecutionReport: the venue's documented few, or all of FIX 4.2.",
        ),
    ] = Form.DOCUMENTED.value,
    seed: Annotated[str, typer.Option(metavar="N", help="Seed of faults, latency and background.")] = "1",
    latency_ms: Annotated[str, typer.Option(metavar="N or A-B", help="Delay before each answer.")] = "0",
    background: Annotated[
        str,
        typer.Option(
            metavar="on|off",
            help="on: other participants move the prices and fill resting orders; off: the fixed book below.",
        ),
    ] = "on",
    fault: Annotated[
        list[str] | None, typer.Option(metavar="NAME=RATE", help="What goes wrong, how often.")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Append what really happened, as JSON lines."),
    ] = None,
) -> None:
    """Read the options, then serve."""
    try:
        options = _options(
            credentials=credential or [],
            fix_port=_whole(fix_port, "--fix-port", highest=65535),
            conduct=Conduct(
                form=_form(reports),
                seed=_whole(seed, "--seed"),
                latency_ms=_latency(latency_ms),
                background=_on_off(background),
                rates=parse_rates(fault or []),
            ),
            record=record,
        )
    except ValueError as error:
        _refuse(str(error))
    raise typer.Exit(_serve(options))


app.command(help=cli_sim_weex.HELP)(cli_sim_weex.weex)
app.command(help=cli_sim_cloud.HELP)(cli_sim_cloud.cloud)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run without the rest of `oms`."""
    app(arguments)


def _options(*, credentials: list[str], fix_port: int, conduct: Conduct, record: Path | None) -> Options:
    from oms.sim.apifiny import Options  # noqa: PLC0415 - loads QuickFIX, which --help must not need

    return Options(fix_port=fix_port, credentials=_credentials(credentials), conduct=conduct, record=record)


def _serve(options: Options) -> int:
    from oms.sim.apifiny import run  # noqa: PLC0415 - as above

    try:
        return run(options)
    except OSError as error:
        _refuse(f"cannot start: {error}", code=1)


def _refuse(problem: str, *, code: int = 2) -> NoReturn:
    print(f"error: {problem}", file=sys.stderr)
    raise typer.Exit(code)


def _whole(text: str, name: str, *, highest: int = 2**63 - 1) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= highest):
        msg = f"{name} needs a whole number from 0 to {highest}"
        raise ValueError(msg)
    return int(text)


def _credentials(texts: list[str]) -> tuple[Credential, ...]:
    credentials = tuple(parse_credential(text) for text in texts)
    if not credentials:
        msg = "at least one --credential ACCOUNT:KEYID:SECRET is needed"
        raise ValueError(msg)
    if len({(one.account, one.key_id) for one in credentials}) < len(credentials):
        msg = "each key of an account can have one --credential"
        raise ValueError(msg)
    return credentials


def _form(text: str) -> Form:
    if text not in set(Form):
        msg = "--reports must be documented or full"
        raise ValueError(msg)
    return Form(text)


def _latency(text: str) -> tuple[int, int]:
    shortest, dash, longest = text.partition("-")
    low = _whole(shortest, "--latency-ms", highest=60_000)
    high = _whole(longest, "--latency-ms", highest=60_000) if dash else low
    if low > high:
        msg = "--latency-ms A-B needs A to be at most B"
        raise ValueError(msg)
    return low, high


def _on_off(text: str) -> bool:
    if text not in {"on", "off"}:
        msg = "--background must be on or off"
        raise ValueError(msg)
    return text == "on"


if __name__ == "__main__":
    main()
