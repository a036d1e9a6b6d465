"""A REST venue tells exactly one outcome for every message, stays in touch, and never sends twice."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from oms.core import inputs
from oms.core.errors import OutcomeUnknown, VenueError, VenueRefused, VenueUnavailable
from oms.core.messages import CancelOrder, ExecutionReport, NewOrder, ReplaceOrder, StatusRequest
from oms.core.order import Order
from oms.rest.adapter import Outcome, Told
from oms.rest.contact import Contact, Habit, Outlet
from oms.rest.keys import KeyRefused, KeySpent, KeyUsedUp
from oms.rest.limiter import QUERY, Limit, Pacer
from oms.rest.line import Line
from oms.rest.polling import Pace, interval_s
from oms.rest.transport import Transport
from oms.rest.turns import Turns
from oms.rest.venue import RestVenue
from oms.rest.worker import VenueBanned
from tests.rest.raw_server import RawServer

WITHIN_S = 10.0
PACE = Pace(quick_s=0.01, slow_s=0.02, idle_s=0.02)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def order_of(cl_ord_id: str) -> Order:
    return Order(number=1, session="rest", symbol="BTCUSDT", side="1", cl_ord_id=cl_ord_id, created_ns=0)


def told(cl_ord_id: str, status: str = "0") -> Told:
    return Told(
        ExecutionReport(cl_ord_id=cl_ord_id, exec_trans_type="3", ord_status=status), f"row {cl_ord_id}"
    )


class Fake:
    """An adapter that does as it is told. Its line is never used: `leaves` stands for a request."""

    def __init__(self) -> None:
        self.line = Line("http://127.0.0.1:1")
        self.most_cancels = 1
        self.more_polls = 0
        self.trouble: BaseException | None = None
        self.greeting: BaseException | None = None
        self.calls: list[str] = []
        self.rows: list[Told] = []
        self.missed: list[Told] = []
        self.unlisted: VenueError | None = None
        self.hold: threading.Event | None = None
        self.polled = threading.Semaphore(0)
        self.placing: Callable[[NewOrder], Told] = lambda message: told(message.cl_ord_id)
        self.canceling: Callable[[Sequence[CancelOrder]], Sequence[Outcome]] = lambda messages: [
            told(message.orig_cl_ord_id, "4") for message in messages
        ]

    def _leaves(self, what: str) -> None:
        self.calls.append(what)
        if self.hold is not None:
            self.hold.wait(WITHIN_S)
        if not isinstance(self.trouble, VenueUnavailable):
            self.line.left = True
            self.line._leaving(what)
        if self.trouble is not None:
            raise self.trouble

    def greet(self) -> None:
        if self.greeting is not None:
            raise self.greeting

    def place(self, message: NewOrder) -> Told:
        self._leaves(f"place {message.cl_ord_id}")
        return self.placing(message)

    def cancel(self, messages: Sequence[CancelOrder]) -> Sequence[Outcome]:
        self._leaves(f"cancel {' '.join(message.orig_cl_ord_id for message in messages)}")
        return self.canceling(messages)

    def query(self, message: StatusRequest) -> Told:
        self._leaves(f"query {message.cl_ord_id}")
        return told(message.cl_ord_id)

    def poll(self, orders: Sequence[Order]) -> Iterable[Told]:
        self.polled.release()
        if self.greeting is not None:
            raise self.greeting
        return self.rows

    def catch_up(self) -> Iterable[Told]:
        if self.unlisted is not None:
            raise self.unlisted
        return self.missed


class Desk:
    """What a venue puts in."""

    def __init__(self) -> None:
        self.given: list[Any] = []
        self.orders: list[Order] = []
        self._changed = threading.Condition()

    def sink(self, item: Any) -> None:
        with self._changed:
            self.given.append(item)
            self._changed.notify_all()

    def wait(self, holds: Callable[[list[Any]], bool]) -> list[Any]:
        with self._changed:
            assert self._changed.wait_for(lambda: holds(self.given), WITHIN_S), self.given
            return list(self.given)

    def of(self, *kinds: type) -> list[Any]:
        return [item for item in self.given if isinstance(item, kinds)]

    def await_(self, kind: type, count: int = 1) -> list[Any]:
        self.wait(lambda given: sum(isinstance(item, kind) for item in given) >= count)
        return self.of(kind)


OUTCOMES = (inputs.Received, inputs.Refused, inputs.Unanswered, inputs.StayedHere)


@contextmanager
def running(*fakes: Fake, desk: Desk, habit: Habit | None = None) -> Iterator[RestVenue]:
    outlet = Outlet(sink=desk.sink, open_orders=lambda: desk.orders)
    venue = RestVenue("rest", fakes, outlet, habit or Habit(pace=PACE, probe_s=0.05))
    venue.start()
    try:
        yield venue
    finally:
        assert venue.stop(WITHIN_S)


def new(cl_ord_id: str = "A") -> NewOrder:
    return NewOrder(cl_ord_id=cl_ord_id, symbol="BTCUSDT", side="1", ord_type="2")


def cancel(cl_ord_id: str = "A") -> CancelOrder:
    return CancelOrder(cl_ord_id=cl_ord_id, orig_cl_ord_id=cl_ord_id, symbol="BTCUSDT", side="1")


def status(cl_ord_id: str = "A") -> StatusRequest:
    return StatusRequest(cl_ord_id=cl_ord_id, symbol="BTCUSDT", side="1")


@pytest.mark.parametrize("message", [new(), cancel(), status()], ids=["new", "cancel", "status"])
@pytest.mark.parametrize(
    ("trouble", "outcome", "leaves"),
    [
        (None, inputs.Received, True),
        (VenueRefused("no"), inputs.Refused, True),
        (OutcomeUnknown("who knows"), inputs.Unanswered, True),
        (VenueUnavailable("not reached"), inputs.StayedHere, False),
        (VenueBanned("go away"), inputs.Refused, True),
        (ValueError("a bug"), inputs.Unanswered, True),
    ],
)
def test_every_message_has_one_outcome(
    message: NewOrder | CancelOrder | StatusRequest,
    trouble: VenueError | None,
    outcome: type[inputs.Received | inputs.Refused | inputs.Unanswered | inputs.StayedHere],
    *,
    leaves: bool,
) -> None:
    desk, fake = Desk(), Fake()
    fake.trouble = trouble
    with running(fake, desk=desk) as venue:
        desk.await_(inputs.SessionUp)
        venue.send(message, order=1, request=7)
        desk.wait(lambda given: any(isinstance(item, OUTCOMES) for item in given))
    (end,) = desk.of(*OUTCOMES)
    assert isinstance(end, outcome)
    assert (end.session, end.request) == ("rest", 7)
    if not isinstance(end, inputs.Received):
        assert isinstance(end, inputs.Refused | inputs.Unanswered | inputs.StayedHere)
        assert end.order == 1
    went = desk.of(inputs.WentOut)
    assert [(one.order, one.request, one.seq) for one in went] == ([(1, 7, 0)] if leaves else [])
    assert not went or desk.given.index(went[0]) < desk.given.index(end)


def test_a_bug_before_anything_left_is_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, fake = Desk(), Fake()

    def buggy(_message: NewOrder) -> Told:
        raise ZeroDivisionError

    monkeypatch.setattr(fake, "place", buggy)
    with running(fake, desk=desk) as venue:
        venue.send(new(), order=1, request=7)
        (end,) = desk.await_(inputs.StayedHere)
    assert "ZeroDivisionError" in end.reason


def test_what_waits_at_the_end_stays_here_and_is_told_so() -> None:
    desk, fake = Desk(), Fake()
    fake.hold = threading.Event()
    with running(fake, desk=desk) as venue:
        desk.await_(inputs.SessionUp)
        for request in range(1, 6):
            venue.send(new(f"N{request}") if request % 2 else cancel(f"C{request}"), order=1, request=request)
        threading.Timer(0.05, fake.hold.set).start()
        assert venue.stop(WITHIN_S)
        with pytest.raises(VenueUnavailable):
            venue.send(new("late"), order=1, request=9)
        with pytest.raises(VenueUnavailable):
            venue.send(cancel("late"), order=1, request=9)
    ends = desk.of(inputs.StayedHere)
    answered = len(desk.of(inputs.Received))
    assert sorted(end.request for end in ends) == sorted({end.request for end in ends})
    assert len(ends) + answered == 5
    assert all(end.request != 9 for end in ends)


def test_a_replace_is_not_taken() -> None:
    desk = Desk()
    replace = ReplaceOrder(cl_ord_id="B", orig_cl_ord_id="A", symbol="X", side="1", ord_type="2")
    with running(Fake(), desk=desk) as venue, pytest.raises(VenueUnavailable):
        venue.send(replace, order=1, request=1)


def test_cancels_that_wait_leave_together_each_with_its_outcome() -> None:
    desk, fake = Desk(), Fake()
    fake.most_cancels, fake.hold = 3, threading.Event()
    refused = VenueRefused("that one not")
    fake.canceling = lambda messages: [
        refused if message.orig_cl_ord_id == "C2" else told(message.orig_cl_ord_id, "4")
        for message in messages
    ][:3]
    with running(fake, desk=desk) as venue:
        desk.await_(inputs.SessionUp)
        venue.send(status("S"), order=1, request=0)
        for number in range(1, 6):
            venue.send(cancel(f"C{number}"), order=number, request=number)
        fake.hold.set()
        desk.wait(lambda given: sum(isinstance(item, OUTCOMES) for item in given) == 6)
    assert [end.request for end in desk.of(inputs.Refused)] == [2]
    assert {end.report.cl_ord_id for end in desk.of(inputs.Received)} == {"S", "C1", "C3", "C4", "C5"}


def test_a_cancel_that_the_answer_leaves_out_is_in_doubt() -> None:
    desk, fake = Desk(), Fake()
    fake.canceling = lambda _messages: []
    with running(fake, desk=desk) as venue:
        venue.send(cancel(), order=1, request=3)
        (end,) = desk.await_(inputs.Unanswered)
    assert end.request == 3


# --- in touch -------------------------------------------------------------------------------------------------------


def test_the_session_is_up_once_the_key_works_and_down_after_failures_in_a_row() -> None:
    desk, fake = Desk(), Fake()
    fake.greeting = VenueUnavailable("not there")
    with running(fake, desk=desk) as venue:
        (down,) = desk.await_(inputs.SessionDown)
        assert (down.reason, down.expected, venue.seen.up) == ("not there", False, False)
        fake.greeting = None
        desk.await_(inputs.SessionUp)
        assert venue.seen.up
        fake.greeting = OutcomeUnknown("HTTP 502")
        desk.await_(inputs.SessionDown, 2)
        fake.greeting = None
        desk.await_(inputs.SessionUp, 2)
        assert venue.seen.age_s is not None
    assert desk.of(inputs.SessionDown)[-1].expected
    assert len(desk.of(inputs.SessionDown)) == 3, "one for each time it went, and one at the end"


def test_a_ban_stops_everything_until_a_person_resumes_it() -> None:
    desk, fake = Desk(), Fake()
    fake.trouble = VenueBanned("HTTP 403")
    with running(fake, desk=desk) as venue:
        desk.await_(inputs.SessionUp)
        venue.send(new(), order=1, request=1)
        desk.await_(inputs.SessionDown)
        assert [alert.code for alert in desk.await_(inputs.Alert)] == ["VENUE_BANNED"]
        assert venue.seen.banned == "HTTP 403"
        with pytest.raises(VenueUnavailable, match="left alone"):
            venue.send(new("B"), order=2, request=2)
        fake.trouble = None
        venue.resume()
        desk.await_(inputs.SessionUp, 2)
        venue.send(new("C"), order=3, request=3)
        desk.await_(inputs.Received)
    assert [call for call in fake.calls if call.startswith("place")] == ["place A", "place C"]
    assert [end.request for end in desk.of(inputs.Refused)] == [1]


def test_a_greeting_that_a_ban_overtook_brings_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, fake = Desk(), Fake()
    asked, answer = threading.Event(), threading.Event()

    def greet() -> None:
        asked.set()
        assert answer.wait(WITHIN_S)

    with running(fake, desk=desk) as venue:
        desk.await_(inputs.SessionUp)
        monkeypatch.setattr(fake, "greet", greet)
        assert asked.wait(WITHIN_S)
        venue.leave_alone("HTTP 403")
        desk.await_(inputs.SessionDown)
        while fake.polled.acquire(blocking=False):
            pass
        answer.set()
        assert fake.polled.acquire(timeout=WITHIN_S), "the poll that began with the greeting goes on"
        assert not venue.seen.up, "the venue answered what was asked before the ban"
        venue.resume()
        desk.await_(inputs.SessionUp, 2)
    comings = [type(item) for item in desk.of(inputs.SessionUp, inputs.SessionDown)]
    assert comings == [inputs.SessionUp, inputs.SessionDown] * 2


def test_a_ban_that_comes_while_the_session_is_told_up_is_told_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk, fake = Desk(), Fake()
    fake.greeting = VenueUnavailable("not there")
    bans: list[threading.Thread] = []
    told_up = threading.Event()

    with running(fake, desk=desk) as venue:
        desk.await_(inputs.SessionDown)

        def sink(item: Any) -> None:
            if isinstance(item, inputs.SessionUp) and not bans:
                bans.append(threading.Thread(target=venue.leave_alone, args=("HTTP 403",)))
                bans[0].start()
                bans[0].join(0.2)  # it would be told by then, if it did not wait
            desk.sink(item)
            if isinstance(item, inputs.SessionUp):
                told_up.set()

        monkeypatch.setattr(venue._contact, "_outlet", Outlet(sink=sink, open_orders=tuple))
        fake.greeting = None
        assert told_up.wait(WITHIN_S)
        bans[0].join(WITHIN_S)
        comings = [type(item) for item in desk.of(inputs.SessionUp, inputs.SessionDown)]
    assert comings == [inputs.SessionDown, inputs.SessionUp, inputs.SessionDown]


def test_a_ban_of_one_connection_is_one_of_all() -> None:
    desk, trading, asking = Desk(), Fake(), Fake()
    trading.trouble = VenueBanned("HTTP 403")
    with running(trading, asking, desk=desk, habit=Habit(pace=PACE, probe_s=0.02, apart=True)) as venue:
        desk.await_(inputs.SessionUp)
        venue.send(new(), order=1, request=1)
        desk.await_(inputs.SessionDown)
        for message in (status(), cancel(), new("B")):
            with pytest.raises(VenueUnavailable, match="left alone"):
                venue.send(message, order=1, request=2)
        while asking.polled.acquire(blocking=False):
            pass
        assert not asking.polled.acquire(timeout=0.1), "nor is it polled"
        assert not venue.seen.up
        trading.trouble = None
        venue.resume()
        desk.await_(inputs.SessionUp, 2)
    assert asking.calls == []


def test_beside_fix_coming_and_going_are_not_the_sessions() -> None:
    desk, fake = Desk(), Fake()
    fake.greeting = VenueUnavailable("not there")
    with running(
        fake, desk=desk, habit=Habit(polls=False, is_session=False, pace=PACE, probe_s=0.05)
    ) as venue:
        desk.wait(lambda given: any(isinstance(item, inputs.Alert) for item in given))
        fake.greeting = None
        fake.missed = [told("M")]
        desk.await_(inputs.Received)
        assert venue.seen.up
    assert desk.of(inputs.SessionUp, inputs.SessionDown) == []


def test_what_was_missed_is_shown_first_and_what_did_not_change_only_once() -> None:
    desk, fake = Desk(), Fake()
    desk.orders = [order_of("A"), order_of("B")]
    fake.missed, fake.rows = [told("M")], [told("A"), told("B")]
    with running(fake, desk=desk):
        desk.await_(inputs.Received, 3)
        for _ in range(3):
            assert fake.polled.acquire(timeout=WITHIN_S)
        fake.rows = [told("A", "1"), told("B")]
        desk.await_(inputs.Received, 4)
        for _ in range(3):
            assert fake.polled.acquire(timeout=WITHIN_S)
    shown = [(item.report.cl_ord_id, item.report.ord_status) for item in desk.of(inputs.Received)]
    assert shown == [("M", "0"), ("A", "0"), ("B", "0"), ("A", "1")]


def test_a_list_that_the_venue_refuses_is_told_once_and_shown_until_it_is_had() -> None:
    desk, fake = Desk(), Fake()
    fake.unlisted = VenueRefused("order.listOpenOrderLite: ACCOUNT_STATUS (131162): not now")
    with running(fake, desk=desk) as venue:
        (alert,) = desk.await_(inputs.Alert)
        assert alert.code == "NOT_COMPARED"
        assert "ACCOUNT_STATUS (131162): not now" in alert.text
        assert (venue.seen.up, venue.seen.comparing, venue.seen.uncompared) == (
            True,
            True,
            str(fake.unlisted),
        )
        venue.refresh()
        fake.unlisted, fake.missed = None, [told("M")]
        venue.refresh()
        desk.await_(inputs.Received)
        assert fake.polled.acquire(timeout=WITHIN_S)
        assert (venue.seen.comparing, venue.seen.uncompared) == (False, None)
    assert len(desk.of(inputs.Alert)) == 1


def test_what_is_pushed_again_before_it_was_asked_for_is_asked_for_once() -> None:
    desk, fake = Desk(), Fake()
    with running(fake, desk=desk) as venue:
        desk.await_(inputs.SessionUp)
        fake.hold = threading.Event()
        venue.send(new("first"), order=1, request=1)
        for _ in range(5):
            venue.look_at(status("P"))
        fake.hold.set()
        desk.wait(lambda given: any(isinstance(one, inputs.Received) and one.raw == "row P" for one in given))
    assert fake.calls.count("query P") == 1


def test_an_order_that_is_only_under_way_is_looked_at_at_once() -> None:
    desk, fake = Desk(), Fake()
    fake.placing = lambda message: told(message.cl_ord_id, "A")
    with running(fake, desk=desk) as venue:
        desk.await_(inputs.SessionUp)
        venue.send(new(), order=1, request=1)
        desk.await_(inputs.Received, 2)
    assert [item.report.ord_status for item in desk.of(inputs.Received)][:2] == ["A", "0"]


def test_other_work_tells_its_own_input_also_where_it_fails() -> None:
    desk, fake = Desk(), Fake()
    done = inputs.StayedHere(session="rest", order=5, request=5, reason="done")

    reason = "no"

    def fails(_adapter: object) -> None:
        raise OutcomeUnknown(reason)

    with running(fake, desk=desk) as venue:
        desk.await_(inputs.SessionUp)
        venue.perform(lambda _adapter: done, lambda _error: None)
        venue.perform(
            fails, lambda error: inputs.StayedHere(session="rest", order=6, request=6, reason=str(error))
        )
        ends = desk.await_(inputs.StayedHere, 2)
    assert [(end.order, end.reason) for end in ends] == [(5, "done"), (6, "no")]


# --- keys that are of no use ----------------------------------------------------------------------------------------


def alerts(desk: Desk) -> list[str]:
    return [alert.code for alert in desk.of(inputs.Alert)]


QUICK = Habit(pace=PACE, probe_s=0.05)


def test_a_key_that_is_refused_at_the_greeting_has_no_work_until_it_is_greeted_with_success() -> None:
    desk, good, bad = Desk(), Fake(), Fake()
    bad.greeting = KeyRefused("invalid sign")
    bad.line.key = "key 2 (J2UF...)"
    with running(good, bad, desk=desk, habit=QUICK) as venue:
        desk.await_(inputs.SessionUp)
        for number in range(4):
            venue.send(new(f"N{number}"), order=number, request=1)
        desk.await_(inputs.Received, 4)
        assert (len(good.calls), bad.calls) == (4, [])
        (alert,) = desk.of(inputs.Alert)
        assert (alert.code, "key 2 (J2UF...)" in alert.text) == ("KEY_LEFT_OUT", True)
        assert venue.seen.keys_out == {"key 2 (J2UF...)": "invalid sign"}
        bad.greeting = None
        desk.wait(lambda given: "KEY_BACK" in alerts(desk))
        assert not venue.seen.keys_out
        for number in range(4):
            venue.send(new(f"M{number}"), order=number, request=2)
        desk.await_(inputs.Received, 8)
    assert len(bad.calls) == 2
    assert [down.expected for down in desk.of(inputs.SessionDown)] == [True]


@pytest.mark.parametrize(
    ("message", "trouble", "outcome"),
    [
        (new(), KeyRefused("no right"), inputs.Refused),
        (new(), KeyUsedUp("used up"), inputs.Received),
        (new(), KeySpent("spent"), inputs.Received),
        (cancel(), KeyRefused("no right"), inputs.Received),
        (cancel(), KeyUsedUp("used up"), inputs.Received),
        (status(), KeyRefused("no right"), inputs.Received),
        (status(), KeyUsedUp("used up"), inputs.Received),
    ],
)
def test_what_a_key_cannot_do_another_does_but_an_order_that_was_refused(
    message: NewOrder | CancelOrder | StatusRequest, trouble: VenueError, outcome: type
) -> None:
    desk, first, second = Desk(), Fake(), Fake()
    first.trouble = second.trouble = trouble
    with running(first, second, desk=desk, habit=Habit(pace=PACE, probe_s=600)) as venue:
        desk.await_(inputs.SessionUp)
        second.trouble = None
        venue._hands._turns = iter((0, *range(1, 100)))  # type: ignore[assignment]
        venue.send(message, order=1, request=7)
        desk.wait(lambda given: any(isinstance(item, OUTCOMES) for item in given))
        (end,) = desk.of(*OUTCOMES)
        assert isinstance(end, outcome)
        assert len(first.calls) == 1
        assert len(second.calls) == (outcome is inputs.Received)
        assert bool(venue.seen.keys_out) is not isinstance(trouble, KeySpent)
        for number in range(3):
            venue.send(new(f"N{number}"), order=2, request=number)
        desk.wait(lambda given: len(desk.of(*OUTCOMES)) == 4)
    assert len(first.calls) == 1, "it has no work any more"


def test_without_any_key_the_session_is_down_until_one_works() -> None:
    desk, fakes = Desk(), [Fake(), Fake()]
    with running(*fakes, desk=desk, habit=QUICK) as venue:
        desk.await_(inputs.SessionUp)
        for fake in fakes:
            fake.trouble = fake.greeting = KeyRefused("invalid key")
        for number in range(2):
            venue.send(new(f"N{number}"), order=1, request=number)
        (down,) = desk.await_(inputs.SessionDown)
        assert down.reason == "invalid key"
        with pytest.raises(VenueUnavailable, match="no key is of use"):
            venue.send(cancel(), order=1, request=9)
        assert alerts(desk) == ["KEY_LEFT_OUT"], "that there is none any more is said by the session"
        for fake in fakes:
            fake.trouble = fake.greeting = None
        desk.await_(inputs.SessionUp, 2)
        venue.send(cancel(), order=1, request=10)
        desk.await_(inputs.Received)


# --- how often ------------------------------------------------------------------------------------------------------


def test_polls_are_quick_while_something_is_expected() -> None:
    pace, s = Pace(quick_s=1, slow_s=5, idle_s=15, young_s=10), 1_000_000_000
    old = order_of("A")
    assert interval_s([], 100 * s, pace) == 15
    assert interval_s([old], 100 * s, pace) == 5
    assert interval_s([old], 9 * s, pace) == 1
    old.pending = [object()]  # type: ignore[list-item]
    assert interval_s([old], 100 * s, pace) == 1


@pytest.mark.parametrize(("error", "polls"), [(None, 3), (OutcomeUnknown("no answer"), 1)])
def test_what_one_poll_did_not_ask_about_is_polled_at_once(error: VenueError | None, polls: int) -> None:
    desk, fake = Desk(), Fake()
    desk.orders, fake.more_polls = [order_of("A")], 2
    contact = Contact("rest", [fake], Outlet(sink=desk.sink, open_orders=lambda: desk.orders), Habit())
    contact.hands.start()
    contact._turn()  # reaches the venue, and compares
    while fake.polled.acquire(blocking=False):
        pass
    fake.greeting = error
    contact._turn()
    assert contact.stop(WITHIN_S)
    assert [fake.polled.acquire(blocking=False) for _ in range(polls + 1)] == [True] * polls + [False]


def test_turns_say_how_often_they_have_to_be_given_again() -> None:
    turns = Turns(2)
    assert (turns.next("abcde"), turns.more) == (["a", "b"], 2)
    assert (turns.next("abcde"), turns.more) == (["c", "d"], 2)
    assert (turns.next("abcde"), turns.more) == (["e", "a"], 2)
    assert (turns.next("ab"), turns.more) == (["b", "a"], 0)
    assert (turns.next(""), turns.more) == ([], 0)


# --- the line -------------------------------------------------------------------------------------------------------


def test_a_line_tells_the_first_request_before_it_leaves_without_secrets() -> None:
    with RawServer(lambda client, _request: client.sendall(OK)) as server:
        line = Line(server.url, secrets=["s3cret"])
        seen: list[str] = []
        line.begin(QUERY, seen.append)
        line.about = "order.insert"
        line.call("POST", "/x", query="signature=abc", body=b'{"a":"s3cret"}')
        line.call("POST", "/y", query="signature=abc", body=b"{}")
        line.close()
    assert seen == ['POST /x order.insert {"a":"***"}']
    assert line.said == "{}"


def test_a_line_keeps_to_the_rate_within_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, slept = [0], list[float]()
    monkeypatch.setattr("oms.rest.line.time.monotonic_ns", lambda: clock[0])

    def sleep(wait_s: float) -> None:
        slept.append(wait_s)
        clock[0] += round(wait_s * 1e9)

    monkeypatch.setattr(Transport, "call", lambda *_args, **_kw: type("R", (), {"body": b""})())
    line = Line("http://127.0.0.1:1", pacer=Pacer({QUERY: Limit(2, 1.0)}))
    line.pause = sleep
    line.begin(QUERY)
    for _ in range(4):
        line.call("GET", "/x")
    assert slept == [1.0]


# --- orders that waited, and questions that do not delay ------------------------------------------------------------


def test_an_order_that_waited_for_too_long_stays_here() -> None:
    desk, fake = Desk(), Fake()
    with running(fake, desk=desk, habit=Habit(pace=PACE, wait_s=0.0)) as venue:
        desk.await_(inputs.SessionUp)
        venue.send(new(), order=1, request=1)
        (end,) = desk.await_(inputs.StayedHere)
    assert "waited here" in end.reason
    assert fake.calls == []


def test_questions_do_not_delay_orders_where_they_have_a_connection_of_their_own() -> None:
    desk, trading, asking = Desk(), Fake(), Fake()
    with running(trading, asking, desk=desk, habit=Habit(pace=PACE, apart=True)) as venue:
        desk.await_(inputs.SessionUp)
        asking.hold = threading.Event()
        venue.send(status("S"), order=1, request=0)
        venue.send(new(), order=1, request=1)
        venue.send(cancel(), order=1, request=2)
        desk.await_(inputs.Received, 2)
        assert sorted(trading.calls) == ["cancel A", "place A"]
        asking.hold.set()
        desk.await_(inputs.Received, 3)
    assert asking.calls == ["query S"]
