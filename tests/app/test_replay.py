"""`oms replay`: golden logs to the byte, what is counted, and how it ends."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from oms.app import cli_replay
from oms.app.replay import Replay
from oms.fix.dialects import FIX42
from oms.fix.logs import Line, byte_sum

GOLDEN = Path(__file__).parents[1] / "golden"
MESS_COUNTS = (
    "messages 11, orders 1, anomalies 6, repeated lines 1, torn lines 1, lines that are not FIX 1, "
    "messages between other parties 1"
)


def run(*arguments: object) -> Result:
    import typer  # noqa: PLC0415 - only here

    app = typer.Typer()
    app.command()(cli_replay.replay)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rows(*arguments: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("--format", "jsonl", *arguments).stdout.splitlines()]


def framed(text: str, us: str = "WE", them: str = "THEY", time: str = "20260301-09:00:00") -> str:
    """Write `35=8 11=X` as a message; what we send is D, F, G, H and A."""
    kind, _, rest = text.partition(" ")
    sender, target = (us, them) if kind[3:] in "DFGHA" else (them, us)
    more = rest.replace(" ", "\x01") + "\x01" if rest else ""
    body = f"{kind}\x0149={sender}\x0156={target}\x0152={time}\x01{more}"
    head = f"8=FIX.4.2\x019={len(body)}\x01{body}"
    return f"{head}10={byte_sum(head.encode()) % 256:03d}\x01"


ORDER = framed("35=D 11=X 55=B 54=1 38=10 40=2 44=5")
ACK = framed("35=8 11=X 37=O 17=A 150=0 39=0 55=B 54=1 14=0 151=10", time="20260301-09:00:01")


@pytest.mark.parametrize(
    ("name", "dialect", "code"), [("full", "fix42", 0), ("short", "apifiny", 1), ("mess", "fix42", 1)]
)
def test_golden_logs(name: str, dialect: str, code: int) -> None:
    log = GOLDEN / f"{name}.log"
    told = run("--dialect", dialect, "--format", "jsonl", log)
    assert told.stdout_bytes == (GOLDEN / f"{name}.jsonl").read_bytes()
    assert told.exit_code == code
    table = run("--dialect", dialect, log)
    assert table.stdout_bytes == (GOLDEN / f"{name}.txt").read_bytes()
    assert table.exit_code == code


def test_what_is_skipped_is_counted_on_standard_error() -> None:
    assert run(GOLDEN / "mess.log").stderr.strip() == MESS_COUNTS
    assert run("--format", "jsonl", GOLDEN / "mess.log").stderr.strip() == MESS_COUNTS


def test_the_object_of_a_message(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"20260301-09:00:00.5 : {ORDER}\n{ACK}\n")
    first, second = rows(log)
    assert list(first) == [
        *("n", "time", "direction", "msg_type", "cl_ord_id", "exec_id", "events", "anomaly", "order"),
    ]
    assert (first["n"], first["time"], first["direction"]) == (1, "2026-03-01T09:00:00.500Z", "out")
    assert (second["n"], second["time"], second["direction"]) == (2, "2026-03-01T09:00:01.000Z", "in")
    assert (second["exec_id"], second["events"], second["anomaly"]) == ("A", ["Accepted"], None)
    assert list(second["order"]) == [
        *(
            "cl_ord_id",
            "orig_cl_ord_id",
            "order_id",
            "symbol",
            "side",
            "ord_status",
            "ord_status_name",
            "phase",
        ),
        *("order_qty", "cum_qty", "leaves_qty", "avg_px", "price", "in_doubt", "pending"),
    ]


def test_gzip_pipes_and_several_files_are_one_stream_in_the_order_of_time(tmp_path: Path) -> None:
    first, second = tmp_path / "first.gz", tmp_path / "second"
    first.write_bytes(gzip.compress(f"{ACK}\n".encode()))
    second.write_text(ORDER.replace("\x01", "|") + "\n")
    assert [row["events"] for row in rows(first, second)] == [["Placed"], ["Accepted"]]


def test_at_one_time_an_order_comes_before_the_answer_whichever_file_is_named_first(tmp_path: Path) -> None:
    venue, desk = tmp_path / "venue.log", tmp_path / "desk.log"
    venue.write_text(f"20260301-09:00:00.000 : {ACK}\n")
    desk.write_text(f"20260301-09:00:00.000 : {ORDER}\n")
    assert [row["events"] for row in rows(venue, desk)] == [["Placed"], ["Accepted"]]


def test_our_side_is_who_sends_the_first_order_or_who_we_say(tmp_path: Path) -> None:
    log = tmp_path / "log"
    desk = framed("35=D 11=1 55=B 54=1 38=1 40=2", us="DESK", them="WE")
    log.write_text(f"{desk}\n{ORDER}\n{ACK}\n")
    assert [row["direction"] for row in rows(log)] == ["out"], "DESK sends the first"
    both = rows("--sender", "DESK", "--sender", "WE", log)
    assert [(row["direction"], row["cl_ord_id"]) for row in both] == [("out", "1"), ("out", "X"), ("in", "X")]
    assert "messages between other parties 2" in run("--sender", "DESK", log).stderr


def test_logs_without_comp_ids_have_one_session() -> None:
    replay = Replay(FIX42)
    replay.feed(Line(None, "8=FIX.4.2\x0135=D\x0111=X\x0155=B\x0154=1\x0138=10\x0110=000\x01"))
    order = replay.feed(Line(None, "8=FIX.4.2\x0135=8\x0111=X\x0137=O\x0117=A\x01150=0\x0139=0\x01"))
    assert order is not None
    assert order.phase == "WORKING"


@pytest.mark.parametrize(("tag", "name"), [("38", "OrderQty"), ("44", "Price"), ("152", "CashOrderQty")])
def test_a_number_of_our_own_that_is_none_is_an_anomaly(tmp_path: Path, tag: str, name: str) -> None:
    log = tmp_path / "log"
    terms = {"38": "10", "44": "5"} | {tag: "1e-8"}
    told = " ".join(f"{key}={value}" for key, value in terms.items())
    log.write_text(framed(f"35=D 11=X 55=B 54=1 40=2 {told}") + f"\n{ACK}\n")
    sent, answered = rows(log)
    assert run(log).exit_code == 1
    assert sent["events"] == ["Placed"]
    assert sent["anomaly"]["code"] == "MALFORMED_FIELD"
    assert sent["anomaly"]["text"].startswith(f"{name} ({tag}): '1e-8' is not a number")
    assert (answered["events"], answered["anomaly"]) == (["Accepted"], None)


@pytest.mark.parametrize(
    ("wrong", "anomaly"),
    [
        ("35=D 11=Z 55=B 54=X 38=10 40=2 44=5", "UNKNOWN_VALUE: Side (54) is 'X'"),
        ("35=D 55=B 54=1 38=10 40=2 44=5", "MISSING_FIELD: ClOrdID (11) missing"),
        ("35=G 41=X 55=B 54=1 38=10 40=2 44=5", "MISSING_FIELD: ClOrdID (11) missing"),
        ("35=F 11=Y 41=X 55=B 54=X", "UNKNOWN_VALUE: Side (54) is 'X'"),
        ("35=F 41=X 55=B 54=1", "MISSING_FIELD: ClOrdID (11) missing"),
    ],
)
@pytest.mark.parametrize("dialect", ["fix42", "apifiny"])
def test_a_message_of_our_own_that_cannot_be_right_is_an_anomaly(
    tmp_path: Path, dialect: str, wrong: str, anomaly: str
) -> None:
    log = tmp_path / "log"
    log.write_text(f"{ORDER}\n{ACK}\n{framed(wrong, time='20260301-09:00:02')}\n")
    told = run("--dialect", dialect, "--format", "jsonl", log)
    assert told.exit_code == 1
    first, second, last = (json.loads(line)["anomaly"] for line in told.stdout.splitlines())
    assert (first, second) == (None, None)
    assert f"{last['code']}: {last['text']}".startswith(anomaly)


def test_administrative_messages_are_not_shown_and_a_logon_leaves_doubt(tmp_path: Path) -> None:
    log = tmp_path / "log"
    logon = framed("35=A 98=0", time="20260301-09:00:02")
    resend = framed("35=D 43=Y 11=X 55=B 54=1 38=10 40=2 44=5", time="20260301-09:00:03")
    log.write_text(f"{framed('35=A 98=0')}\n{ORDER}\n{framed('35=0')}\n{logon}\n{resend}\n")
    shown = rows(log)
    assert [(row["msg_type"], row["events"], row["order"]["in_doubt"]) for row in shown] == [
        ("D", ["Placed"], False),
        ("D", [], True),
    ]


@pytest.mark.parametrize("kind", ["0", "1", "2", "4", "5", "A", "8", "3", "j", "?"])
def test_a_garbled_message_has_a_row_unless_it_is_of_the_session(tmp_path: Path, kind: str) -> None:
    log = tmp_path / "log"
    garbled = framed(f"35={kind} 112=T").replace("112=T", "112=U") if kind != "A" else "35=A\x01112=T"
    if kind == "A":  # its frame is not held against a checksum
        garbled = framed("35=A 108=30").replace("108=30", "108")
    if kind == "?":
        garbled = framed("35=0 112=T").replace("35=0", "350")
    log.write_text(f"{ORDER}\n{garbled}\n{ACK}\n")
    told = run("--format", "jsonl", log)
    shown = [json.loads(line) for line in told.stdout.splitlines()]
    is_shown = kind in {"8", "3", "j", "?"}
    assert [row["msg_type"] for row in shown] == [
        "D",
        *([None if kind == "?" else kind] if is_shown else []),
        "8",
    ]
    assert [row["n"] for row in shown] == list(range(1, len(shown) + 1))
    assert [row["anomaly"] is not None for row in shown] == [False, *([True] if is_shown else []), False]
    assert (told.exit_code, "anomalies 1" in told.stderr) == (1, True)
    place = 2 if is_shown else 1
    assert f"  message {place}: GARBLED: " in run(log).stdout


def test_soh_within_the_raw_data_of_a_logon_is_no_damage(tmp_path: Path) -> None:
    secret = "a\x01b\x01c"
    logon = framed(f"35=A 95={len(secret)} 96=SECRET 98=0").replace("SECRET", secret)
    length = len(framed("35=A 95=5 96=abcde 98=0").partition("\x019=")[2].partition("\x01")[2]) - 7
    body = logon.partition("\x019=")[2].partition("\x01")[2].rpartition("10=")[0]
    head = f"8=FIX.4.2\x019={length}\x01{body}"
    log = tmp_path / "log"
    log.write_text(f"{head}10={byte_sum(head.encode()) % 256:03d}\x01\n{ORDER}\n{ACK}\n")
    told = run(log)
    assert (told.exit_code, "anomalies 0" in told.stderr) == (0, True), told.stdout
    text = told.stdout + told.stderr
    assert "torn lines 0, lines that are not FIX 0" in text


def test_soh_within_the_encoded_text_of_a_report_is_no_damage() -> None:
    replay = Replay(FIX42, ["WE"])
    replay.feed(Line(None, ORDER))
    told = "8=FIX.4.2\x0135=8\x0149=THEY\x0156=WE\x0111=X\x0137=O\x0117=F\x0120=0\x01150=1\x0139=1\x0155=B\x0154=1\x01"
    order = replay.feed(
        Line(None, f"{told}38=10\x0132=4\x0131=5\x0114=4\x01151=6\x01354=3\x01355=\x01x\x01\x016=5\x01")
    )
    assert order is not None
    assert (str(order.cum_qty), replay.anomalies) == ("4", [])


def test_a_gap_is_an_anomaly_of_the_message_that_opened_it_only_if_it_stays(tmp_path: Path) -> None:
    log = tmp_path / "log"
    fill = "35=8 11=X 37=O 17={} 150=1 39=1 55=B 54=1 32=4 31=5 14={} 151={}"
    ahead = framed(fill.format("F2", 8, 2), time="20260301-09:00:02")
    missing = framed(fill.format("F1", 4, 6), time="20260301-09:00:03")
    log.write_text(f"{ORDER}\n{ACK}\n{ahead}\n")
    told = run("--format", "jsonl", log)
    assert [(json.loads(line)["anomaly"] or {}).get("code") for line in told.stdout.splitlines()] == [
        None,
        None,
        "GAP_OPEN",
    ]
    assert told.exit_code == 1
    log.write_text(f"{ORDER}\n{ACK}\n{ahead}\n{missing}\n")
    told = run("--format", "jsonl", log)
    assert [json.loads(line)["anomaly"] for line in told.stdout.splitlines()] == [None] * 4
    assert told.exit_code == 0


def test_a_held_report_is_an_anomaly_only_if_nothing_ties_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    early = framed("35=8 37=O 17=F 150=1 39=1 55=B 54=1 32=4 44=5", time="20260301-09:00:00.500")
    log.write_text(f"{ORDER}\n{early}\n")
    assert [row["anomaly"] and row["anomaly"]["code"] for row in rows("--dialect", "apifiny", log)] == [
        None,
        "UNKNOWN_ORDER",
    ]
    log.write_text(f"{ORDER}\n{early}\n{ACK}\n")
    shown = rows("--dialect", "apifiny", log)
    assert [(row["events"], row["anomaly"]) for row in shown] == [
        (["Placed"], None),
        ([], None),
        (["Accepted", "Filled"], None),
    ]
    assert shown[2]["order"]["cum_qty"] == "4"


# --- what cannot be read


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.log"], "cannot read nowhere.log: No such file or directory"),
        ([], "name at least one FILE"),
        (["--format", "xml", "x"], "--format must be one of table, jsonl"),
        (["--dialect", "fix50", "x"], "--dialect must be one of fix42, apifiny"),
        (["/"], "cannot read /: Is a directory"),
    ],
)
def test_errors_are_one_line_and_exit_2(arguments: list[str], told: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {told}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"no FIX here\n", gzip.compress(b"no FIX here\n", mtime=0)],
    ids=["empty", "text", "gzip"],
)
def test_a_file_without_any_fix_message_is_unreadable(tmp_path: Path, content: bytes) -> None:
    log = tmp_path / "log"
    log.write_bytes(content)
    result = run(log)
    assert (result.exit_code, result.stderr) == (2, f"error: no FIX message in {log}\n")
    whole = tmp_path / "whole"
    whole.write_text(f"{ORDER}\n")
    assert run(log, whole).exit_code == 0


def test_damaged_gzip_is_unreadable(tmp_path: Path) -> None:
    log = tmp_path / "log.gz"
    log.write_bytes(gzip.compress((f"{ORDER}\n{ACK}\n" * 100).encode())[:-20])
    result = run("--format", "jsonl", log)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: cannot read {log}: ")


# --- as a process


def process(arguments: Sequence[object], **options: Any) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "oms.app.cli_replay", *map(str, arguments)]
    root = Path(__file__).parents[2]
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(root)}, check=False, timeout=50, **options
    )


def long_log(path: Path, lines: int) -> Path:
    fill = "35=8 11=X 37=O 17=F{} 150=1 39=1 55=B 54=1 32=1 31=5 14={} 151={}"
    order = framed(f"35=D 11=X 55=B 54=1 38={lines + 1} 40=2 44=5")
    fills = [framed(fill.format(number, number, lines + 1 - number)) for number in range(1, lines + 1)]
    path.write_text("\n".join([order, ACK, *fills, ""]))
    return path


def test_a_reader_that_stops_reading_ends_it_quietly(tmp_path: Path) -> None:
    log = long_log(tmp_path / "log", 20_000)
    read, write = os.pipe()
    os.close(read)
    for form in ("jsonl", "table"):
        done = process(["--format", form, log], stdout=write, stderr=subprocess.PIPE)
        assert (done.stderr, done.returncode) == (b"", 0)
    os.close(write)


def test_a_large_file_shows_progress_on_standard_error_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = long_log(tmp_path / "log", 5_000)
    monkeypatch.setattr(cli_replay, "LARGE_BYTES", 1000)
    monkeypatch.setattr(cli_replay, "PLAIN_EVERY_S", 0.0)
    result = run(log)
    assert "replay: " in result.stderr
    assert " %" in result.stderr
    assert "%" not in result.stdout
    assert result.exit_code == 0


def test_help_teaches() -> None:
    told = run("--help").stdout
    assert "Exit code" in told
    assert "--dialect apifiny" in " ".join(told.split())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("form", ["table", "jsonl"])
def test_a_full_disk_is_one_line(form: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "8=FIX.4.2|9=5|35=D|49=A|56=B|34=1|11=C1|55=X|54=1|38=1|40=2|44=1|10=000|\n", encoding="utf-8"
    )
    with Path("/dev/full").open("wb") as full:
        done = process(["--format", form, log], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.decode() == "error: cannot write: No space left on device\n"
