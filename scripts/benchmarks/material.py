"""Reports, logs and journals to measure with, made by hand and not by the code that is measured."""

from collections.abc import Iterator
from pathlib import Path

from peer import SOH, frame

WHEN = "20260301-09:00:00.000"


def order_fields(index: int, qty: int) -> str:
    """Give the body of a NewOrderSingle."""
    return (
        f"11=15{index:016d}{SOH}1=STA-00000015{SOH}21=1{SOH}55=BTCUSDT{SOH}54=1{SOH}60={WHEN}{SOH}38={qty}{SOH}"
        f"40=2{SOH}44=30000.5{SOH}59=1{SOH}207=VENUE1{SOH}"
    )


def report_fields(number: int, index: int, step: int, qty: int) -> str:
    """Give the body of an ExecutionReport: step 0 acknowledges, every further one fills 1."""
    kind = "0" if step == 0 else "2" if step == qty else "1"
    shares, price, average = (0, "0", "0") if step == 0 else (1, "30000.5", "30000.5")
    return (
        f"37=V{index}{SOH}11=15{index:016d}{SOH}17=E{number}{SOH}20=0{SOH}55=BTCUSDT{SOH}54=1{SOH}38={qty}{SOH}"
        f"150={kind}{SOH}39={kind}{SOH}44=30000.5{SOH}32={shares}{SOH}31={price}{SOH}151={qty - step}{SOH}"
        f"14={step}{SOH}6={average}{SOH}60={WHEN}{SOH}"
    )


def reports(count: int, orders: int) -> Iterator[tuple[int, int, int]]:
    """Give (number, order, step) of each report: all acknowledgements, then fills in turn."""
    for number in range(count):
        step, index = divmod(number, orders)
        yield number, index, step


def write_log(path: Path, *, orders: int, count: int) -> None:
    """Write a QuickFIX message log of orders and reports."""
    qty = max(count // orders - 1, 1)
    seq_in = seq_out = 0
    with path.open("wb") as log:
        for index in range(orders):
            seq_out += 1
            head = f"35=D{SOH}34={seq_out}{SOH}49=STA-00000015{SOH}52={WHEN}{SOH}56=APIFINY{SOH}"
            log.write(f"{WHEN}000000 : ".encode() + frame(head + order_fields(index, qty)) + b"\n")
        for number, index, step in reports(count, orders):
            seq_in += 1
            head = f"35=8{SOH}34={seq_in}{SOH}49=APIFINY{SOH}52={WHEN}{SOH}56=STA-00000015{SOH}"
            body = report_fields(number, index, step, qty)
            log.write(f"{WHEN}000000 : ".encode() + frame(head + body) + b"\n")


def report_texts(*, orders: int, count: int) -> list[str]:
    """Give the reports as texts."""
    qty = max(count // orders - 1, 1)
    head = f"35=8{SOH}34=1{SOH}49=APIFINY{SOH}52={WHEN}{SOH}56=STA-00000015{SOH}"
    return [
        frame(head + report_fields(number, index, step, qty)).decode()
        for number, index, step in reports(count, orders)
    ]
