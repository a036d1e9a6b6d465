"""`oms demo`: the main job from end to end, on one machine: a simulated venue, the daemon, a handful of orders."""

import contextlib
import itertools
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from msgspec import Struct
from rich.console import Console
from rich.live import Live
from rich.markup import escape

from oms.app.client import Client, RefusedError
from oms.app.tables import blotter_table, sessions_table
from oms.app.tokens import add_token
from oms.core.errors import CommandError, ConfigError, OmsError
from oms.fix.logs import LogReader

ACCOUNT: Final = "STA-00000015"
KEY_ID: Final = "KEY1"
SECRET_VARIABLE: Final = "OMS_DEMO_SECRET"  # noqa: S105 - the name of a variable
START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 20.0
WIDTH: Final = 140

CONFIG: Final = """\
# The demo's configuration; config/apifiny.toml of the project explains every key.
[journal]
path = "journal.db"

[api]
port = 0
tokens_file = "tokens.toml"

[fix]
log_dir = "fix"

[log]
file = "daemon.log"

[[session]]
name = "main"
host = "127.0.0.1"
port = {port}
account = "{account}"
key_id = "{key_id}"
secret_env = "{variable}"
reconnect_s = 1
"""


class Act(Struct, frozen=True):
    """One order of the demo, and where it should end."""

    title: str
    terms: dict[str, str]
    status: str
    cum_qty: str
    cancel: bool = False


_BUY: Final = {"symbol": "BTCUSDT", "side": "BUY", "exchange": "VENUE1"}
ACTS: Final = (
    Act("rests", {**_BUY, "order_qty": "1", "price": "29000"}, "New", "0"),
    Act("fills in parts", {**_BUY, "order_qty": "2.5", "price": "30020"}, "Filled", "2.5"),
    Act("is canceled", {**_BUY, "order_qty": "1", "price": "28000"}, "Canceled", "0", cancel=True),
    Act(
        "is rejected by the venue",
        {**_BUY, "order_qty": "1", "price": "30000", "time_in_force": "POST_ONLY"},
        "Rejected",
        "0",
    ),
    Act(
        "is denied by our own checks", {**_BUY, "order_qty": "0.123456789", "price": "30000"}, "Rejected", "0"
    ),
    Act(
        "half fills, IOC",
        {**_BUY, "order_qty": "4", "price": "30010", "time_in_force": "IOC"},
        "Canceled",
        "2",
    ),
)


def demo(
    *,
    once: Annotated[
        bool,
        typer.Option(
            "--once", help="End when every order has reached its state (0), or has not in 30 s (1)."
        ),
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", help="Leave journal, FIX logs, log and configuration in this folder."),
    ] = None,
    timeout_s: Annotated[
        float, typer.Option("--timeout-s", help="How long --once waits for the orders.")
    ] = 30.0,
) -> None:
    """Run a simulated venue and the daemon, trade a handful of orders, and show the live blotter until Ctrl-C."""
    console = _console()
    with _folder(keep) as folder, _told_as_1(), contextlib.ExitStack() as stack:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        secret = secrets.token_hex(16)
        port = stack.enter_context(_venue(secret))
        url, token = stack.enter_context(_daemon(folder, port, secret))
        told = f"venue: simulated Apifiny on 127.0.0.1:{port} · daemon: {url} · files: {folder}"
        console.print(told, soft_wrap=True)
        client = Client(url, token)
        names = _names(client)
        with contextlib.suppress(KeyboardInterrupt):
            missing = _play(client, names, timeout_s)
            if not once:
                _watch(console, client)
            _conclude(console, client, folder, names[1], missing)
            if once:
                raise typer.Exit(1 if missing else 0)


@contextlib.contextmanager
def _told_as_1() -> Iterator[None]:
    """Where the venue or the daemon fails, the orders do not reach their states, and that ends with 1."""
    try:
        yield
    except ConfigError:
        raise
    except OmsError as error:
        typer.echo(f"oms: {error}", err=True)
        raise typer.Exit(1) from error


def _console() -> Console:
    """Print for the terminal's width; where there is no terminal, wide enough for reasons to be read."""
    return Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        try:
            keep.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"--keep {keep}: the folder cannot be made: {error.strerror}; name another"
            raise CommandError(message) from error
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="oms-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _venue(secret: str) -> Iterator[int]:
    """Run the simulated venue in its own process; its secret protects nothing, so it may stand there."""
    credential = f"{ACCOUNT}:{KEY_ID}:{secret}"
    arguments = ["sim", "apifiny", "--fix-port", "0", "--credential", credential, "--background", "off"]
    with _process(arguments, {}) as process:
        ready = _ready_line(process, "the simulated venue")
        yield int(re.search(r"fix=(\d+)", ready).group(1))  # type: ignore[union-attr]


@contextlib.contextmanager
def _daemon(folder: Path, port: int, secret: str) -> Iterator[tuple[str, str]]:
    config = folder / "oms.toml"
    text = CONFIG.format(port=port, account=ACCOUNT, key_id=KEY_ID, variable=SECRET_VARIABLE)
    config.write_text(text, encoding="utf-8")
    token = add_token(folder / "tokens.toml", f"demo-{secrets.token_hex(4)}", ("read", "trade"))
    with _process(["run", "--config", str(config)], {SECRET_VARIABLE: secret}) as process:
        yield _ready_line(process, "the daemon").split("api=", 1)[1].strip(), token


@contextlib.contextmanager
def _process(arguments: list[str], environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """Run `oms` as a child that ends with us, asked politely first."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "oms", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        start_new_session=True,  # Ctrl-C is for us; we stop the children in order
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def _ready_line(process: "subprocess.Popen[str]", name: str) -> str:
    too_late = threading.Timer(START_TIMEOUT_S, process.kill)
    too_late.daemon = True  # a Ctrl-C does not wait for it
    too_late.start()
    line = process.stdout.readline() if process.stdout else ""
    if not line.startswith("ready "):
        message = f"{name} did not start (exit code {process.wait()}); its message stands above"
        raise OmsError(message)
    too_late.cancel()
    return line


def _names(client: Client) -> list[str]:
    """Name the orders; a folder that was kept has those of earlier runs, and an id is used once."""
    used = {order["client_order_id"] for order in client.orders()}
    prefixes = itertools.chain(["demo"], (f"demo{run}" for run in itertools.count(2)))
    prefix = next(prefix for prefix in prefixes if f"{prefix}-1" not in used)
    return [f"{prefix}-{number}" for number in range(1, len(ACTS) + 1)]


def _play(client: Client, names: list[str], timeout_s: float) -> list[str]:
    """Send the orders, cancel one, ask a status; returns what did not come about in time."""
    deadline = time.monotonic() + timeout_s
    if not _until(deadline, lambda: all(session["logged_on"] for session in client.sessions())):
        told = "the session did not log on: "
        return [told + (session["reason"] or "no word of the venue") for session in client.sessions()]
    for name, act in zip(names, ACTS, strict=True):
        client.place({"client_order_id": name, **act.terms}, wait=None)
    for name, act in zip(names, ACTS, strict=True):
        if act.cancel:
            _until(deadline, lambda: not client.order(name)["pending"])  # noqa: B023 - called here only
            client.cancel(name, wait=None)
    with contextlib.suppress(RefusedError):  # the session may just be down
        client.ask_status(names[0])
    _until(deadline, lambda: not _unreached(client, names))
    return _unreached(client, names)


def _until(deadline: float, holds: Any) -> bool:  # noqa: ANN401 - a condition
    """Wait until something holds; the API has no push, so it is asked ten times a second."""
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _unreached(client: Client, names: list[str]) -> list[str]:
    """List the orders that are not where they should be."""
    wrong = []
    for name, act in zip(names, ACTS, strict=True):
        order = client.order(name)
        reached = (
            order["ord_status_name"] == act.status
            and order["cum_qty"] == act.cum_qty
            and not order["pending"]
        )
        if not reached:
            wrong.append(
                f"{name} ({act.title}) is {order['ord_status_name']} with {order['cum_qty']} filled,"
                f" not {act.status} with {act.cum_qty}"
            )
    return wrong


def _watch(console: Console, client: Client) -> None:
    console.print("The blotter is live; Ctrl-C ends it.")
    with contextlib.suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(blotter_table(client.orders()), refresh=True)
            time.sleep(0.5)


def _conclude(console: Console, client: Client, folder: Path, name: str, missing: list[str]) -> None:
    orders = client.orders()
    console.print(blotter_table(orders))
    console.print(sessions_table(client.sessions()))
    for order in (order for order in orders if order["client_order_id"] == name):
        console.print(f"The FIX messages of {name} (ClOrdID {order['cl_ord_id']}):")
        for line in _messages_of(folder, order):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    for text in missing:
        console.print("[red]not reached:[/red]", escape(text), soft_wrap=True)


def _messages_of(folder: Path, order: dict[str, Any]) -> Iterator[str]:
    marks = (f"\x0111={order['cl_ord_id']}\x01", f"\x0137={order['order_id']}\x01")
    for path in sorted((folder / "fix").glob("*.messages.log")):
        for line in LogReader(path):
            if any(mark in line.text for mark in marks):
                yield f"  {line.stamp}  {line.text.replace(chr(1), '|')}"
