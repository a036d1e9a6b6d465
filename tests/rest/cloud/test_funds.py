"""Balances, money and credit at an exchange of the Cloud API: the document's own answers, and the simulated one."""

import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from oms.core.movements import Movement, MovementStatus
from oms.core.secret import Secret
from oms.rest.cloud.account import Account, Source
from oms.rest.cloud.caller import Caller
from oms.rest.cloud.funds import Clients, CloudAccountGatherer, balances_of
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.models import BalanceRow
from oms.rest.cloud.money import MoneyClient
from oms.rest.cloud.orders import OrderClient
from oms.rest.cloud.signing import Credential, Operator
from oms.rest.submits import Submits
from oms.rest.transport import Transport
from tests.rest.cloud import samples
from tests.rest.cloud.marked import CREDENTIALS
from tests.rest.weex.scripted import Answer, ScriptedVenue
from tests.rest.weex.simulated import Simulator

D = Decimal
NOW_NS = 1_511_762_673_587_000_000  # of the document's own loan


def movement(kind: str, **terms: Any) -> Movement:
    filled = {"currency": "eth", "amount": D("10.1"), "time_ns": NOW_NS, **terms}
    return Movement(id="m1", session="c", account="1", kind=kind, label="x", exchange="c", **filled)


WITHDRAWAL = movement("withdrawal", address="0xde", memo="tag")


def gatherer(url: str, source: Source = "api", account_id: int | None = None) -> CloudAccountGatherer:
    credential = Credential(access_key="KEY", secret=Secret("made-up"))
    transport = Transport(url, secrets=["made-up"], read_timeout_s=2)
    caller = Caller(transport, Operator(host=url.removeprefix("http://")), credential)
    clients = Clients(market=MarketClient(caller), orders=OrderClient(caller), money=MoneyClient(caller))
    return CloudAccountGatherer(clients, Account(Submits(), list, source=source, account_id=account_id))


def against(*answers: Answer, ask: Callable[[CloudAccountGatherer], Any]) -> tuple[Any, list[str]]:
    with ScriptedVenue(list(answers)) as venue:
        found = ask(gatherer(venue.url))
        asked = [
            f"{each.method} {each.path.partition('?')[0]} {each.body.decode()}".strip()
            for each in venue.asked
        ]
        return found, asked


def rows(*found: dict[str, Any]) -> str:
    return json.dumps({"status": "ok", "data": list(found)})


def done(number: int) -> str:
    return json.dumps({"status": "ok", "data": number})


def test_balances_are_those_of_the_account() -> None:
    found, asked = against(samples.ACCOUNTS, samples.BALANCE, ask=lambda each: each.balances())
    (usdt,) = (each for each in found if each.currency == "usdt")
    assert (usdt.available, usdt.frozen) == (D("500009195917.4362872650"), D("328048.1199920000"))
    assert usdt.amount == usdt.available + usdt.frozen
    assert asked[1] == "GET /api/v1/account/accounts/100009/balance"


def test_what_a_margin_account_owes_is_less_of_it() -> None:
    listed = {  # the document's
        "trade": "1168.533",
        "frozen": "0",
        "loan": "-2.433",
        "interest": "-0.000533",
        "transfer-out-available": "1163.87217467",
        "loan-available": "8161.876538350676",
    }
    parts = [BalanceRow(currency="btc", type=kind, balance=D(amount)) for kind, amount in listed.items()]
    found = {each.currency: each for each in balances_of(parts)}
    assert found["btc"].amount == D("1168.533") - D("2.433") - D("0.000533")
    assert found["btc"].available == D("1168.533")  # and not what might be had as a loan


SENT = {
    "withdrawal": (
        WITHDRAWAL,
        done(700),
        "POST /api/v1/dw/withdraw/api/create",
        {"address": "0xde", "amount": "10.1", "currency": "eth", "addr-tag": "tag"},
        "700",
    ),
    "withdrawal-cancel": (
        movement("withdrawal-cancel", target="700"),
        done(700),
        "POST /api/v1/dw/withdraw-virtual/700/cancel",
        {},
        "700",
    ),
    "margin-in": (
        movement("margin-in", target="ethusdt", amount=D("1.0")),
        samples.TRANSFER,
        "POST /api/v1/dw/transfer-in/margin",
        {"symbol": "ethusdt", "currency": "eth", "amount": "1.0"},
        "1000",
    ),
    "margin-out": (
        movement("margin-out", target="ethusdt", amount=D("1.0")),
        samples.TRANSFER,
        "POST /api/v1/dw/transfer-out/margin",
        {"symbol": "ethusdt", "currency": "eth", "amount": "1.0"},
        "1000",
    ),
    "loan": (
        movement("loan", target="ethusdt"),
        samples.LOAN,
        "POST /api/v1/margin/orders",
        {"symbol": "ethusdt", "currency": "eth", "amount": "10.1"},
        "59378",
    ),
    "repayment": (
        movement("repayment", target="ethusdt", subject="59378"),
        samples.LOAN,
        "POST /api/v1/margin/orders/59378/repay",
        {"amount": "10.1"},
        "59378",
    ),
}


@pytest.mark.parametrize("name", SENT)
def test_each_kind_is_one_request(name: str) -> None:
    wanted, answer, line, body, number = SENT[name]
    moved, (asked,) = against(answer, ask=lambda each: each.carry_out(wanted))
    assert (moved.status, moved.log_id) == (MovementStatus.DONE, number)
    assert asked.startswith(line)
    assert json.loads(asked.removeprefix(line)) == body


@pytest.mark.parametrize("name", SENT)
@pytest.mark.parametrize(
    "answer", ["<html>", (502, "x"), '{"status":"error","err-code":"system-error","err-msg":"x"}']
)
def test_without_an_answer_that_proves_anything_it_is_in_doubt_and_never_sent_again(
    name: str, answer: Answer
) -> None:
    moved, asked = against(answer, ask=lambda each: each.carry_out(SENT[name][0]))
    assert (moved.status, len(asked)) == (MovementStatus.IN_DOUBT, 1)


def test_a_refusal_refuses_and_what_the_venue_does_not_have_is_not_sent() -> None:
    refusal = '{"status":"error","err-code":"dw-insufficient-balance","err-msg":"not enough"}'
    moved, _ = against(refusal, ask=lambda each: each.carry_out(WITHDRAWAL))
    assert moved.status is MovementStatus.REFUSED
    moved, asked = against(ask=lambda each: each.carry_out(movement("coupon")))
    assert (moved.status, asked) == (MovementStatus.REFUSED, [])


def withdrawn(number: int = 7, state: str = "confirmed", **more: Any) -> dict[str, Any]:
    stamps = {"created-at": NOW_NS // 1_000_000, "updated-at": NOW_NS // 1_000_000}
    plain = {"id": number, "type": "withdraw", "currency": "eth", "amount": "10.1", "address": "0xde"}
    return {**plain, "state": state, **stamps, **more}


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ([withdrawn()], "DONE"),
        ([withdrawn(state="submitted")], "DONE"),
        ([withdrawn(state="reject")], "REFUSED"),
        ([withdrawn(state="a-new-word")], None),
        ([withdrawn(8), withdrawn()], None),  # either could be it
        ([withdrawn(), withdrawn(6)], "DONE"),  # 6 is another movement of ours
        ([withdrawn(address="0xab")], None),
        ([{**withdrawn(), "created-at": NOW_NS // 1_000_000 - 61_000}], None),
        ([], None),
    ],
)
def test_one_withdrawal_that_fits_decides(found: list[dict[str, Any]], status: str | None) -> None:
    decided, _ = against(rows(*found), rows(*found[-1:]), ask=lambda each: each.look_for(WITHDRAWAL, {"6"}))
    assert (decided and decided.status) == status


@pytest.mark.parametrize(
    ("state", "status"), [("canceled", "DONE"), ("confirmed", "REFUSED"), ("pass", None)]
)
def test_whether_a_withdrawal_was_taken_back_is_seen_by_its_own_state(state: str, status: str | None) -> None:
    back = movement("withdrawal-cancel", target="7", subject="w1")
    found = withdrawn(state=state)
    decided, _ = against(rows(found), rows(found), ask=lambda each: each.look_for(back, {"7"}))
    assert (decided and decided.status) == status


def test_one_loan_that_fits_decides() -> None:
    loan = movement("loan", currency="btc", amount=D("0.333"), target="btcusdt")
    answers = (samples.LOAN_ORDERS, samples.LOAN_ORDERS)
    decided, _ = against(*answers, ask=lambda each: each.look_for(loan, ()))
    assert (decided.status, decided.log_id) == (MovementStatus.DONE, "232")
    decided, _ = against(*answers, ask=lambda each: each.look_for(loan, {"232"}))
    assert decided is None


@pytest.mark.parametrize("kind", ["margin-in", "margin-out", "repayment"])
def test_what_no_list_shows_is_for_a_person(kind: str) -> None:
    decided, asked = against(ask=lambda each: each.look_for(movement(kind, target="ethusdt"), ()))
    assert (decided, asked) == (None, [])


# --- the simulated exchange -----------------------------------------------------------------------------------------


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator("cloud", *CREDENTIALS) as running:
        yield running


def now(kind: str, **terms: Any) -> Movement:
    return movement(kind, **{"time_ns": time.time_ns(), "currency": "usdt", "amount": D(100), **terms})


@pytest.mark.system
def test_the_simulated_exchange_takes_a_withdrawal_on_and_back(simulator: Simulator) -> None:
    each = gatherer(simulator.url)
    sent = now("withdrawal", address="0xde")
    moved = each.carry_out(sent)
    assert moved.status is MovementStatus.DONE
    listed = each.look_for(sent, ())
    assert listed is not None
    assert listed.log_id == moved.log_id
    back = now("withdrawal-cancel", target=moved.log_id)
    assert each.carry_out(back).status is MovementStatus.DONE
    listed = each.look_for(back, ())
    assert listed is not None
    assert listed.status is MovementStatus.DONE
    assert each.carry_out(back).status is MovementStatus.REFUSED  # it is canceled


@pytest.mark.system
def test_margin_and_loans_at_the_simulated_exchange_and_what_is_owned(simulator: Simulator) -> None:
    spot = gatherer(simulator.url)
    number = next(row.id for row in spot._clients.orders.accounts() if row.type == "margin")
    margin = gatherer(simulator.url, "margin-api", number)
    before = owned(spot)
    assert spot.carry_out(now("margin-in", target="btcusdt")).status is MovementStatus.DONE
    assert before - owned(spot) == owned(margin) == D(100)
    loan = now("loan", target="btcusdt", amount=D(50))
    taken = margin.carry_out(loan)
    assert taken.status is MovementStatus.DONE
    interest = D(100) - owned(margin)
    assert D(0) <= interest < D("0.1")  # what was lent is owed
    listed = margin.look_for(loan, ())
    assert listed is not None
    assert listed.log_id == taken.log_id
    repaid = margin.carry_out(now("repayment", target="btcusdt", subject=taken.log_id, amount=D(50)))
    assert repaid.status is MovementStatus.DONE
    assert margin.carry_out(now("margin-out", target="btcusdt", amount=D(40))).status is MovementStatus.DONE
    assert before - owned(spot) == D(60)


def owned(each: CloudAccountGatherer) -> Decimal:
    return next(row.amount for row in each.balances() if row.currency == "usdt")
