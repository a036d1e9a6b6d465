"""Fills told by reports, streams and lists, in any order: each counts once, with ids on the lists or without."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

import copy
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from oms.core.blotter import Blotter
from oms.core.inferred import infer_gap
from oms.core.intake import receive
from oms.core.messages import Command, ExecutionReport, FillRow, OrderSnapshot, Report
from oms.core.observe import observe
from oms.core.values import WIDE
from oms.fix.codec import decode
from oms.fix.dialects import APIFINY, FIX42

if TYPE_CHECKING:
    from oms.core.events import Fact
    from oms.core.order import Order

QTY = 1000
STEP = Decimal("0.001")


class Told(NamedTuple):
    """One thing that is said: the report of a fill, or the state after so many fills, or that a gap is closed."""

    kind: str
    number: int = 0


class Scene:
    """An order of 1000 whose fills are known beforehand, and what is told of them."""

    def __init__(self, fills: list[tuple[int, int]], *, full: bool, ids: bool) -> None:
        self.fills = [(Decimal(shares), Decimal(price)) for shares, price in fills]
        self.full, self.ids = full, ids
        self.blotter = Blotter()
        new = {"35": "D", "11": "X", "55": "BTCUSDT", "54": "1", "38": str(QTY), "44": "5", "40": "2"}
        order, _ = observe(self.blotter, "S", cast("Command", decode(new, FIX42)), seq=1, time_ns=0)
        assert order is not None
        self.order: Order = order
        self.say({"11": "X", "37": "O", "17": "A", "150": "0", "39": "0"})

    def say(self, fields: dict[str, str]) -> None:
        made = {"35": "8", "55": "BTCUSDT", "54": "1", "37": "O"} | fields
        report = cast("Report", decode(made, FIX42 if self.full else APIFINY))
        receive(self.blotter, "S", report, now_ns=0, ref=0)

    def tell(self, told: Told) -> None:
        if told.kind == "fill":
            shares, price = self.fills[told.number]
            fields = {"17": f"E{told.number}", "150": "1", "39": "1", "32": str(shares)}
            if self.full:
                cum = self.cum(told.number + 1)
                fields |= {"20": "0", "31": str(price), "14": str(cum), "151": str(QTY - cum), "38": str(QTY)}
            else:
                fields["44"] = str(price)
            self.say(fields)
        elif told.kind == "infer":
            cum = self.cum(told.number)
            average = WIDE.quantize(WIDE.divide(self.notional(told.number), cum), STEP) if cum else None
            self.blotter.apply_all(infer_gap(self.order, average))
        else:
            self.show(told.number, rows=told.kind != "total")

    def show(self, upto: int, *, rows: bool = True) -> None:
        """Answer a query when so many fills had happened."""
        state = ExecutionReport(order_id="O", exec_trans_type="3", ord_status="1", cum_qty=self.cum(upto))
        listed = [
            FillRow(shares=shares, price=price, exec_id=f"T{number}" if self.ids else None, fee=Decimal(1))
            for number, (shares, price) in enumerate(self.fills[:upto])
        ]
        snapshot = OrderSnapshot(report=state, fills=tuple(listed) if rows else (), all_fills=rows)
        receive(self.blotter, "S", snapshot, now_ns=0, ref=0)

    def cum(self, upto: int) -> Decimal:
        return sum((shares for shares, _ in self.fills[:upto]), Decimal(0))

    def notional(self, upto: int) -> Decimal:
        return sum((shares * price for shares, price in self.fills[:upto]), Decimal(0))


@st.composite
def scenes(draw: st.DrawFn, *, inferring: bool = False, full: bool | None = None) -> tuple[Scene, list[Told]]:
    """Draw fills, many of them alike, and an interleaving of all that is told of them."""
    amounts = st.tuples(st.integers(1, 3), st.sampled_from([1, 2, 4]))
    fills = draw(st.lists(amounts, min_size=1, max_size=6))
    count = len(fills)
    told = [Told("fill", draw(st.integers(0, count - 1))) for _ in range(draw(st.integers(0, 6)))]
    told += [Told("list", draw(st.integers(0, count))) for _ in range(draw(st.integers(0, 4)))]
    if inferring:
        upto = draw(st.integers(0, count))
        told += [Told("total", upto), Told("infer", upto)]
    scene = Scene(fills, full=draw(st.booleans()) if full is None else full, ids=draw(st.booleans()))
    return scene, draw(st.permutations(told))


def ends_right(scene: Scene) -> None:
    """After every report, and a last list, the record is the venue's."""
    assert (scene.order.cum_qty, scene.order.notional, scene.order.gap) == (
        scene.cum(QTY),
        scene.notional(QTY),
        0,
    )
    assert scene.order.inferred is None
    position = scene.blotter.positions.by_key[None, "BTCUSDT"]
    assert (
        (position.qty, position.unpriced)
        == (scene.order.cum_qty, scene.order.unpriced)
        == (scene.cum(QTY), 0)
    )


@given(scenes())
@settings(max_examples=300)
def test_reports_and_lists_in_any_order_never_count_twice(drawn: tuple[Scene, list[Told]]) -> None:
    scene, told = drawn
    for one in told:
        scene.tell(one)
        assert scene.order.cum_qty <= scene.cum(QTY)
    scene.show(len(scene.fills))
    ends_right(scene)
    before = copy.deepcopy(scene.order)
    for number in range(len(scene.fills)):
        scene.tell(Told("fill", number))
    scene.show(len(scene.fills))
    assert (scene.order.cum_qty, scene.order.notional) == (before.cum_qty, before.notional)
    assert scene.order.fees == {"?": Decimal(len(scene.fills))}


@given(scenes(inferring=True))
@settings(max_examples=300)
def test_one_inference_at_any_moment_gives_way_to_the_fills(drawn: tuple[Scene, list[Told]]) -> None:
    scene, told = drawn
    for one in told:
        scene.tell(one)
        assert scene.order.cum_qty <= scene.cum(QTY)
    for number in range(len(scene.fills)):
        scene.tell(Told("fill", number))
    scene.show(len(scene.fills))
    ends_right(scene)


@given(scenes(inferring=True), st.data())
@settings(max_examples=200)
def test_the_same_without_any_list(drawn: tuple[Scene, list[Told]], data: st.DataObject) -> None:
    """With the reports alone, in any order, each several times, and a total somewhere."""
    scene, told = drawn
    reports = [Told("fill", number) for number in range(len(scene.fills))]
    rest = data.draw(st.permutations([*(one for one in told if one.kind != "list"), *reports]))
    for one in rest:
        scene.tell(one)
    assert scene.order.cum_qty + scene.order.gap == max(scene.order.reported_cum, scene.cum(QTY))
    assert (scene.order.cum_qty, scene.order.notional) == (scene.cum(QTY), scene.notional(QTY))


@given(scenes(inferring=True))
def test_the_events_folded_again_give_the_same(drawn: tuple[Scene, list[Told]]) -> None:
    """What `receive` returns is all that it changed."""
    scene, told = drawn
    again = copy.deepcopy(scene.blotter)
    for one in told:
        if one.kind == "infer":
            events = infer_gap(scene.order, None)
            scene.blotter.apply_all(events)
            again.apply_all(events)
            continue
        before = copy.deepcopy(scene.blotter)
        recorded = _recorded(scene, one)
        for event in recorded:
            before.apply(event)
            again.apply(event)
        assert before.orders == scene.blotter.orders
    assert again.orders == scene.blotter.orders
    assert again.positions.by_key == scene.blotter.positions.by_key


def _recorded(scene: Scene, told: Told) -> "list[Fact]":
    events: list[Fact] = []
    apply = scene.blotter.apply

    def note(event: "Fact", about: "Order | None" = None) -> "Order | None":
        events.append(event)
        return apply(event, about)

    scene.blotter.apply = note  # type: ignore[method-assign]
    try:
        scene.tell(told)
    finally:
        del scene.blotter.apply
    return events
