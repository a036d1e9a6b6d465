"""The daemon's life: logons refused and late, venues that come and go, stopping, and refusing to start."""

import contextlib
import signal
import sqlite3
import threading
from pathlib import Path

import pytest

from tests.system.harness import (
    ACCOUNT,
    KEY_ID,
    SECRET,
    Daemon,
    Venue,
    configure,
    free_port,
    oms,
    running,
    until,
)

pytestmark = pytest.mark.system

OTHER_SECRET = "another-0123456789abcdef-another"


def log(folder: Path) -> str:
    return (folder / "daemon.log").read_text(encoding="utf-8")


def fix_log(folder: Path) -> str:
    return (folder / "fix" / "main.messages.log").read_text(encoding="utf-8")


# --- the session ----------------------------------------------------------------------------------------------------


def test_a_refused_logon_is_told_and_tried_again_until_it_works(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    configure(tmp_path, venue.port)
    daemon = Daemon(tmp_path, secret=OTHER_SECRET)
    with running(venue, daemon):
        reason = until(lambda: daemon.session()["reason"], "the venue's text is shown")
        assert "signature" in reason.lower()
        assert daemon.session()["logged_on"] is False
        until(lambda: fix_log(tmp_path).count("\x0135=A\x01") >= 2, "the logon is tried again")
        assert reason in log(tmp_path)
        denied = daemon.place("a").json()
        assert (denied["phase"], denied["denial"]) == ("DENIED", "NOT_LOGGED_ON")
        assert reason in denied["reason"]
        ready = daemon.http.get(f"{daemon.url}/readyz")
        assert ready.status_code == 503
        assert reason in ready.text
        venue.kill()
        with running(Venue(tmp_path, port=venue.port, secret=OTHER_SECRET)):
            daemon.logged_on()
            assert daemon.place("b").json()["ord_status_name"] == "New"
            assert daemon.session()["reason"] is None
            assert daemon.http.get(f"{daemon.url}/readyz").status_code == 200


def test_the_venue_comes_later_goes_and_comes_back(tmp_path: Path) -> None:
    port = free_port()
    configure(tmp_path, port)
    daemon = Daemon(tmp_path)
    with running(daemon):
        until(lambda: "no connection to" in (daemon.session()["reason"] or ""), "what is wrong is told")
        assert daemon.place("a").json()["denial"] == "NOT_LOGGED_ON"
        for name in ("b", "c"):
            with running(Venue(tmp_path, port=port)):
                daemon.logged_on()
                assert daemon.place(name).json()["ord_status_name"] == "New"
            until(lambda: not daemon.session()["logged_on"], "the end of the session is noticed")
        assert daemon.place("d").json()["denial"] == "NOT_LOGGED_ON"
        assert daemon.cancel("b").json()["waiting"] == ["cancel"]  # never denied: it leaves when it can


def test_after_a_restart_the_reason_is_that_of_now(tmp_path: Path) -> None:
    port = free_port()
    configure(tmp_path, port)
    daemon = Daemon(tmp_path)
    with running(Venue(tmp_path, port=port), daemon):
        daemon.logged_on()
        assert daemon.stop() == 0
    again = Daemon(tmp_path)
    with running(again):
        until(lambda: "no connection to" in (again.session()["reason"] or ""), "what is wrong now is told")


def test_orders_wait_for_the_questions_after_a_logon_and_then_leave(tmp_path: Path) -> None:
    venue = Venue(tmp_path, "--latency-ms", "300")
    configure(tmp_path, venue.port)
    with running(venue):
        daemon = Daemon(tmp_path).logged_on()
        daemon.place("resting")
        daemon.kill()
        daemon = Daemon(tmp_path).logged_on()
        with running(daemon):
            waiting = daemon.submit("waits").json()
            assert waiting["waiting"] == ["new"]
            answered = daemon.place("waits")  # the same order again, and this time wait for the answer
            assert (answered.status_code, answered.json()["ord_status_name"]) == (200, "New")
            assert daemon.order("resting")["ord_status_name"] == "New"


# --- stopping -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_logs_out_and_exits_0(how: signal.Signals, tmp_path: Path) -> None:
    venue = Venue(tmp_path, "--latency-ms", "200")
    configure(tmp_path, venue.port)
    daemon = Daemon(tmp_path)
    with running(venue, daemon):
        daemon.logged_on()
        answered = [daemon.submit(f"flying-{number}").json() for number in range(20)]
        assert daemon.stop(how) == 0
        assert fix_log(tmp_path).count("\x0135=5\x01") == 2  # ours, and the venue's answer
        assert '"event": "stopped"' in log(tmp_path)
        assert daemon.errors() == ""
        again = Daemon(tmp_path)
        with running(again):
            again.logged_on()
            for order in answered:
                again.reaches(order["cl_ord_id"], "New")


def test_what_comes_while_it_stops_is_answered_or_refused(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    configure(tmp_path, venue.port)
    daemon = Daemon(tmp_path)
    taken: list[str] = []

    def pump() -> None:
        for number in range(100_000):
            try:
                response = daemon.submit(f"p-{number}")
            except OSError:  # requests' errors are OSErrors
                return
            if response.status_code != 503:
                taken.append(response.json()["cl_ord_id"])
            else:
                assert response.json()["error"]["code"]

    with running(venue, daemon):
        daemon.logged_on()
        pumping = threading.Thread(target=pump)
        pumping.start()
        until(lambda: len(taken) > 50, "orders flow")
        daemon.process.terminate()
        pumping.join(30)
        assert daemon.stop() == 0
        assert daemon.errors() == ""
    with running(venue), running(again := Daemon(tmp_path)):
        known = {order["cl_ord_id"] for order in again.orders()}
    assert set(taken) <= known


# --- refusing to start ----------------------------------------------------------------------------------------------


def one_line(errors: str) -> str:
    assert errors.count("\n") == 1, errors
    assert "Traceback" not in errors
    return errors


def run(folder: Path) -> tuple[int, str]:
    result = oms("run", "--config", str(folder / "oms.toml"), environment={"OMS_TEST_SECRET": SECRET})
    assert result.stdout == ""
    return result.returncode, result.stderr


def test_a_second_daemon_refuses_to_start_and_the_first_goes_on(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    configure(tmp_path, venue.port)
    with running(venue), running(daemon := Daemon(tmp_path)):
        daemon.logged_on()
        code, errors = run(tmp_path)
        assert code != 0
        assert "journal.db" in one_line(errors)
        assert daemon.place("a").json()["ord_status_name"] == "New"


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    configure(tmp_path, venue.port)
    with running(venue):
        Daemon(tmp_path).kill()
        with running(Daemon(tmp_path).logged_on()):
            pass


def test_an_api_port_in_use_is_one_line(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    (tmp_path / "other").mkdir()
    with running(venue):
        configure(tmp_path, venue.port)
        with running(daemon := Daemon(tmp_path)):
            configure(tmp_path / "other", venue.port)
            config = tmp_path / "other" / "oms.toml"
            taken = daemon.url.rsplit(":", 1)[1]
            config.write_text(config.read_text().replace("port = 0", f"port = {taken}"), encoding="utf-8")
            code, errors = run(tmp_path / "other")
    assert code == 2
    assert "api.port" in one_line(errors)
    assert taken in errors


def test_a_bad_configuration_tells_all_its_problems(tmp_path: Path) -> None:
    session = 'dialect = "latin"\ncolour = "red"\ntls = 3\nheartbeat_s = 0'
    configure(tmp_path, 1, more="[limits]\nmax_decimals = 99\n", session_more=session)
    config = tmp_path / "oms.toml"
    config.write_text(config.read_text().replace("[log]", "[log]\nlevel = 7"), encoding="utf-8")
    sessions = ("colour", "dialect", "tls", "heartbeat_s", "secret_env")  # the secret's variable is missing
    for command in (("check-config", str(config)), ("run", "--config", str(config))):
        result = oms(*command)
        assert (result.returncode, result.stdout) == (2, "")
        keys = ["log.level", "limits.max_decimals", *(f"session[1].{key}" for key in sessions)]
        assert sorted(line.split(": ")[2] for line in result.stderr.splitlines()) == sorted(keys), (
            result.stderr
        )
        assert all(line.startswith(f"oms: {config}: ") for line in result.stderr.splitlines())


@pytest.mark.parametrize("text", [None, "[[session]\n"])
def test_a_configuration_that_cannot_be_read_is_one_line(text: str | None, tmp_path: Path) -> None:
    config = tmp_path / "oms.toml"
    if text is not None:
        config.write_text(text, encoding="utf-8")
    result = oms("run", "--config", str(config))
    assert result.returncode == 2
    assert str(config) in one_line(result.stderr)


def test_without_a_daemon_a_command_says_so_in_one_line() -> None:
    environment = {"OMS_API": f"http://127.0.0.1:{free_port()}", "OMS_TOKEN": "t" * 32}
    for command in (("orders",), ("sessions",), ("order", "cancel", "a"), ("order", "status", "a")):
        result = oms(*command, environment=environment)
        assert (result.returncode, result.stdout) == (3, "")
        one_line(result.stderr)


def tamper(journal: Path, number: int) -> None:
    """Change one letter of a record, as somebody would who knows how to get round the triggers."""
    with contextlib.closing(sqlite3.connect(journal, isolation_level=None)) as database:
        ((trigger,),) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'records_no_update'")
        database.execute("DROP TRIGGER records_no_update")
        ((body,),) = database.execute("SELECT body FROM records WHERE n = ?", (number,))
        database.execute("UPDATE records SET body = ? WHERE n = ?", (body[:-2] + b"X" + body[-1:], number))
        database.execute(trigger)


def test_a_damaged_journal_keeps_the_daemon_from_starting(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    configure(tmp_path, venue.port)
    with running(venue), running(daemon := Daemon(tmp_path)):
        daemon.logged_on()
        for number in range(3):
            daemon.place(str(number))
        daemon.stop()
        tamper(tmp_path / "journal.db", 3)
        code, errors = run(tmp_path)
        assert code == 1
        assert "record 3" in one_line(errors)
        assert oms("journal", "verify", str(tmp_path / "journal.db")).returncode == 1


def test_the_credentials_are_not_on_the_command_line(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    configure(tmp_path, venue.port)
    with running(venue), running(daemon := Daemon(tmp_path)):
        shown = Path(f"/proc/{daemon.process.pid}/cmdline").read_bytes()
    assert SECRET.encode() not in shown
    assert KEY_ID.encode() not in shown
    assert ACCOUNT.encode() not in shown
