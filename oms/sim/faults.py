"""What goes wrong on purpose, how often, and what each word means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oms.sim import rates
from oms.sim.reports import Refusing

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping

DROP, SILENT, SILENT_LOST, REJECT = "drop", "silent", "silent-lost", "reject"
ACK_AFTER_FILL, LATE_FILL = "ack-after-fill", "late-fill"
DELAY, REPEAT, REORDER = "delay", "repeat", "reorder"
CANCEL_REJECTS = {f"cancel-reject-{way}": way for way in Refusing}

DELAY_MS = (200, 2000)
SWAP_WITHIN_MS = 500

# Drawn once for each request, in this order.
OF_REQUESTS: Mapping[str, str] = {
    DROP: "the connection is cut on an order, cancel or status request: before it is handled, "
    "after it took effect and before the answer, or after the answer",
    SILENT: "no answer, although the order or cancel took effect; later fills are reported",
    SILENT_LOST: "an order or cancel is ignored: no answer and no effect",
    REJECT: "a good new order is rejected",
    ACK_AFTER_FILL: "the acknowledgement of an order that fills at once comes after its first fill",
    "cancel-reject-9": "a good cancel is refused by OrderCancelReject (35=9)",
    "cancel-reject-3": "a good cancel is refused by a session Reject (35=3)",
    "cancel-reject-j": "a good cancel is refused by BusinessMessageReject (35=j)",
    "cancel-reject-8": "a good cancel is refused by an ExecutionReport with ExecType 8",
    LATE_FILL: "half of a canceled order traded first, and that is reported after the Canceled",
}
# Drawn once for each ExecutionReport.
OF_REPORTS: Mapping[str, str] = {
    DELAY: f"a report, and all that follow it, come {DELAY_MS[0]} to {DELAY_MS[1]} ms later",
    REPEAT: "a report is sent twice, with the same ExecID",
    REORDER: "a report comes after the next one; alone, after " + f"{SWAP_WITHIN_MS} ms",
}
MEANINGS: Mapping[str, str] = {**OF_REQUESTS, **OF_REPORTS}


def parse_rates(texts: Iterable[str]) -> dict[str, float]:
    """Read NAME=RATE; a ValueError says what is wrong, in one line."""
    return rates.parse_rates(texts, MEANINGS)


class Faults:
    """Seeded dice: the same sequence of requests and reports meets the same faults."""

    def __init__(self, rates: Mapping[str, float], rng: random.Random) -> None:
        """Faults without a rate never happen."""
        self._rates = dict(rates)
        self._rng = rng

    def of_request(self) -> frozenset[str]:
        """Return what goes wrong with the next request."""
        return self._draw(OF_REQUESTS)

    def of_report(self) -> frozenset[str]:
        """Return what goes wrong with the next report."""
        return self._draw(OF_REPORTS)

    def drop_moment(self) -> int:
        """When a dropped connection is cut: 0 before, 1 between, 2 after the answer."""
        return self._rng.randrange(3)

    def delay_s(self) -> float:
        """How much later a delayed report comes."""
        return self._rng.uniform(*DELAY_MS) / 1000

    def _draw(self, names: Mapping[str, str]) -> frozenset[str]:
        # Every named fault rolls its die each time, so that one hit does not shift the others.
        rates = ((name, self._rates[name]) for name in names if name in self._rates)
        return frozenset([name for name, rate in rates if self._rng.random() < rate])
