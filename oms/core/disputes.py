"""What is done about an anomaly: it goes on its order's record, and the venue is asked how it stands."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from oms.core import events as ev
from oms.core.asking import ask
from oms.core.messages import Anomaly
from oms.core.order import Order
from oms.core.showing import news
from oms.core.values import AnomalyCode
from oms.core.work import Work

_FROM_ANSWERS: Final = (
    AnomalyCode.STATUS_MISMATCH,
    AnomalyCode.UNCONFIRMED_FILL,
    AnomalyCode.AMBIGUOUS_SUBMIT,
)
"""Contradictions that an answer shows: to ask again at once would only give the same answer."""
MOST: Final = 10_000


class Disputes:
    """Which anomalies of an order were asked about since the venue last stated it without one.

    Derived, and lost without harm: each is asked about once more.

    Attributes:
        asked: their codes, by our number of the order.

    """

    def __init__(self) -> None:
        """Start with none."""
        self.asked: defaultdict[int, set[str]] = defaultdict(set)

    def note(self, work: Work, order: Order | None, anomaly: Anomaly) -> None:
        """Show an anomaly on its order, and ask the venue how it stands: something it said is not counted.

        One that is the order's last already is told nobody again, nor asked about: the answer would be the same.
        """
        is_news = order is None or news(order, anomaly) is not None
        if is_news:
            work.alert(str(anomaly.code), anomaly.text, order=order)
        if order is None or anomaly.code is AnomalyCode.UNKNOWN_ORDER:
            return  # an order that is adopted contradicts nothing of its own
        work.emit(ev.AnomalyNoted(order=order.number, code=str(anomaly.code), text=anomaly.text))
        may_help = is_news and anomaly.code not in _FROM_ANSWERS and not order.questions
        if may_help and self._is_first(order.number, anomaly.code):
            ask(work, order)

    def _is_first(self, number: int, code: AnomalyCode) -> bool:
        """Whether it was not asked about yet: anomalies that take turns would be asked about for ever."""
        codes = self.asked[number]
        if code in codes:
            return False
        codes.add(code)
        while len(self.asked) > MOST:
            del self.asked[next(iter(self.asked))]
        return True

    def agreed(self, events: Iterable[ev.Fact]) -> None:
        """A step without an anomaly: what the venue stated in it is agreed."""
        for event in events:
            if type(event) is ev.StatusAnswered:
                self.asked.pop(event.order, None)
