"""Whatever a client sends, every method answers or refuses: nothing else comes out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.sim.apifiny_http.codes import Problem
from oms.sim.apifiny_http.methods import ALIASES, Methods
from oms.sim.apifiny_http.signature import Caller
from oms.sim.record import Record
from oms.sim.timeline import Timeline
from oms.sim.venue import Conduct, Venue
from oms.sim.web.text import encode

ACCOUNT = "STA-00000015"
VENUE = Venue([ACCOUNT], Conduct(rates={}, background=False), timeline=Timeline(), record=Record(None))
METHODS = Methods(VENUE)

_words = st.sampled_from(
    [
        "BTC",
        "BTCUSDT",
        "BUY",
        "SELL",
        "LIMIT",
        "MARKET",
        "HUOBI",
        "VENUE1",
        "",
        "x",
        "é",
        "\ud800",
        "1",
        "0.1",
    ]
) | st.integers(1, 999).map(lambda number: f"000000151700000000{number:06d}")
_leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _words
)
_values = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3)
)
_likely = {
    "venue": st.sampled_from(["HUOBI", "VENUE1"]),
    "orderId": st.integers(1, 9).map(lambda number: f"00000015170000000000{number}001"),
    "symbol": st.sampled_from(["BTCUSDT", "ETHBTC"]),
    "orderSide": st.sampled_from(["BUY", "SELL"]),
    "orderType": st.sampled_from(["LIMIT", "MARKET"]),
    "limitPrice": st.sampled_from(["29000", 30000, "31000"]),
    "quantity": st.sampled_from(["1", 0.5]),
}
_names = (
    *("coin", "currency", "amount", "address", "ticket", "memo", "targetVenue", "orderIdList", "timeInForce"),
    *("startTime", "endTime", "limit", "forward", "baseAsset", "quoteAsset", "orderStatus", "startDateTime"),
    *("startTimeDate", "endTimeDate", "page", "total"),
)
_fields = st.fixed_dictionaries(
    {}, optional={name: likely | _values for name, likely in _likely.items()} | dict.fromkeys(_names, _values)
)
_bodies = st.tuples(_fields, st.none() | _fields | _values).map(
    lambda pair: {"accountId": ACCOUNT, **pair[0]} | ({} if pair[1] is None else {"orderInfo": pair[1]})
)


@pytest.mark.parametrize("method", sorted([*METHODS._methods, *ALIASES]))
@settings(max_examples=60, deadline=None)
@given(body=_bodies | _values)
def test_any_body_is_answered_or_refused(method: str, body: Any) -> None:
    raw = json.dumps(body).encode()
    try:
        encode(METHODS.call(Caller(ACCOUNT, "K", method), raw))
    except Problem as problem:
        encode(problem.error)
