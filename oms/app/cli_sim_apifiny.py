"""`oms sim apifiny`: the options of the simulated Apifiny venue."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from oms.app import cli_sim_options as cli
from oms.app.cli_sim_apifiny_help import FAULTS
from oms.sim.apifiny_http.faults import AIMS
from oms.sim.logon import Credential, parse_credential
from oms.sim.market import VENUES
from oms.sim.reports import Form
from oms.sim.serving import Options, run
from oms.sim.standing import ACCOUNT_STATUSES, VENUE_STATUSES, Standing, parse_statuses
from oms.sim.terms import Fees
from oms.sim.venue import Conduct

FixPort = Annotated[
    str, typer.Option(metavar="PORT", help="FIX port; 0 takes a free one. This or --http-port is needed.")
]
HttpPort = Annotated[str, typer.Option(metavar="PORT", help="REST and WebSocket port; 0 takes a free one.")]
Credentials = Annotated[
    cli.Texts,
    typer.Option(
        metavar="ACCOUNT:KEYID:SECRET",
        help="Who may log on and sign requests; repeat it for more. At least one.",
    ),
]
Reports = Annotated[
    str,
    typer.Option(
        metavar="documented|full",
        help="The fields of an ExecutionReport: the venue's documented few, or all of FIX 4.2.",
    ),
]
Fee = Annotated[
    str,
    typer.Option(
        metavar="RATE or TAKER,MAKER",
        help="Part of the notional that an execution costs, in the quote currency, as 0.0005.",
    ),
]
AccountStatus = Annotated[
    cli.Texts, typer.Option(metavar="ACCOUNT=STATUS", help=f"One of {', '.join(ACCOUNT_STATUSES)}.")
]
VenueStatus = Annotated[
    cli.Texts, typer.Option(metavar="VENUE=STATUS", help=f"One of {', '.join(VENUE_STATUSES)}.")
]
WithdrawAddress = Annotated[
    cli.Texts, typer.Option(metavar="ADDRESS", help="Where withdrawals may go; repeat it for more.")
]
HttpTimeout = Annotated[str, typer.Option(metavar="S", help="When http-timeout faults close the connection.")]
MdInterval = Annotated[
    str, typer.Option(metavar="S", help="Pause of a key between two requests for market data.")
]
RecordFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Append what really happened, as JSON lines.")
]


def apifiny(  # noqa: PLR0913 - one argument for each option
    fix_port: FixPort = "",
    http_port: HttpPort = "",
    credential: Credentials = None,
    reports: Reports = Form.DOCUMENTED.value,
    seed: cli.Seed = "1",
    latency_ms: cli.Latency = "0",
    background: cli.Background = "on",
    fault: cli.Fault = None,
    fee: Fee = "0",
    account_status: AccountStatus = None,
    venue_status: VenueStatus = None,
    withdraw_address: WithdrawAddress = None,
    http_timeout_s: HttpTimeout = "0.2",
    md_interval_s: MdInterval = "1",
    record: RecordFile = None,
) -> None:
    """Read the options, then serve."""
    try:
        ports = _ports(fix_port, http_port)
        credentials = _credentials(credential or [])
        options = Options(
            fix_port=ports[0],
            http_port=ports[1],
            credentials=credentials,
            conduct=Conduct(
                form=_form(reports),
                seed=cli.whole(seed, "--seed"),
                latency_ms=cli.latency(latency_ms),
                background=cli.choice(background, "--background"),
                rates=cli.aimed_rates(fault or [], FAULTS, AIMS, "method"),
                fees=_fees(fee),
                standing=_standing(account_status or [], venue_status or [], credentials),
                addresses=tuple(withdraw_address or ()),
                http_timeout_s=_seconds(http_timeout_s, "--http-timeout-s"),
                md_interval_s=_seconds(md_interval_s, "--md-interval-s"),
            ),
            record=record,
        )
    except ValueError as error:
        cli.refuse(str(error))
    cli.serve(run, options)


def _ports(fix_port: str, http_port: str) -> tuple[int | None, int | None]:
    if not (fix_port or http_port):
        msg = "--fix-port PORT or --http-port PORT is needed"
        raise ValueError(msg)
    return _port(fix_port, "--fix-port"), _port(http_port, "--http-port")


def _port(text: str, name: str) -> int | None:
    return cli.port(text, name) if text else None


def _seconds(text: str, name: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= 3600:  # noqa: PLR2004 - an hour
        msg = f"{name} needs seconds from 0 to 3600"
        raise ValueError(msg)
    return seconds


def _fees(text: str) -> Fees:
    taker, comma, maker = text.partition(",")
    return Fees(_fee(taker), _fee(maker if comma else taker))


def _fee(text: str) -> Decimal:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal(-1)
    if not (rate.is_finite() and 0 <= rate < 1):
        msg = "--fee needs a rate from 0 to below 1, as 0.0005, or two as TAKER,MAKER"
        raise ValueError(msg)
    return rate


def _standing(accounts: list[str], venues: list[str], credentials: tuple[Credential, ...]) -> Standing:
    known = [one.account for one in credentials]
    return Standing(
        parse_statuses(accounts, "--account-status", known=known, statuses=ACCOUNT_STATUSES),
        parse_statuses(venues, "--venue-status", known=VENUES, statuses=VENUE_STATUSES),
    )


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
