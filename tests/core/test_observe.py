"""What our own messages mean when they are read from a log."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

from oms.core.observe import doubt_unanswered
from tests.core.desk import SESSION, Desk, names, totals


def test_a_new_order_awaits_its_answer() -> None:
    desk = Desk()
    order = desk.place("11=X 38=1.50 44=100 59=1 1=ACC 207=EX")
    assert (order.account, order.exchange, order.time_in_force, str(order.order_qty)) == (
        "ACC",
        "EX",
        "1",
        "1.50",
    )
    assert [(r.kind, r.cl_ord_id, r.seq, r.in_doubt) for r in order.pending] == [("new", "X", 1, False)]
    assert totals(order)[0] == "A"


def test_cancels_replaces_and_questions_find_their_order() -> None:
    desk = Desk()
    order = desk.working()
    assert desk.send("35=F 11=Y 41=X") is order
    assert desk.send("35=G 11=Z 41=Y 38=12 44=101") is order, "by an id that is not answered yet"
    assert desk.send("35=H 11=Z") is order
    assert [(r.kind, r.cl_ord_id, r.seq) for r in order.pending] == [("cancel", "Y", 2), ("replace", "Z", 3)]
    assert (order.pending[1].order_qty, order.pending[1].price, order.questions) == (12, 101, 1)


def test_requests_for_unknown_orders_leave_nothing() -> None:
    desk = Desk()
    for text in ("35=F 11=Y 41=X", "35=G 11=Y 41=X 38=1", "35=H 11=X"):
        assert desk.send(text) is None
    assert desk.blotter.orders == {}


def test_a_second_order_with_the_same_id_is_remembered_and_a_possible_resend_is_not() -> None:
    desk = Desk()
    order = desk.working()
    assert desk.send("35=D 11=X 38=20 44=100") is order
    assert (order.duplicates, len(desk.blotter.orders), order.order_qty) == (1, 1, 10)
    desk.send("35=D 11=X 38=10 44=100 97=Y")
    assert order.duplicates == 1
    assert desk.send("35=D 11=Y 38=15 44=100 97=Y") is not order


def test_what_is_unanswered_at_a_logon_is_in_doubt_until_there_is_evidence() -> None:
    desk = Desk()
    fresh, working, done = (
        desk.place("11=A 38=1 44=1"),
        desk.working("11=B 38=1 44=1"),
        desk.place("11=C 38=1 44=1"),
    )
    desk.send("35=F 11=B2 41=B")
    desk.tell("11=C 37=P 17=C 150=4 39=4")
    events = doubt_unanswered(desk.blotter, SESSION, 99)
    assert [type(event).__name__ for event in events] == ["LoggedOn", "InDoubt", "InDoubt"]
    assert (fresh.in_doubt, working.in_doubt, done.in_doubt) == (True, True, False)
    assert len(doubt_unanswered(desk.blotter, SESSION, 100)) == 1, "only once"
    assert names(desk.tell("11=B2 41=B 37=O 17=P 150=6 39=6")) == ["CancelPending"]
    desk.tell("11=A 37=Q 17=A2 150=0 39=0")
    assert (fresh.in_doubt, working.in_doubt) == (False, False)
