"""Orders as queries and streams show them: their lists of fills, held against the record.

Invariants
1. A fill counts once, whoever tells of it, in whatever order: reports, streams and lists of fills.
2. A row with an id is known by it; where the id is new, it names a fill of the same shares and price that no list has
   named yet, if there is one.
3. Rows without an id are compared as a multiset of (shares, price), never by time: two equal rows are two fills. What
   exceeds the fills on record is new, up to the venue's total.
4. A row that would take the fills beyond the venue's total is not counted: it contradicts.

Ask for the fills first and for the order's state after them: then the total is never older than the list.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from oms.core import events as ev
from oms.core.alike import Alike, begin, derived_id, leg_of, terms
from oms.core.chain import Chain
from oms.core.executions import excess_of, key_of, spent_by
from oms.core.fills import Execution, standing
from oms.core.messages import Anomaly, ExecutionReport, FillRow, OrderSnapshot
from oms.core.order import Order
from oms.core.reconcile import is_of_another
from oms.core.values import ZERO, AnomalyCode, format_decimal
from oms.core.verdict import NOTHING, Verdict, is_older

QUERY: Final = "query"


def listed_fills(order: Order, snapshot: OrderSnapshot) -> Verdict:
    """Say what the rows of a snapshot mean for its order, which is not changed; its state is to be read after them."""
    if not snapshot.fills and not order.unconfirmed_fills:
        return NOTHING
    if not snapshot.report.readable or is_of_another(order, snapshot.report):
        return NOTHING  # the report's own interpretation says so
    if order.chain is not None and is_of_earlier_leg(order.chain, snapshot.report):
        return NOTHING  # its total was proven before the next leg left
    reading = _Reading(order, snapshot)
    if snapshot.fills and order.alike is None:
        reading.events.append(ev.FillsListed(order=order.number))
    reading.read_named(row for row in snapshot.fills if row.exec_id is not None)
    reading.read_unnamed([row for row in snapshot.fills if row.exec_id is None])
    reading.confirm()
    return Verdict(tuple(reading.events), reading.anomaly)


class _Reading:
    """One list of fills against one order. The order stays as it is; `cum_qty` runs ahead of it."""

    def __init__(self, order: Order, snapshot: OrderSnapshot) -> None:
        self.order = order
        self.events: list[ev.Event] = []
        self.anomaly: Anomaly | None = None
        self._snapshot = snapshot
        self._index = begin(order) if order.alike is None else order.alike
        self._leg = _leg_suffix(order)
        self._total = _total_of(order, snapshot)
        self._cum_qty = order.cum_qty
        self._spent = spent_by(order)
        self._left = ZERO if order.inferred is None else order.inferred.shares
        self._rows: dict[str, int] = {}
        self._ids: set[str] = set()
        self._taken: set[str] = set()
        self._untaken: dict[str, Iterator[str]] = {}

    # --- rows that name their executions

    def read_named(self, rows: Iterable[FillRow]) -> None:
        report = self._snapshot.report
        by_key = {key_of(self.order, report, f"{row.exec_id}{self._leg}"): row for row in rows}
        self._ids.update(by_key)
        for row in by_key.values():
            self._rows[self._name(row)] = self._rows.get(self._name(row), 0) + 1
        unknown = []
        for key, row in by_key.items():
            known = self.order.executions.get(key)
            if known is not None:
                self._known(key, known, row)
            else:
                unknown.append((key, row))
        for key, row in unknown:
            self._newly_named(key, row)

    def _known(self, key: str, known: Execution, row: FillRow) -> None:
        root_key = known.root or key
        root = self.order.executions[root_key]
        now = standing(self.order.executions, root)
        shown = row.shares, row.price
        same = self._index.get(terms(now.shares, now.price, self._leg))
        if same is not None and root_key in same.unlisted:
            self._taken.add(root_key)
            self._identify(key, root_key)
        agrees = any(row.shares == one.shares and row.price in (None, one.price) for one in (root, now))
        if agrees or not root.counted:
            self._note_fee(root_key, root, row)
        elif now.shares == row.shares and now.price is None:
            self._price(root_key, row)
        else:
            told = f"ExecID {row.exec_id} is on record with {_text(now.shares, now.price)}"
            self._contradicts(f"{told}, the list of fills has {_text(*shown)}")

    def _identify(self, key: str, known: str) -> None:
        self.events.append(
            ev.FillIdentified(order=self.order.number, exec_id=key, replaces=known, source=QUERY)
        )

    def _newly_named(self, key: str, row: FillRow) -> None:
        """Tie a new id to a fill that is on record, or count it."""
        known = self._take_unlisted(self._name(row)) or self._take_unlisted(
            terms(row.shares, None, self._leg)
        )
        if known is None:
            self._count(key, row)
            return
        self._identify(key, known)
        root = self.order.executions[known]
        if standing(self.order.executions, root).price is None and row.price is not None:
            self._price(known, row)
        self._note_fee(known, root, row)

    def _take_unlisted(self, name: str) -> str | None:
        if name not in self._untaken:
            same = self._index.get(name)
            self._untaken[name] = iter(reversed(same.unlisted)) if same is not None else iter(())
        return next((key for key in self._untaken[name] if key not in self._taken), None)

    # --- rows that do not

    def read_unnamed(self, rows: list[FillRow]) -> None:
        by_terms: dict[str, list[FillRow]] = {}
        for row in rows:
            by_terms.setdefault(self._name(row), []).append(row)
        stands_for_all = (
            self._snapshot.all_fills
            and sum((row.shares for row in rows), ZERO) == self._snapshot.report.cum_qty
        )
        for name, alike in by_terms.items():
            self._rows[name] = len(alike)
            same = self._index.get(name) or Alike()
            known = same.standing if stands_for_all else same.standing + same.taken_back
            self._note_fees(same, alike[: same.standing])
            for row in alike[known:]:
                self._unexplained(row, same)

    def _unexplained(self, row: FillRow, same: Alike) -> None:
        """A row beyond the fills on record: one of them lacks its price, or the row is new."""
        unpriced = self._take_unlisted(terms(row.shares, None, self._leg)) if row.price is not None else None
        if unpriced is not None:
            self._price(unpriced, row)
            return
        number = same.standing + same.taken_back + 1
        while (key := derived_id(row.shares, row.price, number, self._leg)) in self._ids:
            number += 1
        self._ids.add(key)
        self._count(key, row)

    def _note_fees(self, same: Alike, rows: list[FillRow]) -> None:
        """Give the fees of a list to the fills that have none yet; equal rows cannot be told apart."""
        charged = [row for row in rows if row.fee is not None]
        missing = len(charged) - (same.standing - len(same.feeless))
        keys = reversed(same.feeless)
        for row in charged[len(charged) - missing :] if missing > 0 else ():
            key = next(keys)
            self._note_fee(key, self.order.executions[key], row)

    # --- what both come to

    def _name(self, row: FillRow) -> str:
        return terms(row.shares, row.price, self._leg)

    def _count(self, key: str, row: FillRow) -> None:
        """Count a fill that nobody has reported; not beyond the venue's total, unless it is certain."""
        if row.shares <= ZERO:
            self._contradicts(f"the list of fills has one of {format_decimal(row.shares)} shares")
            return
        total = self._total
        if (
            total is not None
            and self._cum_qty - self._left + row.shares > total
            and not self._is_certain(row)
        ):
            told = f"the list of fills has {_text(row.shares, row.price)}, which is on record in no other way"
            self._contradicts(f"{told}; the venue's CumQty {format_decimal(total)} leaves no room for it")
            return
        taken = min(self._left, row.shares)
        self._left -= taken
        self._cum_qty += row.shares - taken
        self.events.append(
            ev.Filled(
                order=self.order.number,
                exec_id=key,
                transact_time=row.transact_time,
                last_shares=row.shares,
                last_px=row.price,
                source=QUERY,
                fee=row.fee,
                fee_currency=row.fee_currency,
                fee_computed=row.fee_computed,
            )
        )
        self._spent += row.shares * (row.price or ZERO)
        self.anomaly = self.anomaly or excess_of(self.order, self._cum_qty, self._spent)

    def _is_certain(self, row: FillRow) -> bool:
        """Whether a row is new beyond doubt: it has an id, and every fill on record is known by such an id."""
        if row.exec_id is None:
            return False
        return all(key in self._taken for same in self._index.values() for key in same.unlisted)

    def _price(self, key: str, row: FillRow) -> None:
        self.events.append(
            ev.FillCorrected(
                order=self.order.number, exec_ref_id=key, last_shares=row.shares, last_px=row.price
            )
        )

    def _note_fee(self, key: str, root: Execution, row: FillRow) -> None:
        """Note a fee that is news; a computed one is none where there is a fee: the rate may have changed since."""
        if row.fee is None or (root.fee, root.fee_currency) == (row.fee, row.fee_currency):
            return
        if row.fee_computed and root.fee is not None:
            return
        self.events.append(
            ev.FeeNoted(
                order=self.order.number,
                exec_id=key,
                fee=row.fee,
                fee_currency=row.fee_currency,
                fee_computed=row.fee_computed,
            )
        )

    def _contradicts(self, text: str) -> None:
        if self.anomaly is None:
            self.anomaly = Anomaly(AnomalyCode.STATUS_MISMATCH, text)

    # --- fills that could have been status answers

    def confirm(self) -> None:
        """Prove them by the list, or by the total; or show that the total leaves no room for them."""
        doubtful = self.order.unconfirmed_fills
        if not doubtful:
            return
        proven = doubtful if self._total == self._cum_qty else [key for key in doubtful if self._shows(key)]
        self.events += [ev.FillConfirmed(order=self.order.number, exec_id=key) for key in proven]
        older = is_older(self.order, self._snapshot.report)
        if (
            len(proven) < len(doubtful)
            and self._total is not None
            and self._total < self._cum_qty
            and not older
        ):
            told = f"{len(doubtful) - len(proven)} fills could have been status answers"
            total, ours = format_decimal(self._total), format_decimal(self._cum_qty)
            text = f"{told}: the venue's CumQty is {total}, with them it would be {ours}"
            self.anomaly = self.anomaly or Anomaly(AnomalyCode.UNCONFIRMED_FILL, text)

    def _shows(self, key: str) -> bool:
        now = standing(self.order.executions, self.order.executions[key])
        name = terms(now.shares, now.price, leg_of(key))
        same = self._index.get(name)
        return same is not None and self._rows.get(name, 0) >= same.standing


def is_of_earlier_leg(chain: Chain, report: ExecutionReport) -> bool:
    """Whether a report names a leg that was replaced."""
    return any(
        name in chain.earlier for name in (report.cl_ord_id, report.orig_cl_ord_id, report.order_id) if name
    )


def _leg_suffix(order: Order) -> str:
    """Name the leg that the venue's answers are about, as the keys of its executions end."""
    return f"/leg{order.chain.number}" if order.chain is not None and order.chain.number else ""


def _total_of(order: Order, snapshot: OrderSnapshot) -> Decimal | None:
    """Give the venue's CumQty in terms of the whole order: to the venue every leg starts at zero."""
    stated = snapshot.report.cum_qty
    if stated is None or order.chain is None:
        return stated
    return stated + order.chain.base_qty


def _text(shares: Decimal, price: Decimal | None) -> str:
    return f"{format_decimal(shares)} @ {'no price' if price is None else format_decimal(price)}"
