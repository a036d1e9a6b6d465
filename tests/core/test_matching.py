"""A submit in doubt where several sessions trade for one account of the venue: what is ours on any of them is known."""

from decimal import Decimal
from typing import Any, TypeVar

import msgspec
import pytest

from oms.core.inputs import (
    Input,
    Look,
    Looked,
    MarkTaken,
    PlaceOrder,
    Received,
    Send,
    SessionUp,
    Start,
    TakeMark,
    Unanswered,
)
from oms.core.messages import Candidate, Mark
from oms.core.order import Order
from oms.engine import Engine, Route
from tests.test_matching import ROUTE, candidate, shown

ONE, TWO, ELSEWHERE = "one", "two", "elsewhere"
E = TypeVar("E", bound=TakeMark | Send | Look)


class Sessions:
    """An engine with two sessions of one account, and one of another."""

    def __init__(self) -> None:
        self.engine = Engine([route(ONE, "W"), route(TWO, "W"), route(ELSEWHERE, "X")])
        self.effects: list[Any] = []
        self._now = 0
        self.step(Start())
        for session in (ONE, TWO, ELSEWHERE):
            self.step(SessionUp(session=session))

    def step(self, message: Input) -> None:
        self._now += 1_000_000
        self.effects += self.engine.step(message, self._now, self._now).effects

    def take(self, kind: type[E]) -> E:
        """Take out the one effect of a kind."""
        (found,) = (effect for effect in self.effects if isinstance(effect, kind))
        self.effects.remove(found)
        return found

    def place(self, name: str, session: str) -> Order:
        terms = {"symbol": "btc_usd", "side": "1", "order_qty": Decimal(2), "price": Decimal(100)}
        self.step(PlaceOrder(client_order_id=name, session=session, **terms))  # type: ignore[arg-type]
        (order,) = self.engine.blotter.search(name)
        return order

    def submit(self, name: str, session: str) -> Send:
        """Place an order and let it leave, above the mark 100."""
        self.place(name, session)
        taken = self.take(TakeMark)
        mark = Mark(order_id="100")
        self.step(MarkTaken(session=session, order=taken.order, request=taken.request, mark=mark))
        return self.take(Send)

    def accepted(self, name: str, session: str, order_id: str) -> Order:
        sent = self.submit(name, session)
        report = shown(sent.message.cl_ord_id, order_id)
        self.step(Received(session=session, raw="", report=report))
        return self.engine.blotter.orders[sent.order]

    def doubted(self, name: str, session: str) -> Order:
        sent = self.submit(name, session)
        self.step(Unanswered(session=session, order=sent.order, request=sent.request, reason="timed out"))
        return self.engine.blotter.orders[sent.order]

    def look(self, *candidates: Candidate) -> None:
        """Show these, where the engine has the venue looked through."""
        asked = self.take(Look)
        looked = Looked(
            session=asked.session,
            order=asked.order,
            request=asked.request,
            candidates=candidates,
            past_fence=False,
        )
        self.step(looked)


def route(session: str, account: str) -> Route:
    return msgspec.structs.replace(ROUTE, session=session, account=account, id_prefix=session)


@pytest.fixture
def sessions() -> Sessions:
    return Sessions()


@pytest.mark.parametrize(("first", "second"), [(ONE, TWO), (TWO, ONE), (ONE, ONE)])
def test_an_order_of_any_session_of_the_account_is_not_taken_for_another(
    sessions: Sessions, first: str, second: str
) -> None:
    known = sessions.accepted("known", first, "101")
    order = sessions.doubted("doubted", second)
    sessions.look(candidate("101"))
    assert (order.in_doubt, order.order_id, order.last_anomaly) == (True, None, None)
    assert (known.order_id, known.cum_qty) == ("101", Decimal(0))


def test_what_is_ours_on_the_other_session_leaves_the_one_that_fits(sessions: Sessions) -> None:
    sessions.accepted("known", ONE, "101")
    order = sessions.doubted("doubted", TWO)
    sessions.look(candidate("101"), candidate("102"))
    assert (order.in_doubt, order.order_id, order.cum_qty) == (False, "102", Decimal(1))


def test_an_order_that_is_over_is_still_known_on_the_other_session(sessions: Sessions) -> None:
    known = sessions.accepted("known", ONE, "101")
    report = shown(known.cl_ord_id, "101", status="4")
    sessions.step(Received(session=ONE, raw="", report=report))
    assert not known.is_open
    order = sessions.doubted("doubted", TWO)
    sessions.look(candidate("101"))
    assert order.in_doubt


def test_a_number_of_another_account_is_another_order(sessions: Sessions) -> None:
    elsewhere = sessions.accepted("elsewhere", ELSEWHERE, "101")
    order = sessions.doubted("doubted", ONE)
    sessions.look(candidate("101"))
    assert (order.in_doubt, order.order_id) == (False, "101")
    assert (elsewhere.order_id, elsewhere.cum_qty, order.cum_qty) == ("101", Decimal(0), Decimal(1))


def test_while_one_is_in_doubt_the_other_session_submits_nothing_of_the_pair(sessions: Sessions) -> None:
    sessions.doubted("doubted", ONE)
    assert sessions.place("other", TWO).denial == "SUBMIT_IN_DOUBT"
    assert sessions.place("free", ELSEWHERE).denial is None
    assert sessions.take(TakeMark).session == ELSEWHERE


def test_one_submit_of_a_pair_is_under_way_on_all_sessions_of_the_account(sessions: Sessions) -> None:
    sent = sessions.submit("first", ONE)
    second = sessions.place("second", TWO)
    assert not sessions.effects
    report = shown(sent.message.cl_ord_id, "101")
    sessions.step(Received(session=ONE, raw="", report=report))
    assert sessions.take(TakeMark).order == second.number
