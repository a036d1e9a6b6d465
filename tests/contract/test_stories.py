"""The stories. What a kind does otherwise it declares, with the reason; nothing else may differ."""

from collections.abc import Iterator

import pytest

from tests.contract.desk import Desk, desk_of
from tests.contract.kinds import KINDS as NUMBERED
from tests.contract.kinds import Kind
from tests.contract.kinds_marked import MARKED

pytestmark = pytest.mark.system
KINDS = (*NUMBERED, *MARKED)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_of(request.param, tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


def test_an_order_is_accepted_and_canceled(desk: Desk) -> None:
    order = desk.place("resting")
    assert (order["ord_status_name"], order["cum_qty"]) == ("New", "0")
    desk.daemon.cancel(order["client_order_id"])
    desk.reaches(order, "Canceled", cum_qty="0", pending=[])


def test_an_order_is_rejected_with_the_reason(desk: Desk) -> None:
    order = desk.place("wrong")
    assert order["ord_status_name"] == "Rejected"
    assert order["reason"]


def test_an_order_is_filled_in_parts(desk: Desk) -> None:
    order = desk.reaches(desk.place("taking"), "Filled", cum_qty=desk.kind.filled["taking"])
    assert (order["avg_px"], order["gap"], order["leaves_qty"]) == (desk.kind.filled["taking_px"], "0", "0")


def test_a_partial_fill_is_canceled(desk: Desk) -> None:
    part = desk.kind.filled["partly"]
    order = desk.reaches(desk.place("partly"), "PartiallyFilled", cum_qty=part)
    desk.daemon.cancel(order["client_order_id"])
    order = desk.reaches(order, "Canceled", cum_qty=part)
    assert (order["gap"], order["leaves_qty"]) == ("0", "0")


def test_half_of_an_ioc_order_is_filled(desk: Desk) -> None:
    if denial := desk.kind.differs.get("an ioc order"):
        assert desk.place("halved")["denial"] == denial
        return
    desk.reaches(desk.place("halved"), "Canceled", cum_qty=desk.kind.filled["halved"], gap="0")


def test_a_market_order_trades_at_once(desk: Desk) -> None:
    order = desk.reaches(desk.place("market"), "Filled", cum_qty="2.4993", gap="0", pending=[])
    assert (order["ord_type"], order["leaves_qty"]) == ("1", "0")


def test_a_resting_order_is_filled_by_another(desk: Desk) -> None:
    order = desk.place("best")
    desk.kind.trade(desk.sim, "SELL", order["order_qty"], order["price"])
    desk.reaches(order, "Filled", cum_qty=order["order_qty"], gap="0")


def test_the_same_client_order_id_is_the_same_order(desk: Desk) -> None:
    order = desk.place("resting")
    any_id = order["client_order_id"]
    terms = dict(desk.kind.terms["resting"])
    again = desk.daemon.place(any_id, **terms)
    assert (again.status_code, again.json()["id"]) == (200, order["id"])
    other = desk.daemon.place(any_id, **{**terms, "order_qty": "2"})
    assert other.status_code == 409
    desk.cancel_all()


def test_an_order_is_replaced(desk: Desk) -> None:
    order = desk.place("resting")
    answer = desk.replace(order, order_qty="2")
    assert answer.status_code in (200, 202), answer.text
    order = desk.reaches(order, "Replaced", order_qty="2", cum_qty="0", pending=[])
    desk.daemon.cancel(order["client_order_id"])
    desk.reaches(order, "Canceled")


def test_all_orders_are_canceled(desk: Desk) -> None:
    orders = [desk.place("resting") for _ in range(5)]
    desk.cancel_all()
    for order in orders:
        desk.reaches(order, "Canceled", cum_qty="0")


def test_what_happened_while_the_venue_was_away_is_found(desk: Desk) -> None:
    filled, kept = desk.place("best"), desk.place("resting")
    desk.sim.cut()
    desk.logged(on=False)
    denied = desk.place("resting")
    assert denied["denial"] == "NOT_LOGGED_ON"
    desk.kind.trade(desk.sim, "SELL", filled["order_qty"], filled["price"])
    desk.sim.heal()
    desk.logged(on=True)
    desk.reaches(filled, "Filled", cum_qty=filled["order_qty"], gap="0")
    desk.reaches(kept, "New", cum_qty="0")
    desk.cancel_all()


def test_what_happened_while_the_daemon_was_dead_is_found(desk: Desk) -> None:
    filled, kept = desk.place("best"), desk.place("resting")
    desk.daemon.kill()
    desk.kind.trade(desk.sim, "SELL", filled["order_qty"], filled["price"])
    desk.restart()
    desk.logged(on=True)
    desk.reaches(filled, "Filled", cum_qty=filled["order_qty"], gap="0")
    desk.reaches(kept, "New", cum_qty="0")
    desk.cancel_all()


def test_a_round_leaves_nothing_open(desk: Desk) -> None:
    orders = [desk.place("resting"), desk.place("partly")]
    row = desk.reconciled()
    assert (row["asked"], row["unanswered"], row["differences"]) == (len(orders), [], [])
    desk.cancel_all()


def test_in_the_end_the_venue_knows_the_same_orders(desk: Desk) -> None:
    """Runs last: no order twice, none lost, none made up."""
    desk.cancel_all()
    theirs = desk.kind.known(desk.sim)
    assert len(theirs) == len(set(theirs))
    orders = desk.daemon.orders()
    assert [order["last_anomaly"] for order in orders if order["anomalies"]] == []
    assert [order["client_order_id"] for order in orders if order["external"]] == []
    mine = {order[desk.kind.named_by] for order in orders if order["ord_status_name"] != "Rejected"}
    assert mine <= set(theirs)
    assert desk.reconciled()["differences"] == []


# --- with faults, each with a venue of its own ----------------------------------------------------------------------


def test_an_order_without_an_answer_that_took_effect_is_found(
    kind: Kind, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with desk_of(kind, tmp_path_factory.mktemp("done"), "done, no answer") as desk:
        order = desk.place("resting")
        order = desk.reaches(order, "New", in_doubt=False, pending=[])
        assert kind.known(desk.sim) == [order[kind.named_by]]


def test_an_order_without_an_answer_that_had_no_effect_is_given_up(
    kind: Kind, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with desk_of(kind, tmp_path_factory.mktemp("lost"), "not done, no answer") as desk:
        order = desk.place("resting")
        assert order["ord_status_name"] == "PendingNew"
        desk.daemon.cancel(order["client_order_id"])
        order = desk.reaches(order, "Rejected", in_doubt=False)
        assert order["reason"].startswith("not placed")
        assert kind.known(desk.sim) == []


def test_a_cancel_that_is_refused_leaves_the_order_as_it_was(
    kind: Kind, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if reason := kind.differs.get("a refused cancel"):
        pytest.skip(reason)
    with desk_of(kind, tmp_path_factory.mktemp("refused"), "cancel refused") as desk:
        order = desk.place("resting")
        desk.daemon.cancel(order["client_order_id"])
        order = desk.reaches(order, "New", pending=[])
        assert order["refusal"]["kind"] == "cancel"
