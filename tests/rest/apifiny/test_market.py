"""How often market data is asked for, by a venue that counts when requests arrive; time is the test's."""

from typing import Any

import pytest

from oms.core.errors import OutcomeUnknown, VenueUnavailable
from oms.rest.apifiny.answers import ApifinyRefused
from oms.rest.apifiny.market import LONGEST_PAUSE_S, MOST_WAIT_S, MarketClient
from oms.rest.transport import Reply
from tests.rest.apifiny.simulated import CREDENTIALS

S = 1_000_000_000
TRADES = b"[]"
TOO_OFTEN = b'{"result": null, "error": {"code": 131114, "message": "Request too often, please try later"}}'


class Venue:
    """Implements the part of `Transport` that is used; requests take their time on the way."""

    def __init__(self) -> None:
        self.now_ns = 5 * S
        self.there_s = 0.0
        self.back_s = 0.0
        self.arrivals: list[int] = []
        self.says: list[bytes | Exception] = []
        self.client = MarketClient(self, CREDENTIALS, self.pause, lambda: self.now_ns)  # type: ignore[arg-type]

    def pause(self, wait_s: float) -> None:
        self.now_ns += round(wait_s * S)

    def call(self, *_what: Any, **_how: Any) -> Reply:
        self.pause(self.there_s)
        self.arrivals.append(self.now_ns)
        self.pause(self.back_s)
        said = self.says.pop(0) if self.says else TRADES
        if isinstance(said, Exception):
            raise said
        return Reply(200, said, self.there_s + self.back_s)

    def ask(self, there_s: float = 0.0, back_s: float = 0.0) -> None:
        self.there_s, self.back_s = there_s, back_s
        self.client.trades("BTCUSD", "OKEX")

    @property
    def gaps_s(self) -> list[float]:
        return [
            (later - earlier) / S for earlier, later in zip(self.arrivals, self.arrivals[1:], strict=False)
        ]


def test_a_second_lies_between_arrivals_however_long_each_was_on_its_way() -> None:
    venue = Venue()
    for there_s, back_s in ((0.9, 0.0), (0.0, 0.0), (0.3, 0.2), (0.001, 0.0)):
        venue.ask(there_s, back_s)
    assert len(venue.arrivals) == 4
    assert min(venue.gaps_s) >= 1


def test_the_first_one_and_one_after_a_while_do_not_wait() -> None:
    venue = Venue()
    venue.ask()
    venue.now_ns += 2 * S
    venue.ask()
    assert venue.arrivals == [5 * S, 7 * S]


def test_who_asked_too_often_waits_ever_longer_until_there_is_an_answer() -> None:
    venue = Venue()
    venue.says = [TOO_OFTEN] * 8
    for _ in range(8):
        with pytest.raises(ApifinyRefused, match="REQUEST_TOO_OFTEN"):
            venue.ask()
        if venue.client.wait_s > MOST_WAIT_S:
            with pytest.raises(VenueUnavailable, match="nothing was sent"):
                venue.ask()
            venue.pause(venue.client.wait_s)
    for _ in range(2):
        venue.ask()
    assert venue.gaps_s == [2, 4, 8, 16, 32, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S, 1]


def test_a_question_without_an_answer_counts_as_well() -> None:
    venue = Venue()
    venue.says = [OutcomeUnknown("no answer")]
    with pytest.raises(OutcomeUnknown):
        venue.ask(back_s=3)
    venue.ask()
    assert venue.gaps_s == [4]
