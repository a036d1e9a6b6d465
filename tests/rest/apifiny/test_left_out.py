"""Lists of symbols and of balances with a row that cannot be read: the others are taken, and it is named."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from oms.core.errors import VenueError
from oms.rest.apifiny.gather import ApifinyGatherer
from oms.rest.gathering import LeftOut, left_out
from tests.rest.apifiny.samples import ANSWERS
from tests.rest.apifiny.venue import SECRET, Answer, Request, Venue, result

SYMBOLS, BALANCES = "utils.listSymbolInfoLite", "asset.listBalanceByLite"
(EOS,) = json.loads(ANSWERS[SYMBOLS])
BCH = EOS | {"symbol": "BCHUSDT", "baseAsset": "BCH", "quoteAsset": "USDT"}
BTC, USDT = json.loads(ANSWERS[BALANCES])


@contextmanager
def gathering(answer: Callable[[Request], Answer]) -> Iterator[ApifinyGatherer]:
    with Venue(answer) as venue, venue.client() as client:
        yield ApifinyGatherer(client)


def listing(rows: list[Any]) -> Callable[[Request], Answer]:
    return lambda _request: result(json.dumps(rows))


def wrong(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (row | changes).items() if value != "left out"}


@pytest.mark.parametrize(
    "changes",
    [{"tickSize": "fine"}, {"baseAsset": "left out"}, {"minPrice": "1e999"}, {"status": 5}, {"stepSize": []}],
    ids=str,
)
def test_the_other_symbols_are_read(changes: dict[str, Any]) -> None:
    with gathering(listing([wrong(EOS, **changes), BCH])) as gatherer:
        assert [each.symbol for each in gatherer.instruments("VENUE1")] == ["BCHUSDT"]
        (left,) = left_out(gatherer)
    assert (left.exchange, left.name) == ("VENUE1", "EOSETH")
    assert left.why.startswith(f"{SYMBOLS}: the answer cannot be read: ")
    assert "EOSETH" in left.text


@pytest.mark.parametrize(
    "changes", [{"amount": "much"}, {"frozen": "left out"}, {"available": None}], ids=str
)
def test_the_other_balances_are_read(changes: dict[str, Any]) -> None:
    with gathering(listing([wrong(BTC, **changes), USDT])) as gatherer:
        assert [each.currency for each in gatherer.balances()] == ["USDT"]
        (left,) = left_out(gatherer)
    assert (left.exchange, left.name) == ("VENUE1", "BTC")
    assert left.why.startswith(f"{BALANCES}: the answer cannot be read: ")


@pytest.mark.parametrize("row", [5, "BTC", None, [], {}, {"currency": 7, "venue": ["VENUE1"]}], ids=str)
def test_a_row_that_does_not_say_what_it_is_about(row: Any) -> None:
    with gathering(listing([row, USDT])) as gatherer:
        assert [each.currency for each in gatherer.balances()] == ["USDT"]
        (left,) = left_out(gatherer)
    assert (left.exchange, left.name) == (None, None)


def test_a_name_may_be_written_in_any_way_that_json_knows_and_a_secret_is_not_shown() -> None:
    text = json.dumps([wrong(BTC, amount="much", currency="?", note=SECRET), USDT]).replace(
        '"?"', r'"\u0042TC"'
    )
    with gathering(lambda _request: result(text)) as gatherer:
        gatherer.balances()
        (left,) = left_out(gatherer)
    assert left.name == "BTC"
    assert SECRET not in left.text
    assert "***" in left.text


def test_what_was_left_out_of_one_list_is_not_said_of_the_next() -> None:
    lists = iter([[wrong(EOS, tickSize="fine")], [BCH]])
    with gathering(lambda _request: result(json.dumps(next(lists)))) as gatherer:
        assert gatherer.instruments("VENUE1") == ()
        assert len(left_out(gatherer)) == 1
        assert len(gatherer.instruments("VENUE1")) == 1
        assert left_out(gatherer) == ()


@pytest.mark.parametrize("answer", [b'{"result": {"rows": []}, "error": null}', b"[{", b"<html>"])
def test_what_is_no_list_is_no_answer(answer: bytes) -> None:
    with gathering(lambda _request: (200, answer)) as gatherer:
        for ask in (lambda: gatherer.instruments("VENUE1"), gatherer.balances):
            with pytest.raises(VenueError):
                ask()


def test_who_leaves_nothing_out_is_asked_nothing() -> None:
    assert left_out(object()) == ()  # type: ignore[arg-type]
    assert LeftOut(why="a", text="b") == LeftOut(why="a", text="b", exchange=None, name=None)
