"""A day of trading that ends alike on every kind of venue.

Each step trades a quantity at prices that the fixed book and the other account settle. Faults change which orders a
step needs, and neither its executions by price nor the position that it leaves.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal

from tests.contract.person import ATTEMPTS, BEST, Person, is_over, is_settled
from tests.system.harness import WAIT_S


class Day(Person):
    """One desk's day."""

    def trade(self) -> None:
        """Trade."""
        resting = [self.sent({"order_qty": "1", "price": "29000"})]
        self.taken("2.5", order_qty="2.5", price="30020")
        self.partly()
        self.changed_mind()
        self.raced()
        self.replaced()
        self.taken("2", side="SELL", order_qty="4", price="29980", time_in_force="IOC")
        market = {"ord_type": "MARKET", "exchange": self.words.market_exchange, "order_qty": "", "price": ""}
        self.taken("2.4993", **{**market, "side": "BUY", **self.words.market_buy})
        self.taken("2", **{**market, "side": "SELL", **self.words.market_sell})
        self.closed(resting)

    def partly(self) -> None:
        """Take what is there; the rest is filled by another."""
        self.completed("3", "BUY", "30010", [self.sent({"order_qty": "3", "price": "30010"})])

    def changed_mind(self) -> None:
        """Cancel an order that was filled in part, and then order the rest all the same."""
        any_id = self.sent({"order_qty": "2", "price": "29995"})
        self.given(any_id, "0.5")
        self.canceled(any_id)
        self.completed("2", "BUY", "29995", [any_id])

    def raced(self) -> None:
        """Cancel an order while it is filled."""
        any_id = self.sent({"order_qty": "1", "price": "29996"})
        with beside(lambda: self.other("SELL", Decimal(1), BEST["BUY"])):
            self.canceled(any_id)
        self.completed("1", "BUY", "29996", [any_id])

    def replaced(self) -> None:
        """Have another quantity."""
        any_id = self.sent({"order_qty": "1", "price": "29994"})
        self.changed.add(any_id)
        for _ in range(ATTEMPTS):
            order = self.when(any_id, is_settled, "the replace has an outcome")
            if is_over(order) or order["order_qty"] == "2":
                break
            self.able()
            url = f"{self.desk.daemon.url}/v1/orders/{any_id}"
            self.desk.daemon.http.patch(url, json={"order_qty": "2"}, timeout=WAIT_S)
        self.completed("2", "BUY", "29994", [any_id])

    def burst(self, side: str, price: str) -> list[str]:
        """Give many orders at once, while the connection breaks; what did not get there is sent again."""
        terms = {"side": side, "order_qty": "0.25", "price": price}
        self.able()
        ids = [self.desk.new_id() for _ in range(4)]
        for any_id in ids:
            self.desk.daemon.submit(any_id, **self._said(terms)).raise_for_status()
        self.desk.sim.cut()
        self.desk.sim.heal()
        for any_id in list(ids):
            order = self.when(any_id, is_settled, "the venue has answered")
            if order["ord_status_name"] == "Rejected":
                self.retold.append(f"{order['denial']} {order['reason']}")
                ids.append(self.sent(terms))
        return ids

    def closed(self, resting: list[str]) -> None:
        """Cancel all the rest; what was executed on the way is made whole, so that all kinds end alike."""
        bids = self.burst("BUY", "29001")
        self.swept()
        self.completed("1", "BUY", "29000", resting)
        self.completed("1", "BUY", "29001", bids)
        offers = self.burst("SELL", "30500")
        self.swept()
        self.completed("1", "SELL", "30500", offers)
        self.swept()

    def swept(self) -> None:
        """Cancel everything from the command line."""
        for _ in range(ATTEMPTS):
            self.able()
            if self.said("order", "cancel", "--all").returncode == 0:
                assert self.open() == []
                return
        raise AssertionError([self.desk.daemon.session(), self.open()])


@contextlib.contextmanager
def beside(act: Callable[[], None]) -> Iterator[None]:
    """Do something while a block runs."""
    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield
    finally:
        thread.join()
