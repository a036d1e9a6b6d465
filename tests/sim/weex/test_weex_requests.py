"""Whatever a client sends, the venue answers; and what it refuses changes nothing."""

from __future__ import annotations

import hashlib
import hmac
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oms.sim.weex.access import Credential, Gate
from oms.sim.weex.exchange import Exchange
from oms.sim.weex.floor import Floor
from oms.sim.weex.parameters import Parameters
from oms.sim.weex.private import METHODS, Manners, Private, Venue
from oms.sim.weex.public import Public
from oms.sim.weex.treasury import Treasury

if TYPE_CHECKING:
    from oms.sim.terms import Event

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECRET = "a secret"


class Bench:
    """A venue without its server."""

    def __init__(self, **manners: bool) -> None:
        self.events: list[Event] = []
        self.nonce = 0
        floor = Floor(fee=Decimal(0), first_id=1)
        self.exchange = Exchange(floor, random.Random(1), background=False)
        self.funds = floor.funds
        treasury = Treasury(floor.funds, random.Random(1), first_id=1)
        treasury.open(["desk"], NOW)
        venue = Venue(
            exchange=self.exchange,
            treasury=treasury,
            gate=Gate([Credential("K", SECRET, "desk")]),
            manners=Manners(**manners),
            happened=self.events.extend,
        )
        self.private = Private(venue)

    def ask(self, now: datetime = NOW, **fields: str) -> dict[str, object]:
        self.nonce += 1
        body = urlencode({"nonce": self.nonce, **fields}, errors="surrogateescape").encode()
        sign = hmac.new(SECRET.encode(), body, hashlib.sha512).hexdigest()
        return self.private.answer({"key": "K", "sign": sign}, body, now)


NUMBERS = st.one_of(
    st.sampled_from(["0", "1", "-1", "0.001", "1e-08", "1e99", "Infinity", "sNaN", "9" * 20, "9" * 400, ""]),
    st.floats().map(repr),
    st.integers().map(str),
)
VALUES = st.one_of(
    NUMBERS, st.text(max_size=20), st.sampled_from(["btc_usd", "BTC", "buy", "sell", "market", "ASC"])
)
WORDS = "pair type rate amount mode order_id from count from_id end_id order since end coinName address receiver coupon"
NAMES = st.sampled_from(WORDS.split())


@settings(max_examples=400, deadline=None)
@given(method=st.sampled_from([*METHODS, "x"]), fields=st.dictionaries(NAMES, VALUES))
@example(method="TradeHistory", fields={"count": "9" * 20, "from": "9" * 20})
@example(method="Trade", fields={"pair": "btc_usd", "type": "buy", "rate": "1e99", "amount": "1e99"})
@example(method="Trade", fields={"pair": "btc_usd", "type": "buy", "mode": "market", "amount": "1e-99"})
def test_every_request_is_answered(method: str, fields: dict[str, str]) -> None:
    bench = Bench()
    before = bench.funds.available("desk")
    told = bench.ask(NOW, **fields | {"method": method})
    if told["success"]:
        assert set(told) == {"success", "return"}
    else:
        assert set(told) == {"success", "error"}
        assert told["error"]
        assert bench.funds.available("desk") == before
        assert not bench.events


@settings(max_examples=200, deadline=None)
@given(
    path=st.text(max_size=30), fields=st.dictionaries(st.sampled_from(["limit", "ignore_invalid"]), VALUES)
)
def test_every_public_request_is_answered(path: str, fields: dict[str, str]) -> None:
    public = Public(Bench().exchange)
    assert isinstance(public.answer(path, Parameters(fields), NOW), dict)
    assert isinstance(public.answer(f"depth/{path}-btc_usd", Parameters(fields), NOW), dict)


def test_get_info_is_kept_for_60_seconds() -> None:
    bench = Bench()
    first = bench.ask(method="getInfo")
    bench.ask(method="Trade", pair="btc_usd", type="buy", rate="29000", amount="1")
    assert bench.ask(NOW + timedelta(seconds=59), method="getInfo") == first
    later = bench.ask(NOW + timedelta(seconds=60), method="getInfo")["return"]
    assert isinstance(later, dict)
    assert later["open_orders"] == 1


def test_the_public_api_is_kept_for_2_seconds() -> None:
    bench = Bench()
    public = Public(bench.exchange)
    first = public.answer("depth/btc_usd", Parameters({}), NOW)
    bench.ask(method="Trade", pair="btc_usd", type="buy", rate="29000", amount="1")
    assert public.answer("depth/btc_usd", Parameters({}), NOW + timedelta(seconds=1)) == first
    assert public.answer("depth/btc_usd", Parameters({}), NOW + timedelta(seconds=2)) != first


@pytest.mark.parametrize(("side", "rate"), [("buy", "400000"), ("sell", "0.1")])
def test_a_ticker_with_one_side_of_the_book(side: str, rate: str) -> None:
    bench = Bench()
    bench.ask(method="Trade", pair="btc_usd", type=side, rate=rate, amount="120")
    told = Public(bench.exchange).answer("ticker/btc_usd", Parameters({}), NOW)
    assert isinstance(told, dict)
    assert told["btc_usd"]["buy"] >= told["btc_usd"]["sell"]
    assert Decimal(rate) in (told["btc_usd"]["buy"], told["btc_usd"]["sell"])


def test_since_shows_one_week_at_most() -> None:
    bench = Bench()
    bench.ask(method="Trade", pair="btc_usd", type="buy", rate="30000", amount="1")
    bench.ask(NOW + timedelta(days=5), method="Trade", pair="btc_usd", type="buy", rate="30000", amount="1")
    week = NOW + timedelta(days=8)
    assert len(rows(bench.ask(week, method="TradeHistory"))) == 2
    assert list(rows(bench.ask(week, method="TradeHistory", since="0"))) == ["2"]


def rows(told: dict[str, object]) -> dict[str, object]:
    shown = told["return"]
    assert isinstance(shown, dict)
    return shown
