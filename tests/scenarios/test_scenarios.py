"""The 37 order state matrices of FIX 4.2, Appendix D, and the nine that FIX 4.3 adds; `files` reads them."""

from pathlib import Path
from typing import cast

import pytest

from oms.app.replay import Replay
from oms.core.inputs import Received
from oms.core.messages import Command, Report  # noqa: TC001 - a cast names them
from oms.core.observe import observe
from oms.core.order import Order
from oms.core.views import order_view
from oms.engine import Engine, Route
from oms.fix.codec import decode
from oms.fix.dialects import FIX42
from oms.fix.logs import Line
from tests.scenarios.files import FILES, Step, fields, paths


def expected(step: Step) -> list[str]:
    return [*step.after, *([step.more["avg"]] if "avg" in step.more else [])]


def seen(step: Step, order: Order | None) -> list[str]:
    """Describe an order as the files do, with its AvgPx where the row has one."""
    if order is None:
        return ["none"]
    view = order_view(order)
    opened = ",".join(request["cl_ord_id"] for request in view["pending"])
    quantities = [view["order_qty"], view["cum_qty"], view["leaves_qty"]]
    average = [view["avg_px"]] if "avg" in step.more else []
    return [view["ord_status_name"], *quantities, view["cl_ord_id"] or "-", opened or "-", *average]


PATHS = [pytest.param(path, name, id=f"{path.stem}-{name}") for path in FILES for name in paths(path)]


@pytest.mark.parametrize(("path", "name"), PATHS)
def test_through_the_replay(path: Path, name: str) -> None:
    replay = Replay(FIX42, ["WE"])
    for number, step in enumerate(paths(path)[name], 1):
        order = replay.feed(
            Line(None, "".join(f"{tag}={value}\x01" for tag, value in fields(step, number).items()))
        )
        assert (step.at, seen(step, order)) == (step.at, expected(step))
    replay.finish()
    assert replay.anomalies == []


@pytest.mark.parametrize(("path", "name"), PATHS)
def test_through_the_live_engine(path: Path, name: str) -> None:
    engine = Engine([Route(session="S", account="A", id_prefix="1")])
    for number, step in enumerate(paths(path)[name], 1):
        message = decode(made := fields(step, number), FIX42)
        if made["49"] == "WE":
            order, _ = observe(engine.blotter, "S", cast("Command", message), seq=number, time_ns=number)
        else:
            received = Received(session="S", raw="", report=cast("Report", message))
            result = engine.step(received, now_ns=number, ref=number)
            assert result.anomaly is None
            order = engine.blotter.orders.get(result.order or 0)
        assert (step.at, seen(step, order)) == (step.at, expected(step))
