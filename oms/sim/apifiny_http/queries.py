"""The order methods that only look."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from oms.sim.apifiny_http import codes, fields
from oms.sim.apifiny_http.codes import Problem
from oms.sim.apifiny_http.rows import SUBMITTED, Row, change_row, fill_row, order_row, order_status
from oms.sim.rules import BY_SYMBOL
from oms.sim.tape import EPOCH
from oms.sim.terms import Side
from oms.sim.venue import now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oms.sim.apifiny_http.fields import Body
    from oms.sim.history import Change, Entry
    from oms.sim.venue import Venue

COMPLETED_WITHIN = timedelta(hours=48)  # "The time period should be within recent 48 hours"
MOST_COMPLETED = 500
FILLS_WITHIN = timedelta(minutes=2)  # "only max number of 1000 records within 2 minutes will be returned"
MOST_FILLS = 1000
MOST_IDS = 500
VOLUME_WITHIN = timedelta(days=30)


class Queries:
    """Answers questions about orders. Call it under the venue's lock."""

    def __init__(self, venue: Venue) -> None:
        """Read the venue's history."""
        self._venue = venue
        self._history = venue.history

    def one(self, account: str, body: Body) -> Row:
        """Return one order."""
        return order_row(self._entry(account, body))

    def several(self, account: str, body: Body) -> list[Row]:
        """Return the orders of a list of ids, as far as there are any."""
        ids = body.get("orderIdList")
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            raise Problem(codes.BAD_REQUEST, "orderIdList must be a list of order ids")
        if len(ids) > MOST_IDS:
            raise Problem(codes.BAD_REQUEST, f"orderIdList cannot exceed {MOST_IDS}")
        entries = (self._history.entry(account, each) for each in ids)
        return [order_row(entry) for entry in entries if entry is not None]

    def open(self, account: str, body: Body) -> list[Row]:
        """Return what works in a book."""
        venues = fields.venues(body)
        entries = (entry for entry in self._history.open_entries(account) if entry.order.venue in venues)
        return [order_row(entry) for entry in entries if order_status(entry) == SUBMITTED]

    def completed(self, account: str, body: Body) -> list[Row]:
        """Return what is over, by the time of its last change."""
        at = now()
        start = max(fields.moment(body, "startTime", EPOCH), at - COMPLETED_WITHIN)
        end = fields.moment(body, "endTime", at)
        limit = fields.whole(body, "limit", MOST_COMPLETED)
        if not 1 <= limit <= MOST_COMPLETED:
            raise Problem(codes.BAD_REQUEST, f"limit must be from 1 to {MOST_COMPLETED}")
        ended = sorted(self._ended(account, body), key=lambda entry: entry.updated_at)
        rows = [order_row(entry) for entry in ended if start <= fields.whole_ms(entry.updated_at) <= end]
        return rows[:limit] if fields.flag(body, "forward", default=True) else rows[::-1][:limit]

    def recent_fills(self, account: str, body: Body) -> list[Row]:
        """Return the last fills, oldest first."""
        start = max(fields.moment(body, "startDateTime", EPOCH), now() - FILLS_WITHIN)
        venue = fields.venue(body)
        changes = self._history.changes_since(account, start)
        return _fills(each for each in changes if each.entry.order.venue == venue)[-MOST_FILLS:]

    def fills(self, account: str, body: Body) -> list[Row]:
        """Return all fills of one order, oldest first."""
        order = self._entry(account, body).order
        return _fills(self._history.fills(account, order.cl_ord_id))

    def commission(self, account: str, body: Body) -> Row:
        """Return what an execution costs."""
        venue, symbol = fields.venue(body), fields.text(body, "symbol")
        if symbol not in BY_SYMBOL:
            raise Problem(codes.UNKNOWN_SYMBOL)
        since, fees = now() - VOLUME_WITHIN, self._venue.conduct.fees
        volume = sum(
            (
                change.fill.last_qty * change.fill.last_px
                for change in self._history.changes_since(account, since)
                if change.fill is not None
                and (change.entry.order.venue, change.entry.order.symbol) == (venue, symbol)
            ),
            Decimal(0),
        )
        return {
            "accountId": fields.sub_account(account, venue),
            "tradingVolume": volume,
            "takeFee": fees.taker,
            "makeFee": fees.maker,
            "specialRate": 0,
        }

    def stream(self, account: str, body: Body) -> list[Row]:
        """Return the last changes of all orders, oldest first."""
        start = fields.moment(body, "startDateTime", EPOCH)
        return [change_row(change) for change in self._history.changes_since(account, start)[-MOST_FILLS:]]

    def _entry(self, account: str, body: Body) -> Entry:
        entry = self._history.entry(account, fields.text(body, "orderId"))
        if entry is None or entry.order.venue not in fields.venues(body):
            raise Problem(codes.NO_ORDER)
        return entry

    def _ended(self, account: str, body: Body) -> Iterable[Entry]:
        wanted = {
            "baseAsset": fields.optional_text(body, "baseAsset"),
            "quoteAsset": fields.optional_text(body, "quoteAsset"),
            "orderSide": fields.optional_text(body, "orderSide"),
            "orderStatus": fields.optional_text(body, "orderStatus"),
        }
        venues = fields.venues(body)
        for entry in self._history.entries(account):
            if entry.pending or entry.order.status.open or entry.order.venue not in venues:
                continue
            facts = _facts(entry)
            if all(facts[name] == value for name, value in wanted.items() if value):
                yield entry


def _facts(entry: Entry) -> dict[str, str]:
    instrument = BY_SYMBOL.get(entry.order.symbol)
    return {
        "baseAsset": instrument.base if instrument else "",
        "quoteAsset": instrument.quote if instrument else "",
        "orderSide": "BUY" if entry.order.side is Side.BUY else "SELL",
        "orderStatus": order_status(entry),
    }


def _fills(changes: Iterable[Change]) -> list[Row]:
    return [fill_row(change, change.fill) for change in changes if change.fill is not None]
