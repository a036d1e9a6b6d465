"""The commands of a desk, against the API itself: what they print, where, and with which exit code."""

import io
import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import Result

from oms.app.client import Client, NoDaemonError, find_token
from oms.app.tables import age, blotter_table, plain, sessions_table
from oms.core.errors import ConfigError, JournalError
from oms.core.views import full_view
from tests.app.fake_desk import ORDER, TOKENS, FakeDesk

Run = Callable[..., Result]
NEW = (
    "order new --client-order-id a --symbol BTCUSDT --side buy --order-qty 1.5 --price 100 --exchange VENUE1"
)


def one_line(result: Result) -> str:
    assert isinstance(result.exception, SystemExit | type(None)), result.exception
    assert result.stderr.startswith("oms: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


# --- placing


def test_a_new_order_is_shown(desk: FakeDesk, oms: Run) -> None:
    result = oms(NEW)
    assert result.exit_code == 0
    assert "not acknowledged yet" in result.stdout
    assert str(desk.find().cl_ord_id) in result.stdout


def test_json_is_the_apis_object(desk: FakeDesk, oms: Run) -> None:
    result = oms(f"{NEW} --json")
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert json.loads(result.stdout) == full_view(desk.find(), desk.now)


def test_every_field_is_an_option(desk: FakeDesk, oms: Run) -> None:
    line = "order new --cl-ord-id m --symbol BTCUSDT --side buy --ord-type market --cash-order-qty 250 --exchange OKEX"
    result = oms(f"{line} --session main --account STA-00000015 --time-in-force ioc --json")
    assert result.exit_code == 0
    order = desk.find("m")
    assert (order.ord_type, order.time_in_force, order.session, str(order.cash_order_qty)) == (
        "1",
        "3",
        "main",
        "250",
    )


def test_wait_ack(desk: FakeDesk, oms: Run) -> None:
    desk.auto_ack = True
    result = oms(f"{NEW} --wait ack --json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["ord_status"] == "0"


def test_wait_ack_without_an_answer(desk: FakeDesk, oms: Run) -> None:
    result = oms(f"{NEW} --wait ack --timeout-s 0.1 --json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ord_status"] == "A"
    assert f"oms order status {desk.find().cl_ord_id}" in one_line(result)


def test_wait_ack_of_an_order_in_doubt_says_why_it_is(desk: FakeDesk, oms: Run) -> None:
    oms(NEW)
    desk.drop()
    result = oms(f"{NEW} --wait ack --timeout-s 0.1")
    assert result.exit_code == 1
    told = (
        "in doubt: the session dropped before the answer; the venue may have the order. Ask: oms order status"
    )
    assert f"{told} {desk.find().cl_ord_id}" in result.stderr


def test_a_denied_order_is_printed_and_told(oms: Run) -> None:
    result = oms(f"{NEW} --json", "--symbol", "btc")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["denial"] == "SYMBOL_FORMAT"
    assert "denied: SYMBOL_FORMAT" in one_line(result)


def test_a_rejected_order_is_told(desk: FakeDesk, oms: Run) -> None:
    oms(NEW)
    desk.report(desk.find(), "8", text="no \x1b[31mmarket")
    result = oms(NEW)
    assert result.exit_code == 1
    assert "rejected: no ?[31mmarket" in one_line(result)


@pytest.mark.parametrize("more", ["", "--json"])
def test_an_order_placed_before_is_told_with_its_time(desk: FakeDesk, oms: Run, more: str) -> None:
    assert not oms(NEW).stderr
    desk.let_time_pass(60)
    again = oms(f"{NEW} {more}")
    assert again.exit_code == 0
    assert "a was placed before, at 2026-03-01 09:00:00 UTC" in one_line(again)


def test_an_old_denial_is_not_told_as_a_new_one(oms: Run) -> None:
    first = oms(NEW, "--symbol", "btc")
    again = oms(NEW, "--symbol", "btc")
    assert (first.exit_code, again.exit_code) == (1, 1)
    assert "before" not in one_line(first)
    assert "a was placed before, at 2026-03-01 09:00:00 UTC" in one_line(again)
    assert "denied: SYMBOL_FORMAT" in again.stderr


def test_other_terms_are_a_conflict(oms: Run) -> None:
    assert oms(NEW).exit_code == 0
    assert oms(NEW).exit_code == 0  # the first order again
    result = oms(NEW, "--price", "101")
    assert result.exit_code == 1
    assert "another price" in one_line(result)
    assert not result.stdout


@pytest.mark.parametrize(
    "option", [("--side", "hold"), ("--price", "1e5"), ("--order-qty", ""), ("--session", "nix")]
)
def test_a_wrong_value_is_told(oms: Run, option: tuple[str, str]) -> None:
    result = oms(NEW, *option)
    assert result.exit_code == 2
    assert option[0].removeprefix("--").replace("-", "_") in one_line(result)


@pytest.mark.parametrize(
    "line",
    [
        "order new",
        "order new --symbol X --side buy",
        f"{NEW} --wait fill",
        "order cancel",
        "orders --limit 0",
    ],
)
def test_wrong_usage(oms: Run, line: str) -> None:
    assert oms(line).exit_code == 2


# --- canceling and asking


def test_a_cancel_is_on_its_way(oms: Run) -> None:
    oms(NEW)
    result = oms("order cancel a")
    assert result.exit_code == 0
    assert "cancel waits to be sent" in result.stdout
    assert "the order is not acknowledged yet" in one_line(result)


def test_a_cancel_says_what_it_waits_for(desk: FakeDesk, oms: Run) -> None:
    desk.auto_ack = True
    oms(NEW)
    desk.drop()
    for line, code in (("", 0), ("--json", 0), ("--wait ack --timeout-s 0.1", 1)):
        result = oms(f"order cancel a {line}")
        assert result.exit_code == code
        assert "session main is not logged on (the line is cut)" in one_line(result)
    blind = oms("order cancel a", OMS_TOKEN=TOKENS["trader"])  # may not ask for the sessions
    assert "waits to be sent" in one_line(blind)


def test_a_cancel_that_left_waits_for_nothing(desk: FakeDesk, oms: Run) -> None:
    desk.auto_ack = True
    oms(NEW)
    result = oms("order cancel a")
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_cancel_that_came_too_late(desk: FakeDesk, oms: Run) -> None:
    oms(NEW)
    order = desk.find()
    desk.report(order, "2", last_shares=order.order_qty, last_px=order.price)
    result = oms("order cancel a --json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ord_status_name"] == "Filled"
    assert "the order is filled" in one_line(result)


def test_a_cancel_that_is_waited_for(desk: FakeDesk, oms: Run) -> None:
    desk.auto_ack = True
    oms(NEW)
    late = oms("order cancel a --wait ack --timeout-s 0.1")
    assert late.exit_code == 1
    assert "no outcome yet" in one_line(late)
    desk.after_command(lambda: desk.report(desk.find(), "4"), 0.3)
    done = oms("order cancel a --wait ack --json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["phase"] == "CANCELED"
    assert oms("order cancel a").exit_code == 0  # it is canceled


def test_status_asks_the_venue(desk: FakeDesk, oms: Run) -> None:
    oms(NEW)
    assert oms("order status a --json").exit_code == 0
    assert desk.find().questions == 1


def test_status_shows_what_is_known_when_the_venue_cannot_be_asked(desk: FakeDesk, oms: Run) -> None:
    oms(NEW)
    down = oms("order status a --json", OMS_TOKEN=TOKENS["reader"])
    assert down.exit_code == 0
    assert "lacks the scope" in one_line(down)
    desk.drop()
    down = oms("order status a --json")
    assert down.exit_code == 0
    assert json.loads(down.stdout)["in_doubt"] is True
    assert "not logged on" in one_line(down)


@pytest.mark.parametrize("line", ["order cancel nix", "order status nix"])
def test_an_unknown_id(oms: Run, line: str) -> None:
    result = oms(line)
    assert result.exit_code == 1
    assert "'nix'" in one_line(result)


def test_an_odd_id(oms: Run) -> None:
    odd = "a/b?c#d%41 ä"
    assert oms(NEW, "--client-order-id", odd).exit_code == 0
    assert oms("order status", odd).exit_code == 0
    assert oms("order cancel", odd).exit_code == 0


# --- lists


def test_orders(desk: FakeDesk, oms: Run) -> None:
    for own_id, symbol in (("a", "BTCUSDT"), ("b", "ETHUSDT"), ("c", "bad")):
        oms(NEW, "--client-order-id", own_id, "--symbol", symbol)

    def ids(line: str) -> list[str]:
        result = oms(f"orders --json {line}")
        assert result.exit_code == 0
        return [order["client_order_id"] for order in json.loads(result.stdout)["orders"]]

    assert ids("") == ["c", "b", "a"]
    assert ids("--open") == ["b", "a"]
    assert ids("--symbol ETHUSDT") == ["b"]
    assert ids("--session nix") == []
    assert ids("--limit 1") == ["c"]
    assert ids("--in-doubt") == []
    desk.drop()
    assert ids("--in-doubt") == ["b", "a"]
    table = oms("orders --limit 2").stdout
    assert "IN DOUBT: new, 0 s" in table
    assert "Denied; SYMBOL_FORMAT" in table
    assert "--limit shows more" in table


def test_sessions(desk: FakeDesk, oms: Run) -> None:
    assert "logged on" in oms("sessions").stdout
    desk.drop()
    assert "the line is cut" in oms("sessions").stdout
    assert json.loads(oms("sessions --json").stdout)["sessions"][0]["logged_on"] is False


def test_watching_goes_on_while_the_daemon_is_away(
    desk: FakeDesk, oms: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    oms(NEW)
    rounds: list[float] = []

    def sleep(seconds: float) -> None:
        rounds.append(seconds)
        if len(rounds) == 2:
            monkeypatch.setattr(Client, "page", away)
        if len(rounds) == 4:
            raise KeyboardInterrupt

    def away(self: Client, **filters: Any) -> dict[str, Any]:
        message = "no daemon answers"
        raise NoDaemonError(message)

    monkeypatch.setattr("oms.app.cli_orders.time.sleep", sleep)
    result = oms("orders --watch")
    assert result.exit_code == 0
    assert "BTCUSDT" in result.stdout
    assert "no daemon answers" in result.stdout
    assert oms("orders --watch --json").exit_code == 2


# --- the connection


@pytest.mark.parametrize(
    "line", [NEW, "order cancel a", "order status a", "orders", "orders --watch", "sessions"]
)
def test_no_daemon_is_one_line(oms: Run, line: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        result = oms(line, OMS_API=url)
    assert result.exit_code == 3
    assert url in one_line(result)
    assert "oms run" in result.stderr


def test_a_daemon_that_hangs_leaves_it_open_whether_it_took_the_order(
    oms: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oms.app.client.TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        placing, asking = oms(NEW, OMS_API=url), oms("orders", OMS_API=url)
    assert placing.exit_code == asking.exit_code == 3
    assert "not known" in one_line(placing)
    assert "not known" not in one_line(asking)


NOT_OURS = [(200, b"<html>"), (404, b"{}"), (302, b""), (500, b'{"error": 1}'), (200, b"[]")]


@pytest.mark.parametrize(("status", "body"), NOT_OURS)
def test_somebody_else_on_the_port(oms: Run, status: int, body: bytes) -> None:
    seen: list[str | None] = []

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        result = oms("sessions", OMS_API=f"http://127.0.0.1:{server.server_port}")
        thread.join()
    assert result.exit_code == 3
    assert "is not oms" in one_line(result)
    assert seen == ["/v1/sessions"]  # a redirect is not followed: the token stays here


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8765", "ftp://x", "http://", "http://user:pw@x", "", "http://[::1", "http://x:99999"]
)
def test_what_is_no_address(oms: Run, url: str) -> None:
    result = oms("sessions", "--api", url)
    assert result.exit_code == 2
    assert "form http://127.0.0.1:8765" in one_line(result)
    assert "pw" not in result.stderr


def test_where_the_token_comes_from(oms: Run, tmp_path: Path) -> None:
    file, other = tmp_path / "token", tmp_path / "other"
    file.write_text(f"{TOKENS['both']}\n", encoding="utf-8")
    other.write_text("wrong", encoding="utf-8")
    assert oms("sessions", OMS_TOKEN="", OMS_TOKEN_FILE=str(file)).exit_code == 0
    assert oms("sessions", OMS_TOKEN_FILE=str(other)).exit_code == 0  # OMS_TOKEN comes first
    assert oms("sessions", "--token-file", str(file), OMS_TOKEN="wrong").exit_code == 0
    unknown = oms("sessions", OMS_TOKEN="wrong-token")
    assert unknown.exit_code == 1
    assert "does not know this token" in one_line(unknown)
    assert "wrong-token" not in unknown.stderr
    assert "OMS_TOKEN" in one_line(oms("sessions", OMS_TOKEN=""))
    assert oms("sessions", "--token-file", str(tmp_path / "nix")).exit_code == 2


@pytest.mark.parametrize("text", [b"", b"two words", b"a\nb", "tökén".encode(), b"\xff"])
def test_what_cannot_be_a_token_is_not_repeated(tmp_path: Path, text: bytes, environment: None) -> None:
    file = tmp_path / "token"
    file.write_bytes(text)
    with pytest.raises(ConfigError, match="holds no token") as caught:
        find_token(file)
    assert "words" not in str(caught.value)


def test_a_proxy_of_the_environment_does_not_get_the_token(oms: Run) -> None:
    assert oms("sessions", HTTP_PROXY="http://127.0.0.1:1", http_proxy="http://127.0.0.1:1").exit_code == 0


def test_a_failed_journal_is_one_line(desk: FakeDesk, oms: Run) -> None:
    desk.failure = JournalError("the disk is full")
    result = oms(NEW)
    assert result.exit_code == 1
    assert "the disk is full" in one_line(result)


# --- tables


def rendered(renderable: Any, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_a_blotter_fits_eighty_columns(desk: FakeDesk) -> None:
    placed = full_view(_placed(desk), desk.now)
    order = {
        **placed,
        "client_order_id": "an-id-of-some-length",
        "price": "30000.12",
        "cum_qty": "0.5",
        "avg_px": "30000.123456789012",
        "in_doubt": True,
        "doubts": [
            {"cl_ord_id": placed["cl_ord_id"], "kind": "new", "reason": "no answer within 5 s", "age_s": 75.2}
        ],
        "gap": "0.25",
        "external": True,
    }
    text = rendered(blotter_table([order]))
    assert max(map(len, text.splitlines())) <= 80
    for shown in ("0.5 / 1.5", "30000.12", "DOUBT: new"):
        assert shown in text
    wide = rendered(blotter_table([order]), 200)
    assert "Pending new; IN DOUBT: new, 1 min (no answer within 5 s)" in wide
    assert "fills missing: 0.25; not sent from here" in wide


def test_a_table_obeys_nobody(desk: FakeDesk) -> None:
    evil = "[bold]x[/bold]\x1b[2J"
    order = {**full_view(_placed(desk), desk.now), "client_order_id": evil, "reason": evil}
    assert "[bold]x[/bold]?[2J" in rendered(blotter_table([order]), 200)
    session = {"name": evil, "reason": evil, "logged_on": False, "held": [1]}
    assert "1 reports wait" in rendered(sessions_table([session]), 200)
    assert plain("a\u202eb\n") == "a?b?"


def test_sessions_fit_eighty_columns() -> None:
    session = {
        "name": "main",
        "account": "STA-00000015",
        "host": "127.0.0.1",
        "port": 44291,
        "logged_on": True,
    }
    text = rendered(sessions_table([{**session, "since": "2026-03-01T09:00:07.123Z", "reason": None}]))
    assert "127.0.0.1:44291" in text
    assert "2026-03-01 09:00:07" in text


REASON = (
    "Rejected Logon Attempt: the signature does not fit the key that the venue has on file; post-only"
    " ClientOrderIdentifierThatTheVenueRepeats"
)


def test_every_word_of_a_reason_can_be_read_in_eighty_columns(desk: FakeDesk) -> None:
    placed = full_view(_placed(desk), desk.now)
    denied = {
        **placed, "client_order_id": "demo-5", "phase": "DENIED", "denial": "TOO_MANY_DECIMALS",
        "reason": REASON, "order_qty": "123456789.123456789", "price": "123456789.123456789",
        "time_in_force": "7", "symbol": "A-SYMBOL-OF-MANY-LETTERS", "pending": [],
    }  # fmt: skip
    text = rendered(blotter_table([placed, denied]))
    assert max(map(len, text.splitlines())) <= 80
    assert "demo-5: Denied; TOO_MANY_DECIMALS: Rejected" in text
    assert set(REASON.split()) <= set(text.split())
    assert "a: Pending new; not acknowledged yet" in text
    session = {
        "name": "main",
        "account": "STA-00000015",
        "host": "fix.of-a-venue-far-away.example",
        "port": 9878,
    }
    session |= {"logged_on": False, "reason": REASON, "since": "2026-03-01T09:00:07.123Z", "held": [1]}
    text = rendered(sessions_table([session]))
    assert max(map(len, text.splitlines())) <= 80
    assert "main: Rejected Logon Attempt: " in text
    assert {*REASON.removesuffix("s").split()[:-1], "STA-00000015", "wait"} <= set(text.split())
    assert "logged out" in text
    assert "of-a-venue-far-away" in text
    assert "2026-03-01" not in text
    narrow = rendered(sessions_table([session]), 40)
    assert "9878" not in narrow
    assert set(REASON.split()[:-1]) - set(narrow.split()) == set()


def test_ages() -> None:
    assert [age(seconds) for seconds in (-1, 0.4, 59, 75, 7200)] == ["0 s", "0 s", "59 s", "1 min", "2.0 h"]


def _placed(desk: FakeDesk) -> Any:
    from oms.app.api_body import place_order  # noqa: PLC0415

    desk.step(place_order(ORDER, actor="t", origin=None, sessions=list))
    return desk.find()
