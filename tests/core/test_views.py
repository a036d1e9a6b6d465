"""The order object: the same in replay, in the API and on the screen."""

from oms.core.views import order_view
from tests.core.desk import Desk


def test_a_new_order() -> None:
    desk = Desk()
    assert order_view(desk.place("11=X 38=1.50 44=100.0")) == {
        "cl_ord_id": "X",
        "orig_cl_ord_id": None,
        "order_id": None,
        "symbol": "BTCUSDT",
        "side": "1",
        "ord_status": "A",
        "ord_status_name": "PendingNew",
        "phase": "PENDING_NEW",
        "order_qty": "1.5",
        "cum_qty": "0",
        "leaves_qty": "1.5",
        "avg_px": "0",
        "price": "100",
        "in_doubt": False,
        "pending": [{"cl_ord_id": "X", "kind": "new", "price": "100", "order_qty": "1.5"}],
    }


def test_an_order_of_which_little_is_known() -> None:
    desk = Desk()
    order = desk.working("11=X 152=1000 40=1")
    desk.tell("11=X 17=F 150=1 39=1 32=0.50000000")
    desk.send("35=F 11=Y 41=X")
    view = order_view(order)
    assert (view["order_qty"], view["leaves_qty"], view["price"], view["avg_px"]) == (None, None, None, None)
    assert (view["cum_qty"], view["order_id"]) == ("0.5", "O")
    assert view["pending"] == [{"cl_ord_id": "Y", "kind": "cancel", "price": None, "order_qty": None}]
