"""`oms journal verify` and `show`: what people and scripts see, exit codes included."""

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from oms.app.cli_journal import app
from oms.core import events as ev
from oms.core.messages import Anomaly, ExecutionReport
from oms.core.records import Record
from oms.core.values import AnomalyCode
from oms.journal.sqlite import SqliteJournal
from tests.journal.builders import filled

NOON_NS = 1_700_000_000_123_456_789
RECORDS = [
    Record(kind="start", time_ns=NOON_NS),
    Record(
        kind="command",
        time_ns=NOON_NS,
        session="S1",
        command={"type": "new"},
        events=(
            ev.Placed(
                order=17, request=1, cl_ord_id="C1", session="S1", symbol="BTCUSDT", side="1", ord_type="2",
                time_in_force="1", time_ns=NOON_NS, client_order_id="desk-1", order_qty=Decimal("1.50"),
                price=Decimal("1E+4"),
            ),
        ),
    ),
    Record(
        kind="received",
        time_ns=NOON_NS,
        session="S1",
        raw="8=FIX.4.2\x0135=8\x0137=V9\x01",
        events=(ev.Accepted(order=17, order_id="V9"),),
    ),
    Record(kind="timer", time_ns=NOON_NS, events=(ev.StatusRequested(order=18, time_ns=1),)),
    Record(
        kind="command",
        time_ns=NOON_NS,
        events=(ev.CancelRequested(order=17, request=2, cl_ord_id="C2", time_ns=1),),
    ),
    Record(
        kind="received",
        time_ns=NOON_NS,
        raw="garbage",
        order=17,
        anomaly=Anomaly(AnomalyCode.OVERFILL, "too much \x1b[31m"),
    ),
    Record(
        kind="received",
        time_ns=NOON_NS,
        events=(ev.ReportHeld(session="S1", report=ExecutionReport(order_id="V9"), ref=7, time_ns=1),),
    ),
    Record(kind="received", time_ns=NOON_NS, events=(ev.ReportUnheld(session="S1", ref=7),)),
]  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    with closing(SqliteJournal(path)) as journal:
        journal.append(RECORDS)
    return path


def head_of(path: Path) -> str:
    with closing(SqliteJournal(path)) as journal:
        return "{}:{}".format(*journal.head)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        (sql,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'records_no_delete'").fetchone()
        db.execute("DROP TRIGGER records_no_delete")
        db.execute("DELETE FROM records WHERE n IN (3, 5)")
        db.execute(sql)


def test_an_intact_journal(path: Path) -> None:
    head = head_of(path)
    result = run("verify", path)
    assert result.exit_code == 0
    assert result.stdout == f"{path}: intact, 8 records\nhead {head}\n"
    result = run("verify", path, "--head", head)
    assert result.exit_code == 0
    assert "intact, 8 records; record 8 is there with its hash" in result.stdout
    told = json.loads(run("verify", path, "--json").stdout)
    assert told == {
        "file": str(path), "intact": True, "records": 8, "head": head, "damage": [], "damaged": 0, "note": None,
    }  # fmt: skip


def test_a_damaged_journal(path: Path) -> None:
    head = head_of(path)
    damage(path)
    result = run("verify", path)
    assert result.exit_code == 1
    assert result.stdout == (
        f"{path}: DAMAGED\nrecord 3: missing: after record 2 comes 4\nrecord 5: missing: after record 4 comes 6\n"
        f"last readable head {head}\n"
    )
    result = run("verify", path, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert [one["number"] for one in told["damage"]] == [3, 5]
    assert (told["intact"], told["damaged"]) == (False, 2)


def test_of_many_findings_only_the_first_is_printed(path: Path) -> None:
    with closing(SqliteJournal(path)) as journal:
        journal.append(RECORDS * 2)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TRIGGER records_no_delete")
        db.execute("DELETE FROM records WHERE n % 3 = 0")
    lines = run("verify", path).stdout.splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("record 3: missing")
    assert lines[2].endswith("more; --json lists them")


def test_a_head_that_is_not_there(path: Path) -> None:
    result = run("verify", path, "--head", f"9:{'a' * 64}")
    assert result.exit_code == 1
    assert "record 9: missing: it is not there: the journal ends at 8" in result.stdout


@pytest.mark.parametrize("command", ["verify", "show"])
def test_what_cannot_be_read(tmp_path: Path, command: str) -> None:
    result = run(command, tmp_path / "none.db")
    assert result.exit_code == 2
    assert result.stderr == f"error: there is no journal {tmp_path / 'none.db'}: check the path\n"
    (tmp_path / "text").write_text("hello\n" * 100)
    result = run(command, tmp_path / "text")
    assert result.exit_code == 2
    assert "not a" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("head", ["7", "7:abc", f"x:{'0' * 64}", f"-1:{'0' * 64}"])
def test_a_head_of_another_form_is_a_usage_error(path: Path, head: str) -> None:
    result = run("verify", path, "--head", head)
    assert result.exit_code == 2
    assert "NUMBER:HASH" in result.stderr


def test_show_prints_a_line_for_each_record(path: Path) -> None:
    lines = run("show", path).stdout.splitlines()
    assert len(lines) == 8
    assert lines[0].split() == ["1", "2023-11-14", "22:13:20.123456", "start", "-", "-", "-"]
    assert "command   S1            new " in lines[1]
    assert "Placed #17 symbol=BTCUSDT side=1 cl_ord_id=C1 order_qty=1.5 price=10000" in lines[1]
    assert lines[2].endswith("received  S1            35=8            Accepted #17 order_id=V9")
    assert lines[5].endswith(r"?               ANOMALY OVERFILL #17: too much \x1b[31m")


def test_show_names_an_execution_as_its_venue_does(tmp_path: Path) -> None:
    path = tmp_path / "keys.db"
    with closing(SqliteJournal(path)) as journal:
        fills = [
            ev.Filled(order=1, last_shares=Decimal(1), exec_id=key)
            for key in ("1\x010", "F7/leg2\x01\x0120260301")
        ]
        journal.append([Record(kind="received", time_ns=1, events=(event,)) for event in fills])
    lines = run("show", path).stdout.splitlines()
    assert [line.split("exec_id=")[1].split()[0] for line in lines] == ["1", "F7"]
    second = json.loads(run("show", path, "--json").stdout.splitlines()[1])
    assert second["events"][0]["exec_id"] == "F7/leg2\x01\x0120260301"


def test_show_a_range(path: Path) -> None:
    assert [line.split()[0] for line in run("show", path, "--from", "2", "--to", "4").stdout.splitlines()] == [
        "2", "3", "4",
    ]  # fmt: skip


@pytest.mark.parametrize("any_id", ["C1", "C2", "V9", "desk-1", "17"])
def test_show_an_order_by_any_id_it_ever_had(path: Path, any_id: str) -> None:
    found = [
        json.loads(line)["number"]
        for line in run("show", path, "--order", any_id, "--json").stdout.splitlines()
    ]
    assert found == ([2, 3, 5, 6, 7, 8] if any_id == "V9" else [2, 3, 5, 6])


def test_show_nothing_says_so(path: Path) -> None:
    result = run("show", path, "--order", "nobody")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no record from 1 on concerns an order 'nobody'" in result.stderr


def test_show_as_json_is_the_record(path: Path) -> None:
    second = json.loads(run("show", path, "--json").stdout.splitlines()[1])
    assert second["number"] == 2
    assert second["events"][0]["type"] == "Placed"
    assert second["events"][0]["order_qty"] == "1.50"


def test_show_ends_where_the_damage_begins(path: Path) -> None:
    damage(path)
    result = run("show", path)
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert "record 3 of the journal" in result.stderr
    assert "is missing: 4 follows" in result.stderr


def test_both_work_while_the_daemon_writes(path: Path) -> None:
    with closing(SqliteJournal(path)) as journal:
        journal.append([filled()])
        assert run("verify", path, "--head", "{}:{}".format(*journal.head)).exit_code == 0
        assert len(run("show", path).stdout.splitlines()) == 9
