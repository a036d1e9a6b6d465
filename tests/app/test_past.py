"""The past: times as people write them, `oms orders --at`, and `oms replay --until`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from oms.app.cli_commands import app
from oms.app.past import blotter_at, exact_iso, parse_time
from oms.core.errors import CommandError
from oms.core.times import fix_to_ns
from oms.core.views import full_view
from oms.journal.chain import read_journal
from tests.app.recorded_desk import START_NS, RecordedDesk
from tests.app.test_replay import ACK, ORDER, framed

S = 1_000_000_000
NINE = fix_to_ns("20260301-09:00:00")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def desk(path: Path) -> Iterator[RecordedDesk]:
    """A day with everything: fills, doubt, a restart, an end."""
    desk = RecordedDesk(path)
    desk.up()
    order = desk.working("a", "V1")
    desk.tell("37=V1 17=F1 20=0 150=1 39=1 32=4 44=99")
    desk.working("b", "V2")
    desk.place("c", symbol="ETHUSDT")
    desk.down()
    desk.restart()
    desk.up()
    desk.tell(f"11={order.cl_ord_id} 37=V1 17=C 20=0 150=4 39=4")
    desk.pass_time(10)
    yield desk
    desk.close()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "120"})


def page(path: Path, *more: object) -> dict[str, Any]:
    told = run("orders", "--journal", path, "--json", *more)
    assert (told.exit_code, told.stderr) == (0, "")
    found: dict[str, Any] = json.loads(told.stdout)
    return found


# --- times


@pytest.mark.parametrize(
    ("text", "after_ns"),
    [
        ("2026-03-01T09:00:00Z", 0),
        ("2026-03-01 09:00:00", 0),
        ("20260301-09:00:00", 0),
        ("20260301-09:00:00.5", 500_000_000),
        ("2026-03-01T09:00:00.123456789Z", 123_456_789),
        ("2026-03-01T10:30:00+01:30", 0),
        (" 2026-03-01T04:00:01.000-05:00 ", S),
    ],
)
def test_times_are_read(text: str, after_ns: int) -> None:
    assert parse_time(text) == NINE + after_ns


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-03-01", "2026-02-30T09:00:00Z", "2026-03-01T25:00:00Z", "2026-03-01T09:00:00.1234567890Z"],
)  # fmt: skip
def test_other_texts_are_no_times(text: str) -> None:
    with pytest.raises(CommandError, match="is no time such as"):
        parse_time(text)


def test_a_time_that_is_shown_can_be_given_again() -> None:
    for time_ns in (NINE, NINE + 1, START_NS + 999_999_999):
        assert parse_time(exact_iso(time_ns)) == time_ns


# --- the blotter as it stood


def test_at_every_moment_it_is_what_was_recorded_then(desk: RecordedDesk, path: Path) -> None:
    then = dict(desk.states)  # of several steps at one time the last: the moment is inclusive
    assert len(then) > 10
    for now, views in then.items():
        blotter, _ = blotter_at(read_journal(path), now)
        assert {number: full_view(order, now) for number, order in blotter.orders.items()} == views
        shown = page(path, "--at", exact_iso(now))
        assert shown == {"orders": [views[number] for number in sorted(views, reverse=True)], "next": None}


def test_between_two_records_it_is_as_after_the_first(desk: RecordedDesk, path: Path) -> None:
    now = desk.states[4][0]
    before, exact = page(path, "--at", exact_iso(now - 1)), page(path, "--at", exact_iso(now))
    assert before != exact
    assert page(path, "--at", exact_iso(now + 1))["orders"][0]["cum_qty"] == exact["orders"][0]["cum_qty"]


def test_a_time_as_the_api_prints_it_means_its_whole_millisecond(tmp_path: Path) -> None:
    desk = RecordedDesk(tmp_path / "journal.db")
    desk.up()
    desk.now = START_NS + 7_123_456_789
    desk.working("a", "V1")
    desk.close()
    (order,) = page(desk.path)["orders"]
    assert order["created"] == "2026-03-01T09:00:08.123Z"
    (shown,) = page(desk.path, "--at", order["created"])["orders"]
    assert (shown["client_order_id"], shown["phase"]) == ("a", "PENDING_NEW")
    for text in ("2026-03-01T09:00:08.122Z", "2026-03-01T09:00:08.1234Z", "2026-03-01T09:00:08Z"):
        assert page(desk.path, "--at", text)["orders"] == []


def test_before_the_first_record_there_is_nothing(desk: RecordedDesk, path: Path) -> None:
    assert page(path, "--at", "2020-01-01T00:00:00Z") == {"orders": [], "next": None}
    assert run("orders", "--journal", path, "--at", "2020-01-01T00:00:00Z").exit_code == 0


def test_without_a_moment_it_is_the_journals_end(desk: RecordedDesk, path: Path) -> None:
    found = page(path)
    assert [(order["client_order_id"], order["phase"]) for order in found["orders"]] == [
        ("c", "PENDING_NEW"),
        ("b", "WORKING"),
        ("a", "CANCELED"),
    ]


def test_the_filters_hold_for_the_past_too(desk: RecordedDesk, path: Path) -> None:
    def ids(*more: object) -> list[str]:
        return [order["client_order_id"] for order in page(path, *more)["orders"]]

    assert ids("--open") == ["c", "b"]
    assert ids("--in-doubt") == ["c"]
    assert ids("--symbol", "BTCUSDT") == ["b", "a"]
    assert ids("--session", "nowhere") == []
    assert page(path, "--limit", 2)["next"] == 2
    assert page(path, "--limit", 3)["next"] is None


def test_people_see_a_table(desk: RecordedDesk, path: Path) -> None:
    told = run("orders", "--journal", path, "--at", exact_iso(desk.states[-1][0]))
    assert told.exit_code == 0
    assert "ETHUSDT" in told.stdout
    assert "IN DOUBT" in told.stdout


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--at", "2026-03-01T09:00:00Z"], "--journal"),
        (["--journal", "{path}", "--watch"], "--watch"),
        (["--journal", "{path}", "--at", "noon"], "'noon' is no time such as"),
        (["--journal", "nowhere.db"], "nowhere.db"),
    ],
)
def test_what_cannot_be_asked_is_exit_2(desk: RecordedDesk, path: Path, more: list[str], told: str) -> None:
    result = run("orders", *(word.format(path=path) for word in more))
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


# --- replay


@pytest.fixture
def log(tmp_path: Path) -> Path:
    fill = "35=8 11=X 37=O 17=F{0} 150=1 39=1 55=B 54=1 32=4 31=5 14={1} 151={2}"
    fills = [
        framed(fill.format(number, 4 * number - 4, 14 - 4 * number), time=f"20260301-09:00:0{number}")
        for number in (2, 3)
    ]
    file = tmp_path / "log"
    file.write_text("\n".join([ORDER, ACK, *fills, ""]))
    return file


def test_replay_stops_at_a_time_inclusive(log: Path) -> None:
    everything = run("replay", "--format", "jsonl", log).stdout.splitlines()
    for text, lines in [
        ("2026-03-01T09:00:02Z", 3),
        ("20260301-09:00:02", 3),
        ("2026-03-01T09:00:02.999Z", 3),
        ("2026-03-01T09:00:01.999999999Z", 2),
        ("2026-03-01T08:00:00Z", 0),
        ("2027-03-01T08:00:00Z", 4),
    ]:
        told = run("replay", "--format", "jsonl", "--until", text, log)
        assert (told.exit_code, told.stdout.splitlines()) == (0, everything[:lines])
        assert told.stderr.startswith(f"messages {lines}, ")
    table = run("replay", "--until", "2026-03-01T09:00:02Z", log)
    assert "PartiallyFilled" in table.stdout
    assert "  4  " in table.stdout


def test_replay_stops_after_a_millisecond_that_is_named(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(framed("35=D 11=Y 55=B 54=1 38=10 40=2 44=5", time="20260301-09:00:02.123456") + "\n")
    for text, lines in [
        ("2026-03-01T09:00:02.122Z", 0),
        ("2026-03-01T09:00:02.123Z", 1),
        ("2026-03-01T09:00:02.1234Z", 0),
        ("2026-03-01T09:00:02.123456Z", 1),
    ]:
        told = run("replay", "--format", "jsonl", "--until", text, log)
        assert len(told.stdout.splitlines()) == lines, text


def test_replay_stops_several_files_as_one_stream(log: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    order = "35=D 11=Y 55=B 54=1 38=10 40=2 44=5"
    other.write_text(
        "\n".join([framed(order, time="20260301-09:00:02"), framed(order, time="20260301-09:00:09")])
    )
    told = run("replay", "--format", "jsonl", "--until", "2026-03-01T09:00:02Z", log, other)
    shown = [json.loads(line)["cl_ord_id"] for line in told.stdout.splitlines()]
    assert sorted(shown) == ["X", "X", "X", "Y"]


def test_what_is_open_at_that_time_is_an_anomaly_as_at_the_end(log: Path) -> None:
    ahead = framed("35=8 11=X 37=O 17=F9 150=1 39=1 55=B 54=1 32=1 31=5 14=9 151=1", time="20260301-09:00:04")
    late = framed(
        "35=8 11=X 37=O 17=F8 150=1 39=1 55=B 54=1 32=0.5 31=5 14=0.5 151=9.5", time="20260301-09:00:05"
    )
    log.write_text(f"{ORDER}\n{ACK}\n{ahead}\n{late}\n")
    assert run("replay", "--until", "2026-03-01T09:00:04Z", log).exit_code == 1
    assert run("replay", "--until", "2026-03-01T09:00:01Z", log).exit_code == 0


def test_replay_refuses_what_is_no_time(log: Path) -> None:
    told = run("replay", "--until", "noon", log)
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr.startswith("error: --until: 'noon' is no time such as ")
