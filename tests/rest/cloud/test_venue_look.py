"""Marks and looks against the simulated exchange."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.errors import OutcomeUnknown
from oms.core.messages import Mark, NewOrder
from oms.core.secret import Secret
from oms.rest.cloud import terms
from oms.rest.cloud.caller import Caller
from oms.rest.cloud.look import look, order_snapshot, take_mark
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.models import PlaceRequest
from oms.rest.cloud.orders import OrderClient
from oms.rest.cloud.signing import Credential, Operator
from oms.rest.transport import Transport
from tests.rest.weex.simulated import Simulator

pytestmark = pytest.mark.system

SYMBOL = "btcusdt"
ARGUMENTS = ("--credential", "KEY:made-up")
LIMIT = NewOrder(
    cl_ord_id="c1",
    symbol=SYMBOL,
    side="1",
    ord_type="2",
    order_qty=Decimal(1),
    price=Decimal(29000),
    time_in_force="1",
)


class Desk:
    def __init__(self, url: str) -> None:
        operator = Operator(host=url.removeprefix("http://"))
        credential = Credential(access_key="KEY", secret=Secret("made-up"))
        caller = Caller(Transport(url, read_timeout_s=5), operator, credential)
        self.orders, self.market = OrderClient(caller), MarketClient(caller)
        self.account = next(row.id for row in self.orders.accounts() if row.type == "spot")

    def mark(self) -> Mark:
        return take_mark(self.orders, self.market, SYMBOL)

    def place(self, message: NewOrder) -> int:
        made = terms.request_for(message, self.account)
        assert isinstance(made, PlaceRequest)
        return self.orders.place(made)

    def found(self, message: NewOrder, mark: Mark) -> list[str]:
        return [candidate.order_id for candidate in look(self.orders, self.account, message, mark)]


def order(**changes: Any) -> NewOrder:
    return msgspec.structs.replace(LIMIT, **changes)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Simulator("cloud", *ARGUMENTS) as running:
        yield Desk(running.url)


def test_only_what_is_above_the_mark_and_of_the_same_kind_is_found(desk: Desk) -> None:
    assert desk.mark().order_id is None
    before = desk.place(LIMIT)
    mark = desk.mark()
    assert (mark.order_id, mark.trade_id) == (str(before), None)
    assert (mark.time_ns or 0) > 1_700_000_000_000_000_000
    mine = desk.place(LIMIT)
    desk.place(order(time_in_force="7"))
    desk.place(order(side="2", price=Decimal(31000)))
    assert desk.found(LIMIT, mark) == [str(mine)]
    (candidate,) = look(desk.orders, desk.account, LIMIT, mark)
    assert (candidate.created_ns or 0) >= (mark.time_ns or 0)
    assert (candidate.order_qty, candidate.price) == (Decimal(1), Decimal(29000))


def test_an_order_that_is_gone_is_found_with_its_fills(desk: Desk) -> None:
    desk.place(order(order_qty=Decimal("0.5"), price=Decimal(30000)))
    mark = desk.mark()
    assert mark.trade_id is not None
    message = order(order_qty=Decimal(4), price=Decimal(30010), time_in_force="3")
    mine = desk.place(message)
    (candidate,) = look(desk.orders, desk.account, message, mark)
    assert (candidate.order_id, candidate.order_qty) == (str(mine), Decimal(4))
    shown = candidate.snapshot
    assert (shown.report.ord_status, shown.report.cum_qty, len(shown.fills)) == ("4", Decimal(2), 2)
    assert shown.all_fills
    assert order_snapshot(desk.orders, mine) == shown


def test_a_market_buy_is_known_by_its_amount_in_quote_currency(desk: Desk) -> None:
    mark = desk.mark()
    message = order(ord_type="1", price=None, order_qty=None, cash_order_qty=Decimal(75000))
    mine = desk.place(message)
    (candidate,) = look(desk.orders, desk.account, message, mark)
    assert (candidate.order_id, candidate.order_qty, candidate.price) == (str(mine), Decimal(75000), None)


def test_more_than_a_page_of_orders_above_the_mark(desk: Desk) -> None:
    mark = desk.mark()
    message = order(order_qty=Decimal("0.0007"), price=Decimal(28000))
    mine = desk.place(message)
    for _ in range(104):
        desk.place(order(order_qty=Decimal("0.001"), side="2", price=Decimal(31000)))
    assert desk.found(message, mark) == [str(mine)]


def test_what_comes_late_is_found_once_it_is_there(desk: Desk) -> None:
    with Simulator("cloud", *ARGUMENTS, "--fault", "slow-submit=1") as running:
        slow = Desk(running.url)
        mark = slow.mark()
        mine = slow.place(LIMIT)
        assert slow.found(LIMIT, mark) == [str(mine)]  # pre-submitted, and in no list of open orders


@pytest.mark.parametrize("fault", ["http-timeout-after", "http-truncated"])
def test_a_submit_without_an_answer_is_found(fault: str) -> None:
    with Simulator("cloud", *ARGUMENTS, "--fault", f"{fault}@place=1") as running:
        desk = Desk(running.url)
        mark = desk.mark()
        with pytest.raises(OutcomeUnknown):
            desk.place(LIMIT)
        assert len(desk.found(LIMIT, mark)) == 1


def test_a_look_that_is_not_complete_says_nothing() -> None:
    with Simulator("cloud", *ARGUMENTS, "--fault", "http-502@orders=1") as running:
        desk = Desk(running.url)
        with pytest.raises(OutcomeUnknown):
            desk.found(LIMIT, Mark())
