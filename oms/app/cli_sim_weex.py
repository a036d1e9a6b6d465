"""`oms sim weex`: the simulated WEEX venue, a process of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from oms.app import cli_sim_options as cli
from oms.sim.market import describe_depth
from oms.sim.web.faults import Conduct
from oms.sim.weex.access import RIGHTS, Credential, parse_credential, parse_rights
from oms.sim.weex.market import OPENING_BALANCES, PAIRS
from oms.sim.weex.private import Manners
from oms.sim.weex.serve import MEANINGS, OPERATIONS, Options, first_id, run


def _market() -> str:
    balances = ", ".join(f"{amount:f} {currency}" for currency, amount in OPENING_BALANCES.items())
    rules = (
        f"{one.name}: {one.decimal_places} decimal places, price {one.min_price:f} to {one.max_price:f}, "
        f"amount from {one.min_amount:f}{', hidden: takes no orders' if one.hidden else ''}"
        for one in PAIRS
    )
    depth = (f"{one.name} {describe_depth(one.instrument)}" for one in PAIRS)
    return cli.verbatim(
        f"Balances of each account: {balances}",
        *rules,
        "Amounts have at most 8 decimals.",
        "The fixed book (--background off):",
        *depth,
        *cli.WHOLE_AGAIN,
    )


_EXAMPLES = cli.verbatim(
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

_OPEN_QUESTIONS = cli.verbatim(
    "What the document leaves open:",
    "an order that filled at once has a number of its own in TradeHistory (--taker-rows",
    "maker: the number of the order that rested, with is_your_order 0)",
    "empty lists are {} (--empty error: the errors no orders, no trades, no transactions)",
    "a number in `from` that is lower than any id counts rows to skip",
    "the receiver of a coupon is an ACCOUNT; a key without one is its own; without a receiver, or with one that is no",
    "account here, anybody redeems it",
)

_FAULTS = cli.verbatim(
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


_Rights = Annotated[
    cli.Texts,
    typer.Option(
        metavar="KEY=RIGHT,...",
        help=f"What a key may do, of {', '.join(sorted(RIGHTS))}; everything if not said.",
    ),
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


def weex(  # noqa: PLR0913 - one argument for each option
    port: cli.Port = "",
    credential: cli.Keys = None,
    rights: _Rights = None,
    seed: Annotated[
        str, typer.Option(metavar="N", help="Seed of faults, latency, coupons, background.")
    ] = "1",
    latency_ms: cli.Latency = "0",
    background: cli.Background = "on",
    fault: cli.Fault = None,
    http_timeout_s: cli.Timeout = "0.2",
    fee: cli.Fee = "0",
    nonce_text: _NonceText = "long",
    cache: _Cache = "on",
    empty: _Empty = "object",
    taker_rows: _TakerRows = "own",
    sloppy: _Sloppy = False,
    record: cli.Record = None,
) -> None:
    """Read the options, then serve."""
    try:
        options = Options(
            port=cli.port(port, "--port"),
            credentials=_credentials(credential or [], rights or []),
            conduct=Conduct(
                cli.aimed_rates(fault or [], MEANINGS, OPERATIONS, "method"),
                seed=cli.whole(seed, "--seed"),
                timeout_s=cli.timeout(http_timeout_s),
            ),
            latency_ms=cli.latency(latency_ms),
            background=cli.choice(background, "--background"),
            fee=cli.fee(fee),
            long_nonce_text=cli.choice(nonce_text, "--nonce-text", "long", "short"),
            manners=Manners(
                first_id=first_id(datetime.now(UTC)),
                sloppy=sloppy,
                empty_is_error=cli.choice(empty, "--empty", "error", "object"),
                taker_as_maker=cli.choice(taker_rows, "--taker-rows", "maker", "own"),
                cached=cli.choice(cache, "--cache"),
            ),
            record=record,
        )
    except ValueError as error:
        cli.refuse(str(error))
    cli.serve(run, options)


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


app = typer.Typer()
app.command(help=HELP)(weex)

if __name__ == "__main__":
    app()
