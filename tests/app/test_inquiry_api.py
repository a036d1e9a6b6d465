"""What people ask a venue over HTTP: which question becomes of it, and what is said when there is no answer."""

from concurrent.futures import Future
from typing import Any

import httpx
import pytest

from oms.app.api import create_app
from oms.core.errors import OutcomeUnknown, VenueRefused, VenueUnavailable
from oms.core.instruments import Instrument
from oms.rest.gathering import Asked, Inquiry, Rows
from oms.rest.worker import VenueBanned
from tests.app.fake_desk import TOKENS, FakeDesk, tokens
from tests.app.test_api_straight import GOOD, request

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
NOW_MS = 1_772_355_600_000
ROW: dict[str, str | int | bool | None] = {"close": "30000.10", "count": 3, "memo": None}


class Reference:
    """Implements what is used of `ReferenceSide`."""

    def __init__(self, answer: Rows | Exception | None = (ROW,), *, possible: bool = True) -> None:
        self.answer = answer
        self.possible = possible
        self.asked: list[tuple[str, Inquiry]] = []

    def now_ns(self) -> int:
        return NOW_MS * 1_000_000

    def instruments_of(self, _session: str) -> dict[Any, Instrument]:
        return {("EX", "BTCUSDT"): Instrument(symbol="BTCUSDT", exchange="EX", base="BTC", quote="USDT")}

    def inquire(self, session: str, inquiry: Inquiry) -> "Future[Rows] | None":
        self.asked.append((session, inquiry))
        future: Future[Rows] = Future()
        if isinstance(self.answer, Exception):
            future.set_exception(self.answer)
        elif self.answer is not None:
            future.set_result(self.answer)
        return future if self.possible else None


def ask(reference: Reference, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    desk = FakeDesk()
    app = create_app(desk, tokens(), lambda: desk.now, reference=reference)  # type: ignore[arg-type]
    session = desk.sessions()[0]["name"]
    return request(app, "GET", f"/v1/venues/{session}/{path}", headers=GOOD if headers is None else headers)


@pytest.mark.parametrize(
    ("path", "question"),
    [
        ("account", {"asked": Asked.ACCOUNT}),
        ("account?exchange=EX", {"asked": Asked.ACCOUNT, "exchange": "EX"}),
        ("currencies?exchange=EX", {"asked": Asked.CURRENCIES, "exchange": "EX"}),
        (
            "address?exchange=EX&coin=USDTTRC20",
            {"asked": Asked.ADDRESS, "exchange": "EX", "coin": "USDTTRC20"},
        ),
        ("commission?exchange=EX&symbol=A", {"asked": Asked.COMMISSION, "exchange": "EX", "symbol": "A"}),
        ("trades?exchange=EX&symbol=A", {"asked": Asked.TRADES, "exchange": "EX", "symbol": "A"}),
        ("ticker?exchange=EX&symbol=A", {"asked": Asked.TICKER, "exchange": "EX", "symbol": "A"}),
        (
            "klines?exchange=EX&symbol=BTCUSDT&period=5m",
            {"asked": Asked.KLINES, "exchange": "EX", "symbol": "BTC/USDT", "period": "5m"},
        ),
        (
            "klines?exchange=X&symbol=A/B&since=2026-03-01T08:00:00Z&until=2026-03-01T10:00:00%2B01:00",
            {
                "asked": Asked.KLINES,
                "exchange": "X",
                "symbol": "A/B",
                "period": "1m",
                "span": (NOW_MS - HOUR_MS, NOW_MS),
            },
        ),
        (
            "activity?since=2026-03-01T08:00:00Z",
            {"asked": Asked.ACTIVITY, "span": (NOW_MS - HOUR_MS, NOW_MS)},
        ),
        ("activity", {"asked": Asked.ACTIVITY, "span": (NOW_MS - DAY_MS, NOW_MS + DAY_MS)}),
    ],
)
def test_each_question_reaches_the_venue_and_its_answer_is_shown(path: str, question: dict[str, Any]) -> None:
    reference = Reference()
    response = ask(reference, path)
    assert (response.status_code, response.json()) == (200, {"rows": [ROW]})
    ((_, asked),) = reference.asked
    assert asked == Inquiry(**question)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("ticker?symbol=A", "exchange"),
        ("ticker?exchange=EX", "symbol"),
        ("address?exchange=EX&coin=", "coin"),
        ("klines?exchange=EX&symbol=BTCUSDT&period=3m", "period"),
        ("klines?exchange=EX&symbol=NONE", "symbol"),
        ("activity?until=2026-03-01T08:00:00Z", "since"),
        ("activity?since=2026-03-01T09:00:01Z", "since"),
        ("activity?since=2026-03-01T08:00:00", "since"),
        ("account?colour=red", "colour"),
        ("account?timeout_s=31", "timeout_s"),
    ],
)
def test_a_parameter_that_is_wrong_is_named_and_nothing_is_asked(path: str, field: str) -> None:
    reference = Reference()
    response = ask(reference, path)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["field"]) == (422, "INVALID", field)
    assert reference.asked == []


@pytest.mark.parametrize(
    ("reference", "status", "code"),
    [
        (Reference(VenueRefused("UNKNOWN_SYMBOL")), 422, "VENUE_REFUSED"),
        (Reference(VenueUnavailable("nothing left")), 503, "UNAVAILABLE"),
        (Reference(VenueBanned("403")), 503, "UNAVAILABLE"),
        (Reference(OutcomeUnknown("cannot be read")), 504, "NO_ANSWER"),
        (Reference(None), 504, "NO_ANSWER"),
        (Reference(possible=False), 422, "NOT_POSSIBLE"),
    ],
)
def test_what_came_instead_of_an_answer(reference: Reference, status: int, code: str) -> None:
    response = ask(reference, "account?timeout_s=0.05")
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_who_may_ask_and_of_whom() -> None:
    reference = Reference()
    assert ask(reference, "account", {}).status_code == 401
    trade_only = {"authorization": f"Bearer {TOKENS['trader']}"}
    assert ask(reference, "account", trade_only).status_code == 403
    assert ask(reference, "../nobody/account").status_code == 404
    assert reference.asked == []
