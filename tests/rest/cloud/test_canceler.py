"""Which requests cancel what is open at an exchange of the Cloud API, against one that answers from a script."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from oms.core.errors import OutcomeUnknown, VenueError
from oms.core.messages import CancelOrder
from oms.core.secret import Secret
from oms.core.values import OrdStatus
from oms.rest.adapter import Outcome, Told
from oms.rest.cloud.account import Account
from oms.rest.cloud.caller import Caller
from oms.rest.cloud.canceler import Canceler
from oms.rest.cloud.orders import OrderClient
from oms.rest.cloud.signing import Credential, Operator
from oms.rest.line import Line
from oms.rest.submits import Submits
from tests.rest.cloud import samples
from tests.rest.weex.scripted import Answer, Asked, ScriptedVenue

ALL, SOME = "batchCancelOpenOrders", "batchcancel"


class Exchange:
    """Has orders open, and cancels so many of them at a request."""

    def __init__(self, numbers: Sequence[int], at_once: int = 100) -> None:
        self.open = list(numbers)
        self.at_once = at_once
        self.requests: list[str] = []
        self.instead: dict[str, Answer] = {}

    def __call__(self, asked: Asked) -> Answer:
        name = asked.path.partition("?")[0].rsplit("/", 1)[-1]
        self.requests.append(name)
        if name in self.instead:
            return self.instead[name]
        if name == "accounts":
            return samples.ACCOUNTS
        return json.dumps({"status": "ok", "data": self._done(name, asked)})

    def _done(self, name: str, asked: Asked) -> Any:
        if name == "openOrders":
            return [_row(number) for number in self.open]
        if name == SOME:
            gone = json.loads(asked.body)["order-ids"]
            self.open = [number for number in self.open if str(number) not in gone]
            return {"success": gone, "failed": []}
        gone, self.open = self.open[: self.at_once], self.open[self.at_once :]
        return {"success-count": len(gone), "failed-count": 0, "next-id": self.open[0] if self.open else -1}


def _row(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "symbol": "ethusdt",
        "account-id": 100009,
        "amount": "1",
        "price": "1",
        "created-at": 1,
        "type": "buy-limit",
        "filled-amount": "0",
        "filled-cash-amount": "0",
        "filled-fees": "0",
        "source": "api",
        "state": "submitted",
    }


def cancel(number: int) -> CancelOrder:
    return CancelOrder(
        cl_ord_id=f"c{number}", orig_cl_ord_id=f"o{number}", symbol="ethusdt", side="1", order_id=str(number)
    )


def canceled(
    exchange: Exchange, *numbers: int, left: Callable[[str], None] = lambda _: None
) -> Sequence[Outcome]:
    with ScriptedVenue(exchange) as venue:
        line = Line(venue.url, read_timeout_s=2)
        line.begin("trade", left)
        credential = Credential(access_key="KEY", secret=Secret("made-up"))
        client = OrderClient(Caller(line, Operator(host=venue.address), credential))
        canceler = Canceler(
            client, line, Account(Submits(), list), lambda symbol: client.open_orders(100009, symbol)
        )
        return canceler.cancel_open([cancel(number) for number in numbers], "ethusdt")


def counted(exchange: Exchange) -> dict[str, int]:
    return {name: exchange.requests.count(name) for name in (ALL, SOME)}


def all_pending(outcomes: Sequence[Outcome]) -> bool:
    return all(
        isinstance(each, Told) and each.state.ord_status == OrdStatus.PENDING_CANCEL for each in outcomes
    )


def test_it_is_asked_for_until_nothing_is_open() -> None:
    exchange = Exchange(range(1, 251))
    outcomes = canceled(exchange, *range(1, 251))
    assert counted(exchange) == {ALL: 3, SOME: 0}
    assert (len(outcomes), all_pending(outcomes), exchange.open) == (250, True, [])


def test_what_left_is_the_request_and_not_the_list_before_it() -> None:
    left: list[str] = []
    canceled(Exchange([1, 2]), 1, 2, left=left.append)
    assert len(left) == 1
    assert ALL in left[0]


@pytest.mark.parametrize("open_there", [[1, 2, 9], []])
def test_with_another_order_open_or_none_the_numbers_are_used(open_there: list[int]) -> None:
    exchange = Exchange(open_there)
    assert all_pending(canceled(exchange, 1, 2))
    assert counted(exchange) == {ALL: 0, SOME: 1}
    assert exchange.open == [number for number in open_there if number == 9]


def test_without_progress_what_is_left_goes_by_number() -> None:
    exchange = Exchange([1, 2, 3], at_once=0)
    assert all_pending(canceled(exchange, 1, 2, 3))
    assert counted(exchange) == {ALL: 1, SOME: 1}
    assert exchange.open == []


def test_an_order_that_comes_in_between_is_not_hit() -> None:
    placed: list[bool] = []

    class Busy(Exchange):
        def _done(self, name: str, asked: Asked) -> Any:
            found = super()._done(name, asked)
            if name == ALL and not placed:
                placed.append(True)
                self.open.append(999)
            return found

    exchange = Busy(range(1, 111))
    canceled(exchange, *range(1, 111))
    assert counted(exchange) == {ALL: 1, SOME: 1}
    assert exchange.open == [999]


def test_a_list_that_cannot_be_had_leaves_the_numbers() -> None:
    exchange = Exchange([1, 2])
    exchange.instead["openOrders"] = (502, "x")
    assert all_pending(canceled(exchange, 1, 2))
    assert counted(exchange) == {ALL: 0, SOME: 1}


def test_a_refusal_leaves_the_numbers() -> None:
    exchange = Exchange([1, 2])
    exchange.instead[ALL] = '{"status": "error", "err-code": "invalid-parameter", "err-msg": "no"}'
    assert all_pending(canceled(exchange, 1, 2))
    assert counted(exchange) == {ALL: 1, SOME: 1}


def test_without_an_answer_all_are_in_doubt_and_nothing_else_is_asked() -> None:
    exchange = Exchange([1, 2])
    exchange.instead[ALL] = (502, "x")
    with pytest.raises(OutcomeUnknown):
        canceled(exchange, 1, 2)
    assert counted(exchange) == {ALL: 1, SOME: 0}


def test_without_the_list_after_it_nobody_knows_how_far_it_came() -> None:
    class Breaking(Exchange):
        def _done(self, name: str, asked: Asked) -> Any:
            if name == ALL:
                self.instead["openOrders"] = (502, "x")
            return super()._done(name, asked)

    with pytest.raises(VenueError) as raised:
        canceled(Breaking([1, 2]), 1, 2)
    assert isinstance(raised.value, OutcomeUnknown)
