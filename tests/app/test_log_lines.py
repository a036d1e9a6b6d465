"""What of the engine's doings becomes a line of the log, how it names the order, and when it is written."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
import structlog

from oms.app.log_lines import LogLines
from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.records import Record

PLACED = ev.Placed(
    order=1,
    request=1,
    session="main",
    account="STA-1",
    client_order_id="mine",
    cl_ord_id="00000015A",
    symbol="BTCUSDT",
    side="1",
    ord_type="2",
    time_in_force="1",
    order_qty=Decimal(2),
    price=Decimal(100),
    time_ns=5,
    actor="alice",
)
ACCEPTED = ev.Accepted(order=1, order_id="V1")
FIELDS = {
    "log_level": "info",
    "order": 1,
    "cl_ord_id": "00000015A",
    "client_order_id": "mine",
    "order_id": None,
    "session": "main",
    "reason": None,
}


def record(*events: ev.Fact) -> Record:
    return Record(kind="test", time_ns=5, events=events)  # type: ignore[arg-type]


@pytest.fixture
def blotter() -> Blotter:
    blotter = Blotter()
    blotter.apply(PLACED)
    return blotter


def written(lines: LogLines) -> list[Mapping[str, Any]]:
    with structlog.testing.capture_logs() as logs:
        lines.write()
    return list(logs)


def noted(blotter: Blotter, *events: ev.Fact) -> list[Mapping[str, Any]]:
    lines = LogLines()
    lines.note([record(*events)], blotter)
    return written(lines)


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        (PLACED, {"event": "Placed"}),
        (
            ev.Denied(order=1, code="MAX_ORDER_QTY", reason="too much"),
            {"event": "Denied", "reason": "too much"},
        ),
        (ev.Rejected(order=1, reason="no funds"), {"event": "Rejected", "reason": "no funds"}),
        (ev.Rejected(order=1), {"event": "Rejected"}),
        (
            ev.InDoubt(order=1, request=1, reason="no answer", time_ns=6),
            {"event": "InDoubt", "reason": "no answer"},
        ),
        (
            ev.CancelRejected(order=1, request=2, reason="too late"),
            {"event": "CancelRejected", "reason": "too late"},
        ),
        (
            ev.RequestDropped(order=1, request=2, reason="the order is FILLED"),
            {"event": "RequestDropped", "reason": "the order is FILLED"},
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ev.Fact) else "",
)
def test_what_is_worth_a_line_names_its_order(
    blotter: Blotter, event: ev.Fact, changes: dict[str, Any]
) -> None:
    assert noted(blotter, event) == [{**FIELDS, **changes}]


def test_an_order_that_nobody_sent_is_named_by_the_venues_number() -> None:
    blotter = Blotter()
    adopted = ev.Adopted(order=7, session="main", order_id="V7", symbol="BTCUSDT", side="1", time_ns=5)
    blotter.apply(adopted)
    (line,) = noted(blotter, adopted)
    assert (line["event"], line["order"], line["order_id"]) == ("Adopted", 7, "V7")
    assert (line["cl_ord_id"], line["client_order_id"]) == (None, None)


def test_what_happens_all_the_time_has_no_line(blotter: Blotter) -> None:
    filled = ev.Filled(order=1, exec_id="E1", last_shares=Decimal(1), last_px=Decimal(100))
    asked = ev.StatusRequested(order=1, time_ns=6)
    stopped = ev.TradingStopped(session="main", time_ns=6, reason="an order that nobody sent from here")
    assert noted(blotter, ACCEPTED, filled, asked, stopped) == []


def test_an_order_is_named_as_when_it_was_noted(blotter: Blotter) -> None:
    lines = LogLines()
    lines.note([record(PLACED)], blotter)
    blotter.apply(ACCEPTED)
    lines.note([record(ev.RequestDropped(order=1, request=2, reason="filled"))], blotter)
    assert [line["order_id"] for line in written(lines)] == [None, "V1"]


def test_lines_wait_and_are_written_once_in_their_order(blotter: Blotter) -> None:
    lines = LogLines()
    doubt = ev.InDoubt(order=1, request=1, reason="no answer", time_ns=6)
    with structlog.testing.capture_logs() as early:
        lines.note([record(PLACED, ACCEPTED), record(doubt)], blotter)
        lines.note([record(ev.Rejected(order=1))], blotter)
    assert (early, len(lines)) == ([], 3)
    assert [line["event"] for line in written(lines)] == ["Placed", "InDoubt", "Rejected"]
    assert (len(lines), written(lines)) == (0, [])
