"""What a venue must not say, one row each: the name it gets in a replay of its text, and what becomes of the order."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from oms.app.replay import Replay
from oms.core.values import ANOMALY_TEXTS, AnomalyCode
from oms.fix.dialects import APIFINY, FIX42
from oms.fix.logs import Line

ORDER = "35=D|49=WE|56=THEY|11=X|21=1|55=IBM|54=1|38=10|40=2|44=100|59=1|60=20260301-09:00:00"
CANCEL = "35=F|49=WE|56=THEY|11=Y|41=X|55=IBM|54=1|38=10|60=20260301-09:00:08"
REFUSAL = "35=9|49=THEY|56=WE|37=O|11=Y|41=X|39=1|434=1|102=0|60=20260301-09:00:09"
REPORT = "35=8|49=THEY|56=WE|37=O|55=IBM|54=1|38=10|6=100"
ACK = f"{REPORT}|11=X|17=A|20=0|150=0|39=0|14=0|151=10|60=20260301-09:00:01"
FILL = f"{REPORT}|11=X|17=F1|20=0|150=1|39=1|32=4|31=100|14=4|151=6|60=20260301-09:00:02"
LATER = "60=20260301-09:00:09"


class Row(NamedTuple):
    """A report that contradicts, its name, and CumQty and OrdStatus after it."""

    told: str
    code: str
    cum_qty: int = 4
    status: str = "1"


FIELDS = f"11=X|17=E|20=0|150=1|39=1|32=2|31=100|14=6|151=4|{LATER}"


def changed(text: str = f"{REPORT}|{FIELDS}", /, **tags: str | None) -> str:
    """Write a fill of two that follows `FILL`, or another message, with other fields; None takes one out."""
    fields = dict(part.split("=") for part in text.split("|"))
    fields |= {tag[1:]: value for tag, value in tags.items() if value is not None}
    return "|".join(f"{tag}={value}" for tag, value in fields.items() if tags.get(f"_{tag}", "") is not None)


ROWS = {
    "leaves": Row(changed(_151="5"), "LEAVES_MISMATCH", 6),
    "leaves of none": Row(changed(_151="0"), "LEAVES_MISMATCH", 6),
    "negative shares": Row(changed(_32="-2", _14="2", _151="8"), "NEGATIVE_QUANTITY"),
    "negative cum": Row(changed(_14="-6", _151="16"), "NEGATIVE_QUANTITY", 6),
    "negative leaves": Row(changed(_14="14", _151="-4"), "NEGATIVE_QUANTITY", 6),
    "negative order": Row(changed(_38="-10", _151=None), "NEGATIVE_QUANTITY", 6),
    "negative order in a replace": Row(
        changed(_150="5", _39="5", _38="-12", _32=None, _31=None, _14="4", _151=None), "NEGATIVE_QUANTITY"
    ),
    "leaves of a filled order": Row(changed(_39="2"), "LEAVES_MISMATCH", 6),
    "other order qty": Row(changed(_38="20", _151="14"), "TERMS_MISMATCH", 6),
    "filled for the venue alone": Row(changed(_150="2", _39="2", _38="6", _151="0"), "TERMS_MISMATCH", 6),
    "overfill": Row(changed(_32="7", _14="11", _151="0", _38="11", _39="2"), "OVERFILL", 11, "2"),
    "cum below ours": Row(changed(_14="5", _151="5"), "QUANTITY_MISMATCH", 6),
    "average": Row(changed(_6="90"), "QUANTITY_MISMATCH", 6),
    "unknown bust": Row(changed(_20="1", _19="Q", _32="0", _14="4", _151="6"), "UNKNOWN_EXECUTION"),
    "unknown correction": Row(changed(_20="2", _19="Q", _14="6"), "UNKNOWN_EXECUTION", 6),
    "correction without a price": Row(
        changed(_20="2", _19="F1", _31=None, _14="2", _151="8"), "MISSING_FIELD", 2
    ),
    "busted twice": Row(changed(_20="1", _19="gone", _32="0", _14="4", _151="6"), "UNKNOWN_EXECUTION"),
    "unknown order": Row(changed(_11="Q", _37="Q"), "UNKNOWN_ORDER"),
    "unknown chain": Row(changed(_11="Q", _41="R", _37="Q", _150="5", _39="5"), "UNKNOWN_CHAIN"),
    "chain of another": Row(changed(_11="Q", _41="R", _150="5", _39="5", _14="4", _151="6"), "UNKNOWN_CHAIN"),
    "nobody's replace": Row(
        changed(_11="Q", _41="X", _150="5", _39="5", _14="4", _151="6"), "UNKNOWN_REQUEST"
    ),
    "backwards to new": Row(changed(_150="0", _39="0", _32="0", _14="0", _151="10"), "STATUS_BACKWARDS"),
    "backwards to pending": Row(changed(_150="A", _39="A", _32="0", _14="0", _151="10"), "STATUS_BACKWARDS"),
    "status backwards": Row(
        changed(_20="3", _150="0", _39="0", _32="0", _14="0", _151="10"), "STATUS_MISMATCH"
    ),
    "exec type": Row(changed(_150="F"), "UNKNOWN_VALUE"),
    "ord status": Row(changed(_39="Z"), "UNKNOWN_VALUE", 6),
    "exec trans type": Row(changed(_20="7"), "UNKNOWN_VALUE"),
    "side": Row(changed(_54="Z"), "UNKNOWN_VALUE", 6),
    "other side": Row(changed(_54="2"), "TERMS_MISMATCH"),
    "no exec type": Row(changed(_150=None), "MISSING_FIELD"),
    "no exec id": Row(changed(_17=None), "MISSING_FIELD"),
    "no exec id of no fill": Row(
        changed(_17=None, _150="9", _39="9", _32="0", _14="4", _151="6"), "MISSING_FIELD", 4, "9"
    ),
    "no ord status": Row(changed(_39=None), "MISSING_FIELD", 6),
    "no order id": Row(changed(_37=None), "MISSING_FIELD", 6),
    "no symbol": Row(changed(_55=None), "MISSING_FIELD", 6),
    "no side": Row(changed(_54=None), "MISSING_FIELD", 6),
    "no cum qty": Row(changed(_14=None), "MISSING_FIELD", 6),
    "no leaves qty": Row(changed(_151=None), "MISSING_FIELD", 6),
    "no leaves qty of an end": Row(
        changed(_150="4", _39="4", _32="0", _14="4", _151=None), "MISSING_FIELD", 4, "4"
    ),
    "no order id of a status answer": Row(
        changed(_20="3", _37=None, _32="0", _14="4", _151="6"), "MISSING_FIELD"
    ),
    "too much, and no order id": Row(
        changed(_37=None, _32="7", _14="11", _151="0", _38="11", _39="2"), "OVERFILL", 11, "2"
    ),
    "leaves, and no order id": Row(changed(_37=None, _151="5"), "LEAVES_MISMATCH", 6),
    "negative order, and no order id": Row(changed(_37=None, _38="-10", _151=None), "NEGATIVE_QUANTITY", 6),
    "other side, and no leaves qty": Row(changed(_54="2", _151=None), "TERMS_MISMATCH"),
    "unknown order, and no cum qty": Row(changed(_11="Q", _37="Q", _14=None), "UNKNOWN_ORDER"),
    "reason of a reject": Row(
        changed(_150="8", _39="8", _32="0", _14="4", _151="0", _103="77"), "UNKNOWN_VALUE"
    ),
    "cancel reject without order id": Row(changed(REFUSAL, _37=None), "MISSING_FIELD"),
    "cancel reject without id": Row(changed(REFUSAL, _11=None), "MISSING_FIELD"),
    "cancel reject without original id": Row(changed(REFUSAL, _41=None), "MISSING_FIELD"),
    "cancel reject without status": Row(changed(REFUSAL, _39=None), "MISSING_FIELD"),
    "cancel reject of what": Row(changed(REFUSAL, _434="3"), "UNKNOWN_VALUE"),
    "reason of a cancel reject": Row(changed(REFUSAL, _102="99"), "UNKNOWN_VALUE"),
    "cancel reject of nobody's": Row(changed(REFUSAL, _11="Q", _41="R", _434=None), "UNKNOWN_REQUEST"),
    "cancel reject of nobody's request": Row(changed(REFUSAL, _11="Q"), "UNKNOWN_REQUEST"),
    "no shares": Row(changed(_32=None), "MISSING_FIELD"),
    "no price": Row(changed(_31=None), "MISSING_FIELD", 6),
    "no exec ref": Row(changed(_20="1", _32="0", _14="4", _151="6"), "MISSING_FIELD"),
    "number": Row(changed(_32="abc"), "MALFORMED_FIELD"),
    "time": Row(changed(_60="20261301-25:00:00"), "MALFORMED_FIELD", 6),
    "other terms of an execution": Row(changed(_17="F1"), "EXECUTION_MISMATCH"),
    "canceled and not canceled": Row(
        changed(_150="4", _39="1", _32="0", _14="4", _151="6"), "EXEC_TYPE_MISMATCH"
    ),
    "expired and not expired": Row(
        changed(_150="C", _39="0", _32="0", _14="4", _151="0"), "EXEC_TYPE_MISMATCH"
    ),
    "rejected and not rejected": Row(
        changed(_150="8", _39="1", _32="0", _14="4", _151="6", _103="0"), "EXEC_TYPE_MISMATCH"
    ),
    "suspended and not suspended": Row(
        changed(_150="9", _39="1", _32="0", _14="4", _151="6"), "EXEC_TYPE_MISMATCH", 4, "9"
    ),
    "a fill of a new order": Row(changed(_39="0"), "EXEC_TYPE_MISMATCH", 6),
    "reason of a restatement": Row(
        changed(_150="D", _39="1", _32="0", _14="4", _151="6", _378="9"), "UNKNOWN_VALUE"
    ),
    "new after the end": Row("", "STATUS_BACKWARDS", 4, "4"),
    "new after expiry": Row("", "STATUS_BACKWARDS", 4, "C"),
    "new after a reject": Row("", "ILLEGAL_TRANSITION", 4, "1"),
    "halted after the end": Row("", "ILLEGAL_TRANSITION", 4, "4"),
    "new after all is filled": Row("", "STATUS_BACKWARDS", 10, "2"),
    "fill after reject": Row("", "FILL_AFTER_REJECT", 2),
}
MORE = {
    "busted twice": [
        changed(_17="gone", _14="6"),
        changed(_17="B", _20="1", _19="gone", _32="0", _14="4", _151="6"),
    ],
}
ENDED = changed(_17="C", _150="4", _39="4", _32="0", _14="4", _151="0")
AGAIN = changed(_150="0", _39="0", _32="0", _14="4", _151="6").replace("09:00:09", "09:00:10")
AFTER_THE_END = {  # what ended it, and what came a second later
    "new after the end": (ENDED, AGAIN),
    "new after expiry": (ENDED.replace("150=4|39=4", "150=C|39=C"), AGAIN),
    "new after a reject": (ENDED.replace("150=4|39=4", "150=8|39=8"), AGAIN),
    "halted after the end": (ENDED, AGAIN.replace("150=0|39=0", "150=9|39=9")),
    "new after all is filled": (
        changed(_17="F2", _150="2", _39="2", _32="6", _14="10", _151="0"),
        AGAIN.replace("14=4|151=6", "14=10|151=0"),
    ),
}


def messages(name: str) -> list[str]:
    """Give the log: an order, its acknowledgement, a fill of four, and the contradiction."""
    row = ROWS[name]
    if name == "fill after reject":
        rejected = f"{REPORT}|11=X|17=R|20=0|150=8|39=8|14=0|151=0|60=20260301-09:00:01"
        return [ORDER, rejected, changed(_14="2", _151="0", _39="8")]
    if name in AFTER_THE_END:
        return [ORDER, ACK, FILL, *AFTER_THE_END[name]]
    asked = [CANCEL] if row.told.startswith("35=9") else []
    return [ORDER, ACK, FILL, *asked, *MORE.get(name, []), row.told]


@pytest.mark.parametrize("name", list(ROWS))
def test_each_contradiction_has_its_name(name: str) -> None:
    row, replay = ROWS[name], Replay(FIX42, ["WE"])
    for text in messages(name):
        assert replay.anomalies == [], "only the last one contradicts"
        replay.feed(Line(None, text.replace("|", "\x01") + "\x01"))
    (order,) = replay.blotter.orders.values()
    assert [str(noted.anomaly.code) for noted in replay.anomalies] == [row.code]
    assert (order.cum_qty, order.ord_status) == (row.cum_qty, row.status)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.told.startswith("35=9")])
def test_a_cancel_reject_is_understood_as_far_as_it_goes(name: str) -> None:
    replay = Replay(FIX42, ["WE"])
    for text in messages(name):
        replay.feed(Line(None, text.replace("|", "\x01") + "\x01"))
    (order,) = replay.blotter.orders.values()
    assert bool(order.pending) is (ROWS[name].code == "UNKNOWN_REQUEST"), "else the cancel is answered"


SHORT = ("no order id", "no symbol", "no side", "no cum qty", "no leaves qty", "no leaves qty of an end")
OWN_NUMBERS = (
    "reason of a reject",
    "reason of a restatement",
    "cancel reject of what",
    "reason of a cancel reject",
)


@pytest.mark.parametrize(
    "name", [*SHORT, *OWN_NUMBERS, *(name for name in ROWS if name.startswith("cancel reject without"))]
)
def test_a_dialect_of_shorter_reports_misses_nothing(name: str) -> None:
    replay = Replay(APIFINY, ["WE"])
    for text in messages(name):
        replay.feed(Line(None, text.replace("|", "\x01") + "\x01"))
    assert replay.anomalies == []


def test_every_name_stands_in_the_reference() -> None:
    assert set(ANOMALY_TEXTS) == set(AnomalyCode)
    reference = (Path(__file__).parents[2] / "spec" / "anomalies.md").read_text()
    assert all(f"| `{row.code}` |" in reference for row in ROWS.values())


def test_the_command_names_them_all(tmp_path: Path) -> None:
    """Each in a session of its own, all in one file of plain text."""
    log = tmp_path / "venue.log"
    lines = []
    for number, name in enumerate(ROWS):
        for count, text in enumerate(messages(name)):
            mine = text.replace("=THEY", f"=THEY{number}").replace("|", "\x01")
            lines.append(f"8=FIX.4.2\x019=0\x01{mine}\x0134={count + 1}\x0110=000\x01")
    log.write_text("\n".join(lines) + "\n", encoding="latin-1")
    command = [sys.executable, "-m", "oms", "replay", "--format", "jsonl", "--sender", "WE", str(log)]
    told = subprocess.run(command, capture_output=True, check=False, text=True)
    codes = [row["anomaly"]["code"] for row in map(json.loads, told.stdout.splitlines()) if row["anomaly"]]
    assert codes == [row.code for row in ROWS.values()], told.stderr
