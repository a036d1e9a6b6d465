"""Balances and money of WEEX: against the document's own answers, and against the simulated venue."""

import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from oms.core.movements import Movement, MovementStatus
from oms.core.secret import Secret, fingerprint
from oms.rest.gathering import Moved
from oms.rest.transport import Transport
from oms.rest.weex.client import TradeClient, TradeRequest
from oms.rest.weex.funds import WeexAccountGatherer
from oms.rest.weex.nonce import Nonces
from oms.rest.weex.public import PublicClient
from tests.rest.weex import samples
from tests.rest.weex.marked import CREDENTIALS, KEYS
from tests.rest.weex.scripted import Answer, ScriptedVenue
from tests.rest.weex.simulated import Simulator

D = Decimal
KEY = next(iter(KEYS))
NOW_NS = 1_342_448_420_000_000_000  # of the document's own rows
ADDRESS = "1BARCQAEjxqp1sKneiFtBVTZzhTHBTYcN5"
CODE = "WEXUSD69AA4BBX1UAZ32BPLKBR0QZTX5AENVNFWNZHNQDZ"


def movement(kind: str, **terms: Any) -> Movement:
    filled = {"currency": "btc", "amount": D("0.31"), "time_ns": NOW_NS, **terms}
    return Movement(id="m1", session="weex", account="1", kind=kind, label="cold", exchange="weex", **filled)


WITHDRAWAL = movement("withdrawal", address=ADDRESS)
COUPON = movement("coupon", amount=D("0.11"), target="admin")
REDEMPTION = movement("redemption", currency="usd", amount=D(1), subject="sha256:0", inward=True)


def gatherer(url: str) -> WeexAccountGatherer:
    transport = Transport(url, secrets=[KEYS[KEY]], read_timeout_s=2)
    client = TradeClient(
        transport, key=KEY, secret=Secret(KEYS[KEY]), nonces=Nonces(KEY, lambda _key, _up_to: None)
    )
    return WeexAccountGatherer(PublicClient(transport), client)


def against(*answers: Answer, ask: Callable[[WeexAccountGatherer], Any]) -> tuple[Any, list[str]]:
    """Give what is made of the venue's answers, and what was asked."""
    with ScriptedVenue(list(answers)) as venue:
        found = ask(gatherer(venue.url))
        return found, [asked.body.decode() for asked in venue.asked]


def error(text: str) -> str:
    return json.dumps({"success": 0, "error": text})


def test_what_open_orders_hold_is_owned_too() -> None:
    active = samples.ACTIVE_ORDERS.replace("1342448420", "1342123540")  # as the answer of getInfo, or older
    found, _ = against(active, samples.GET_INFO, ask=lambda each: each.balances())
    assert {each.currency: (each.available, each.frozen, each.amount) for each in found} == {
        "btc": (D("23.998"), D("12.345"), D("36.343")),
        "ltc": (D(0), D(0), D(0)),
        "usd": (D(325), D(0), D(325)),
    }


def test_an_order_younger_than_the_cached_answer_holds_nothing_in_it() -> None:
    found, _ = against(samples.ACTIVE_ORDERS, samples.GET_INFO, ask=lambda each: each.balances())
    assert {each.frozen for each in found} == {D(0)}


def test_a_withdrawal_is_sent_once_to_its_address_and_what_went_is_told() -> None:
    moved, asked = against(samples.WITHDRAW_COIN, ask=lambda each: each.carry_out(WITHDRAWAL))
    assert (moved.status, moved.log_id, moved.moved) == (MovementStatus.DONE, "37832629", D("0.009"))
    (body,) = asked
    assert f"method=WithdrawCoin&nonce=1&coinName=BTC&amount=0.31&address={ADDRESS}" == body


def test_a_coupon_has_a_receiver_and_no_text_tells_its_code() -> None:
    moved, asked = against(samples.CREATE_COUPON, ask=lambda each: each.carry_out(COUPON))
    assert "coinName=BTC&amount=0.11&receiver=admin" in asked[0]
    assert moved.code.reveal() == CODE
    assert (moved.status, moved.log_id, moved.moved) == (MovementStatus.DONE, "37832629", D("0.11"))
    told = repr(moved)
    assert CODE not in told
    assert CODE[8:] not in told
    assert fingerprint(moved.code) in moved.reason


def test_a_redemption_tells_what_it_was_worth() -> None:
    moved, asked = against(samples.REDEEM_COUPON, ask=lambda each: each.redeem(REDEMPTION, Secret(CODE)))
    assert f"coupon={CODE}" in asked[0]
    assert (moved.status, moved.moved, moved.log_id) == (MovementStatus.DONE, D(1), "37832629")
    assert CODE not in repr(moved)


def test_a_coupon_of_another_currency_than_said_brings_nothing_of_that() -> None:
    wrong = movement("redemption", currency="btc", amount=D(1), inward=True)
    moved, _ = against(samples.REDEEM_COUPON, ask=lambda each: each.redeem(wrong, Secret(CODE)))
    assert (moved.status, moved.moved) == (MovementStatus.DONE, D(0))
    assert "1 USD" in moved.reason


@pytest.mark.parametrize("kind", ["transfer", "loan", "margin-in", "withdrawal-cancel", "redemption"])
def test_what_the_venue_does_not_have_is_refused_and_nothing_is_sent(kind: str) -> None:
    moved, asked = against(ask=lambda each: each.carry_out(movement(kind)))
    assert (moved.status, asked) == (MovementStatus.REFUSED, [])


@pytest.mark.parametrize(
    "answer", ["<html>busy</html>", (502, "x"), error("internal database error"), '{"success":1}']
)
@pytest.mark.parametrize(
    "ask",
    [
        lambda each: each.carry_out(WITHDRAWAL),
        lambda each: each.carry_out(COUPON),
        lambda each: each.redeem(REDEMPTION, Secret(CODE)),
    ],
)
def test_without_an_answer_that_proves_anything_it_is_in_doubt_and_never_sent_again(
    answer: Answer, ask: Callable[[WeexAccountGatherer], Moved]
) -> None:
    moved, asked = against(answer, ask=ask)
    assert (moved.status, len(asked)) == (MovementStatus.IN_DOUBT, 1)


def test_an_error_that_repeats_the_code_does_not_show_it() -> None:
    answer = error(f"internal database error at {CODE}")
    moved, _ = against(answer, ask=lambda each: each.redeem(REDEMPTION, Secret(CODE)))
    assert CODE not in moved.reason


@pytest.mark.parametrize(
    "text", ["invalid coupon", "api key dont have coupon permission", "It is not enough BTC"]
)
def test_a_check_that_failed_refuses(text: str) -> None:
    moved, _ = against(error(text), ask=lambda each: each.redeem(REDEMPTION, Secret(CODE)))
    assert moved.status is MovementStatus.REFUSED


# --- the venue's list decides, where it can -------------------------------------------------------------------------


def row(kind: int = 2, amount: str = "0.31", currency: str = "BTC", status: int = 2) -> dict[str, Any]:
    return {
        "type": kind,
        "amount": float(amount),
        "currency": currency,
        "desc": "",
        "status": status,
        "timestamp": 1342448420,
    }


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ({"7": row()}, "DONE"),
        ({"7": row(status=0)}, "REFUSED"),
        ({"7": row(status=1)}, None),  # waits for acceptance there
        ({"7": row(), "8": row()}, None),  # either could be it
        ({"7": row(), "6": row()}, "DONE"),  # 6 is another movement of ours
        ({"7": row(kind=1)}, None),  # a deposit
        ({"7": row(amount="0.32")}, None),
        ({"7": row(currency="LTC")}, None),
    ],
)
def test_one_row_that_fits_decides(rows: dict[str, Any], status: str | None) -> None:
    answer = json.dumps({"success": 1, "return": rows})
    found, asked = against(answer, ask=lambda each: each.look_for(WITHDRAWAL, {"6"}))
    assert (found and found.status) == status
    assert "since=1342448360" in asked[0]


def test_an_empty_list_decides_nothing() -> None:
    found, _ = against(error("no transactions"), ask=lambda each: each.look_for(WITHDRAWAL, ()))
    assert found is None


# --- the simulated venue --------------------------------------------------------------------------------------------


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator("weex", *CREDENTIALS, "--cache", "off", "--fee", "0") as running:
        yield running


def now_movement(kind: str, **terms: Any) -> Movement:
    return movement(kind, **{"time_ns": time.time_ns(), **terms})


@pytest.mark.system
def test_the_simulated_venue_pays_and_its_list_says_the_same(simulator: Simulator) -> None:
    each = gatherer(simulator.url)
    before = {row.currency: row for row in each.balances()}
    sent = now_movement("withdrawal", address=ADDRESS)
    moved = each.carry_out(sent)
    assert moved.status is MovementStatus.DONE
    listed = each.look_for(sent, ())
    assert listed is not None
    assert (listed.status, listed.log_id) == (MovementStatus.DONE, moved.log_id)
    coupon = now_movement("coupon", amount=D("0.11"))
    made = each.carry_out(coupon)
    assert made.code is not None
    known = {moved.log_id, None}
    listed = each.look_for(coupon, {name for name in known if name})
    assert listed is not None
    assert listed.log_id == made.log_id
    redeemed = each.redeem(now_movement("redemption", amount=D("0.11")), made.code)
    assert (redeemed.status, redeemed.moved) == (MovementStatus.DONE, D("0.11"))
    assert each.redeem(now_movement("redemption"), made.code).status is MovementStatus.REFUSED  # once
    after = {row.currency: row for row in each.balances()}
    assert before["btc"].amount - after["btc"].amount == D("0.31")


@pytest.mark.system
def test_an_order_that_rests_changes_nothing_of_what_is_owned(simulator: Simulator) -> None:
    each = gatherer(simulator.url)
    before = {row.currency: row.amount for row in each.balances()}
    each._trade.trade(TradeRequest(pair="btc_usd", type="buy", rate=D(28000), amount=D("1.5")))
    each._trade.trade(TradeRequest(pair="btc_usd", type="sell", rate=D(40000), amount=D("0.5")))
    after = {row.currency: row for row in each.balances()}
    assert {currency: row.amount for currency, row in after.items()} == before
    assert (after["usd"].frozen, after["btc"].frozen) == (D(42000), D("0.5"))
