"""Reads the scenario files, and writes their rows as FIX messages.

A file is a scenario, a row one message with the state that must follow it. `?` after the time marks a branch that ends
there, `?name` one of several rows; the other rows go on as if it had not been. Columns: time (day.time), message, ids
(ClOrdID,OrigClOrdID), ExecType, OrdStatus, OrderQty, CumQty, LeavesQty, LastShares, more fields; after => the
OrdStatus, OrderQty, CumQty, LeavesQty, current ClOrdID and open requests of the order, or none where there is none.
"""

from pathlib import Path
from typing import NamedTuple

from oms.core.values import ExecType, OrdStatus, TimeInForce

MESSAGES = {"order": "D", "cancel": "F", "replace": "G", "status": "H", "report": "8", "reject": "9"}
EXEC_TYPES = {kind.name.title().replace("_", ""): str(kind) for kind in ExecType}
STATUSES = {status.name.title().replace("_", ""): str(status) for status in OrdStatus}
TRANS_TYPES = {"New": "0", "Cancel": "1", "Correct": "2", "Status": "3"}
NUMBERS = ("38", "14", "151", "32")
MORE = {"exec": "17", "ref": "19", "px": "31", "avg": "6", "resend": "97", "oid": "37", "to": "434"}
FILES = sorted(Path(__file__).parent.glob("*.txt"))


class Step(NamedTuple):
    """One row: the message, and the state after it."""

    at: str
    branch: str | None
    message: list[str]
    more: dict[str, str]
    after: list[str]


def read(path: Path) -> list[Step]:
    steps = []
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            told, _, after = line.partition("=>")
            words = told.split()
            at, mark, name = words[0].partition("?")
            more = dict(word.split("=") for word in words[9:])
            steps.append(Step(at, (name or at) if mark else None, words[1:9], more, after.split()))
    return steps


def paths(path: Path) -> dict[str, list[Step]]:
    """Give the main path, and each branch with what comes before it."""
    found: dict[str, list[Step]] = {"main": []}
    for step in read(path):
        name = step.branch or "main"
        found.setdefault(name, list(found["main"])).append(step)
    return found


def fields(step: Step, number: int) -> dict[str, str]:
    """Write a row as a FIX message."""
    kind, ids, exec_type, status, *numbers = step.message
    sent = kind in {"order", "cancel", "replace", "status"}
    day, _, _ = step.at.rpartition(".")
    time = f"2026030{day or 1}-09:00:{number:02d}"
    made = {"8": "FIX.4.2", "35": MESSAGES[kind], "34": str(number), "49": "WE" if sent else "THEY"}
    made |= {"56": "THEY" if sent else "WE", "52": time, "60": time, "55": "IBM", "54": "1", "40": "1"}
    made |= {tag: value for tag, value in zip(("11", "41"), ids.split(","), strict=False) if value != "-"}
    made |= {tag: value for tag, value in zip(NUMBERS, numbers, strict=True) if value != "-"}
    more = dict(step.more)
    made["59"] = TimeInForce[more.pop("tif", "Day").upper()]
    if not sent:
        made |= {"150": EXEC_TYPES.get(exec_type, ""), "39": STATUSES[status]}
        made |= {"37": "O-X", "17": f"E{number}", "20": TRANS_TYPES[more.pop("trans", "New")]}
        made |= {"31": "10"} if exec_type in {"PartialFill", "Fill"} else {}
        reason = more.pop("why", None)
        made |= (
            {"102" if kind == "reject" else "378" if exec_type == "Restated" else "103": reason}
            if reason
            else {}
        )
    return made | {MORE[name]: value for name, value in more.items()}
