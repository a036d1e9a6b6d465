"""The desk's figures and the process's own, in Prometheus' text."""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from oms.app.desk import Desk


class Figures(Collector):
    """The desk's figures as Prometheus wants them; a name that ends in `_total` is a counter."""

    def __init__(self, desk: Desk) -> None:
        """Ask this desk."""
        self._desk = desk

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Give the figures as they are now."""
        for name, value in self._desk.figures().items():
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            yield kind(name, name.removeprefix("oms_").removesuffix("_total").replace("_", " "), value=value)


class Metrics:
    """One page of figures, made anew each time."""

    media_type: Final = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self, desk: Desk) -> None:
        """Ask this desk; two daemons in one process do not meet."""
        self._registry = CollectorRegistry()
        self._registry.register(Figures(desk))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Write the page."""
        return generate_latest(self._registry)
