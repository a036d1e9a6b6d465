"""Marks and looks against the simulated venue, whose numbers and rows the adapter did not make up."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from oms.core.errors import OutcomeUnknown
from oms.core.messages import Mark, NewOrder
from oms.core.secret import Secret
from oms.rest.transport import Transport
from oms.rest.weex import terms
from oms.rest.weex.client import TradeClient, TradeRequest
from oms.rest.weex.executions import Executions, Listed
from oms.rest.weex.look import filled_at_once, look, take_mark
from oms.rest.weex.nonce import Nonces
from oms.rest.weex.refusals import WeexInDoubt
from tests.rest.weex.scripted import Asked, ScriptedVenue
from tests.rest.weex.simulated import Simulator

pytestmark = pytest.mark.system

KEY, SECRET = "46G9R9D6-WJ77XOIP", "made-up"
PAIR = "btc_usd"


def order(side: str, qty: str, price: str) -> NewOrder:
    return NewOrder(
        cl_ord_id="c1",
        symbol=PAIR,
        side=side,
        ord_type="2",
        order_qty=Decimal(qty),
        price=Decimal(price),
        time_in_force="1",
    )


def trade(client: TradeClient, message: NewOrder) -> int:
    request = terms.request_for(message)
    assert isinstance(request, TradeRequest)
    return client.trade(request).order_id


def client_of(url: str) -> TradeClient:
    nonces = Nonces(KEY, lambda _key, _up_to: None)
    return TradeClient(Transport(url, read_timeout_s=5), key=KEY, secret=Secret(SECRET), nonces=nonces)


@pytest.fixture(params=["", "--taker-rows"])
def client(request: pytest.FixtureRequest) -> Iterator[TradeClient]:
    extra = (request.param, "maker", "--empty", "error") if request.param else ()
    with Simulator("weex", "--credential", f"{KEY}:{SECRET}", "--cache", "off", *extra) as running:
        yield client_of(running.url)


def test_without_anything_there_is_no_mark_and_nothing_to_find(client: TradeClient) -> None:
    assert take_mark(client, PAIR) == Mark()
    assert look(client, order("1", "1", "29000"), Mark()) == ()


def test_an_order_that_rests_is_found_above_the_mark_and_what_was_there_before_is_not(
    client: TradeClient,
) -> None:
    before = trade(client, order("1", "1", "29000"))
    mark = take_mark(client, PAIR)
    assert mark.order_id == str(before)
    message = order("1", "1", "29000")
    mine = trade(client, message)
    trade(client, order("2", "1", "31000"))
    (found,) = look(client, message, mark)
    assert (found.order_id, found.order_qty, found.price) == (str(mine), Decimal(1), Decimal(29000))
    assert (found.snapshot.report.ord_status, found.snapshot.report.cum_qty) == ("0", Decimal(0))


def test_an_order_that_filled_at_once_is_found_by_its_executions(client: TradeClient) -> None:
    trade(client, order("1", "0.5", "30020"))
    mark = take_mark(client, PAIR)
    assert mark.trade_id is not None
    message = order("1", "2.5", "30020")
    assert trade(client, message) == 0
    (found,) = look(client, message, mark)
    assert (found.order_qty, found.snapshot.report.cum_qty) == (Decimal("2.5"), Decimal("2.5"))
    assert (found.snapshot.report.ord_status, found.snapshot.all_fills) == ("2", True)
    assert [(fill.shares, fill.price) for fill in found.snapshot.fills] == [
        (Decimal(1), Decimal(30000)),
        (Decimal(1), Decimal(30010)),
        (Decimal("0.5"), Decimal(30020)),
    ]
    shown = filled_at_once(client, message, mark)
    assert shown is not None
    assert shown.report.cl_ord_id == "c1"


def test_a_part_that_filled_at_once_belongs_to_the_order_that_rests(client: TradeClient) -> None:
    mark = take_mark(client, PAIR)
    message = order("1", "3", "30010")
    mine = trade(client, message)
    (found,) = look(client, message, mark)
    assert (found.order_id, found.order_qty) == (str(mine), Decimal(3))
    assert (found.snapshot.report.cum_qty, len(found.snapshot.fills)) == (Decimal(2), 2)
    assert found.snapshot.all_fills


def test_an_order_that_is_gone_before_the_look_is_found_by_what_it_executed(client: TradeClient) -> None:
    mark = take_mark(client, PAIR)
    message = order("1", "3", "30010")
    mine = trade(client, message)
    assert trade(client, order("2", "0.4", "30010")) == 0  # fills a part of what rests
    client.cancel_order(mine)
    (found,) = look(client, message, mark)
    assert (found.order_id, found.snapshot.report.ord_status) == (str(mine), "4")
    assert (found.snapshot.report.cum_qty, found.snapshot.all_fills) == (Decimal("2.4"), True)


def test_two_of_the_same_are_both_given(client: TradeClient) -> None:
    mark = take_mark(client, PAIR)
    message = order("2", "1", "31000")
    both = [str(trade(client, message)) for _ in range(2)]
    assert [found.order_id for found in look(client, message, mark)] == both


def test_a_look_that_meets_what_it_cannot_assign_says_nothing() -> None:
    with Simulator("weex", "--credential", f"{KEY}:{SECRET}", "--taker-rows", "maker") as running:
        client = client_of(running.url)
        mark = take_mark(client, PAIR)
        trade(client, order("1", "0.7", "30000"))
        with pytest.raises(OutcomeUnknown, match="name no order of ours"):
            look(client, order("1", "2.5", "30020"), mark)
        assert (
            look(client, order("1", "2.5", "29999"), mark) == ()
        )  # at a worse rate they are not of this one
        assert filled_at_once(client, order("1", "0.7", "30000"), mark) is not None


def test_a_look_that_is_not_complete_says_nothing() -> None:
    with Simulator(
        "weex", "--credential", f"{KEY}:{SECRET}", "--fault", "http-502@TradeHistory=1"
    ) as running:
        client = client_of(running.url)
        with pytest.raises(OutcomeUnknown):
            look(client, order("1", "1", "29000"), Mark())


def test_a_submit_that_timed_out_after_its_effect_is_found() -> None:
    fault = ("--fault", "http-timeout-after@Trade=1")
    with Simulator("weex", "--credential", f"{KEY}:{SECRET}", *fault) as running:
        client = client_of(running.url)
        mark, message = take_mark(client, PAIR), order("1", "3", "30010")
        with pytest.raises(WeexInDoubt) as doubted:
            trade(client, message)
        (found,) = look(client, message, mark)
        assert (found.order_qty, found.snapshot.report.cum_qty) == (Decimal(3), Decimal(2))
        assert client.accepted > (doubted.value.nonce or 0)


# --- executions read bit by bit -------------------------------------------------------------------------------------


def test_executions_are_read_once_and_agree_with_the_order(client: TradeClient) -> None:
    mark = take_mark(client, PAIR)
    mine = trade(client, order("1", "3", "30010"))
    executions = Executions()
    executions.begin(mine, int(mark.trade_id or 0))
    first = executions.snapshot(client, mine, PAIR)
    assert (len(first.fills), first.all_fills, first.report.avg_px) == (2, True, Decimal(30005))
    again = executions.snapshot(client, mine, PAIR)
    assert (again.fills, again.report.cum_qty, again.all_fills) == ((), Decimal(2), False)
    trade(client, order("2", "0.4", "30010"))
    later = executions.snapshot(client, mine, PAIR)
    assert [(fill.shares, fill.price) for fill in later.fills] == [(Decimal("0.4"), Decimal(30010))]
    assert later.report.cum_qty == Decimal("2.4")


def test_after_a_restart_executions_are_read_from_the_orders_beginning() -> None:
    with Simulator("weex", "--credential", f"{KEY}:{SECRET}") as running:
        client = client_of(running.url)
        mine = trade(client, order("1", "3", "30010"))
        trade(client, order("2", "0.4", "30010"))
        taken = Executions().snapshot(client, mine, PAIR)
        assert (len(taken.fills), taken.all_fills, taken.report.cum_qty) == (3, True, Decimal("2.4"))


def test_what_does_not_add_up_is_read_from_the_beginning_again() -> None:
    """A row that shows up late, below the highest that was read, is not lost."""
    late = [False]

    def script(asked: Asked) -> str:
        fields = dict(part.split("=") for part in asked.body.decode().split("&"))
        if fields["method"] == "OrderInfo":
            executed = Decimal("0.5") if not late[0] else Decimal(1)
            return (
                '{"success":1,"return":{"7":{"pair":"btc_usd","type":"sell","start_amount":13.345,'
                f'"amount":{Decimal("13.345") - executed},"rate":485,"timestamp_created":1342448420,"status":0}}}}}}'
            )
        row = '"%d":{"pair":"btc_usd","type":"sell","amount":0.5,"rate":485,"order_id":7,'
        row += '"is_your_order":1,"timestamp":1}'
        numbers = [number for number in ([11, 12] if late[0] else [12]) if number >= int(fields["from_id"])]
        return f'{{"success":1,"return":{{{",".join(row % number for number in numbers)}}}}}'

    with ScriptedVenue(script) as venue:
        client, executions = client_of(venue.url), Executions()
        executions.begin(7, 10)
        assert [fill.exec_id for fill in executions.snapshot(client, 7, PAIR).fills] == ["12"]
        late[0] = True
        assert [fill.exec_id for fill in executions.snapshot(client, 7, PAIR).fills] == ["11", "12"]
        assert executions.snapshot(client, 7, PAIR).report.cum_qty == Decimal(1)


def test_what_was_listed_for_one_order_serves_the_next(client: TradeClient) -> None:
    mark = int(take_mark(client, PAIR).trade_id or 0)
    mine = [trade(client, order("1", "3", "30010")), trade(client, order("1", "1", "30000"))]
    executions, listed = Executions(), Listed(client)
    for number in mine:
        executions.begin(number, mark)
    trade(client, order("2", "2", "30000"))
    before = client.accepted
    shown = [executions.snapshot(client, number, PAIR, listed) for number in mine]
    assert [(len(each.fills), each.all_fills) for each in shown] == [(3, True), (1, True)]
    assert client.accepted == before + 4, "TradeHistory to its end, and an OrderInfo for each"


def test_what_was_listed_too_early_is_listed_again(client: TradeClient) -> None:
    mark = int(take_mark(client, PAIR).trade_id or 0)
    mine = trade(client, order("1", "3", "30010"))
    executions, listed = Executions(), Listed(client)
    executions.begin(mine, mark)
    assert len(listed.above(PAIR, mark)) == 2
    trade(client, order("2", "0.4", "30010"))
    shown = executions.snapshot(client, mine, PAIR, listed)
    assert (len(shown.fills), shown.all_fills, shown.report.cum_qty) == (3, True, Decimal("2.4"))


def test_what_has_no_number_and_does_not_fit_stays_out() -> None:
    with Simulator("weex", "--credential", f"{KEY}:{SECRET}", "--taker-rows", "maker") as running:
        client = client_of(running.url)
        trade(client, order("1", "0.2", "30000"))
        mine = trade(client, order("1", "3", "30010"))
        shown = Executions().snapshot(client, mine, PAIR)
        assert (shown.report.cum_qty, shown.fills, shown.all_fills) == (Decimal(2), (), False)
