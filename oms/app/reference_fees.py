"""Commissions of orders that trade over FIX: no report of Apifiny's names one, so the fills are asked for over REST.

An order is asked for when it has executed something and no fee of it is known, and again when it has executed more;
a few times at most, since a fee may be 0 and an order may be older than the venue's list.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from oms.core.messages import StatusRequest
from oms.core.order import Order
from oms.core.outgoing import status_request
from oms.rest.polling import Poller

MOST_QUESTIONS: Final = 3
MOST_AT_A_TIME: Final = 20


class Fees:
    """Looks for orders whose fees are not known, by interval."""

    def __init__(
        self,
        orders: Callable[[], Iterable[Order]],
        ask: Callable[[str, StatusRequest], bool],
        *,
        interval_s: float,
    ) -> None:
        """Prepare; `start` starts it.

        Args:
            orders: gives the orders in memory, newest first.
            ask: has a session's order asked for over REST; tells whether it can be.
            interval_s: between two looks, seconds.

        """
        self._orders = orders
        self._ask = ask
        self._interval_s = interval_s
        self._asked: dict[int, tuple[Decimal, int]] = {}
        self._poller = Poller("fees", self.turn)

    def start(self) -> None:
        """Begin."""
        self._poller.start()

    def stop(self, within_s: float) -> bool:
        """Ask nothing more; tell whether that ended in time."""
        return self._poller.stop(within_s)

    def turn(self) -> float:
        """Look once, and say how long to wait, seconds."""
        asked = 0
        seen = dict.fromkeys(order.number for order in self._orders())
        self._asked = {number: known for number, known in self._asked.items() if number in seen}
        for order in self._orders():
            if asked < MOST_AT_A_TIME and self._lacks(order):
                asked += self._ask(order.session, status_request(order))
        return self._interval_s

    def _lacks(self, order: Order) -> bool:
        """Whether a fee may be missing that a question could bring; counts the question."""
        if not order.cum_qty or order.cl_ord_id is None:
            return False
        qty, times = self._asked.get(order.number, (Decimal(0), 0))
        if order.cum_qty == qty and (order.fees or times >= MOST_QUESTIONS):
            return False
        self._asked[order.number] = order.cum_qty, times + 1 if order.cum_qty == qty else 1
        return True
