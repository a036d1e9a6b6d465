"""Orders whose commissions are not known are asked for, a few times at most."""

from decimal import Decimal

from oms.app.reference_fees import MOST_QUESTIONS, Fees
from oms.core.messages import StatusRequest
from oms.core.order import Order
from tests.core.desk import Desk


def order(desk: Desk, name: str, shares: int = 0) -> Order:
    made = desk.place(f"11={name} 38=50 44=100 1=A")
    if shares:
        desk.tell(f"11={name} 37=O{name} 17=F{name} 150=1 39=1 32={shares} 31=100")
    return made


def test_what_executed_and_has_no_fee_is_asked_for() -> None:
    desk = Desk()
    rests, fills = order(desk, "R"), order(desk, "F", 10)
    asked: list[str] = []

    def ask(_session: str, message: StatusRequest) -> bool:
        asked.append(message.cl_ord_id)
        return True

    fees = Fees(lambda: [rests, fills], ask, interval_s=7.0)
    assert fees.turn() == 7.0
    assert asked == ["F"]
    for _ in range(10):
        fees.turn()
    assert asked == ["F"] * MOST_QUESTIONS
    desk.tell("11=F 37=OF 17=G 150=1 39=1 32=5 31=100")  # more of it, so its fee is asked for too
    fees.turn()
    assert asked == ["F"] * (MOST_QUESTIONS + 1)
    fills.fees = {"USDT": Decimal(1)}
    fees.turn()
    assert asked == ["F"] * (MOST_QUESTIONS + 1)
