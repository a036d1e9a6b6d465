"""What a simulated venue has on record of an account: its orders, their executions, the position that they make."""

from dataclasses import dataclass, field
from decimal import Context, Decimal, DivisionByZero, InvalidOperation
from typing import Any

from tests.contract.kinds import Sim

SIGNS = {"1": 1, "2": -1, "buy": 1, "sell": -1, "BUY": 1, "SELL": -1}
ENDS = {"canceled", "rejected"}
ROUNDED = Context(prec=60, traps=[InvalidOperation, DivisionByZero])  # a third has no end, and is no mistake


@dataclass
class Entry:
    """An order on record."""

    qty: Decimal
    fills: list[tuple[Decimal, Decimal]] = field(default_factory=list)
    ended: bool = False

    @property
    def cum_qty(self) -> Decimal:
        """What was executed."""
        return sum((shares for shares, _ in self.fills), Decimal(0))

    @property
    def left(self) -> Decimal:
        """What can still be executed."""
        return Decimal(0) if self.ended else max(self.qty - self.cum_qty, Decimal(0))


class Ledger:
    """One account's part of a record."""

    def __init__(self, sim: Sim, account: str, named_by: str) -> None:
        """Read the record of this simulated venue; `named_by` is what it calls an order by."""
        self._sim, self._account, self._named_by = sim, account, named_by

    def entries(self) -> list[dict[str, Any]]:
        """Give what the exchange did for the account, in order."""
        kinds = {"accepted", "fill", "canceled", "rejected"}
        mine = (entry for entry in self._sim.entries() if entry.get("account") == self._account)
        return [entry for entry in mine if entry["event"] in kinds]

    def orders(self) -> dict[str, Entry]:
        """Give the orders that were taken on."""
        found: dict[str, Entry] = {}
        for entry in self.entries():
            name = str(entry[self._named_by])
            if entry["event"] == "accepted":
                assert name not in found, f"{name} is there twice"
                found[name] = Entry(Decimal(entry.get("qty", entry.get("amount", "0"))))
            elif entry["event"] == "fill":
                found[name].fills.append((Decimal(entry["last_qty"]), Decimal(entry["last_px"])))
            elif name in found:
                found[name].ended = True
        return found

    def left(self, name: str) -> Decimal:
        """Say how much of an order can still be executed."""
        return self.orders()[name].left

    def executed(self, name: str) -> Decimal:
        """Say what was executed of an order."""
        return self.orders()[name].cum_qty

    def idle(self, since: int) -> bool:
        """Say whether there are more orders than `since`, and none of them is open."""
        orders = self.orders()
        return len(orders) > since and not any(order.left for order in orders.values())

    def position(self) -> dict[str, Decimal]:
        """Fold the executions by average cost: quantity, what was bought and sold, average cost, realised P&L."""
        qty = cost = realised = bought = sold = Decimal(0)
        for entry in self.entries():
            if entry["event"] != "fill":
                continue
            shares, price = Decimal(entry["last_qty"]), Decimal(entry["last_px"])
            if SIGNS[str(entry["side"])] > 0:
                qty, cost, bought = qty + shares, cost + shares * price, bought + shares
            else:
                assert qty >= shares, "a day that is never short is simpler to check"
                part = ROUNDED.divide(cost * shares, qty)
                qty, cost, sold = qty - shares, cost - part, sold + shares
                realised += shares * price - part
        average = ROUNDED.divide(cost, qty) if qty else Decimal(0)
        return {"qty": qty, "bought": bought, "sold": sold, "avg_cost": average, "realised_pnl": realised}
