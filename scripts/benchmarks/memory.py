"""`memory`: bytes per live and per finished order, as the process grows."""

import gc
from pathlib import Path

from figures import figure, say
from material import report_texts

from oms.app.published import Published
from oms.core.inputs import PlaceOrder, Received, SessionUp
from oms.core.values import parse_decimal
from oms.engine import Engine, Route
from oms.fix.codec import decode, split
from oms.fix.dialects import FIX42

ORDERS = 100_000
ROUTE = Route(session="main", account="STA-00000015", id_prefix="15")


def resident() -> int:
    """Give the resident memory of this process in bytes."""
    gc.collect()
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def run(_runs: int, _folder: Path) -> None:
    """Print the figures; one run, because memory does not drift."""
    say(f"memory: {ORDERS:,} orders, acknowledged; then each filled by two executions")
    engine, published, now = Engine([ROUTE]), Published(), 1_772_355_600_000_000_000
    engine.step(SessionUp(session="main"), now)
    before = resident()
    ids = []
    for index in range(ORDERS):
        terms = {"symbol": "BTCUSDT", "side": "1", "exchange": "VENUE1", "price": parse_decimal("30000.5")}
        engine.step(PlaceOrder(client_order_id=f"o{index}", order_qty=parse_decimal("2"), **terms), now)
        ids.append(engine.blotter.orders[index + 1].cl_ord_id or "")
    _feed(engine, published, ids, now, steps=range(1))
    live = (resident() - before) / ORDERS
    _feed(engine, published, ids, now, steps=range(1, 3))
    finished = (resident() - before) / ORDERS
    figure("memory", bytes_per_live_order=round(live), bytes_per_finished_order=round(finished))


def _feed(engine: Engine, published: Published, ids: list[str], now: int, *, steps: range) -> None:
    """Report the same steps for every order, and publish as the daemon does."""
    for number, text in enumerate(report_texts(orders=ORDERS, count=ORDERS * 3)):
        step, index = divmod(number, ORDERS)
        if step not in steps:
            continue
        fields = split(text)
        fields["11"] = ids[index]
        report = decode(fields, FIX42)
        engine.step(Received(session="main", raw=text, report=report), now)  # type: ignore[arg-type]
        for touched in engine.take_touched():
            published.publish(engine.blotter.orders[touched])
