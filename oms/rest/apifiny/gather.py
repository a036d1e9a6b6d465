"""What Apifiny says of itself and of the account's money, in the engine's words."""

import time
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Final

from oms.core.balances import Balance
from oms.core.errors import OutcomeUnknown, VenueError
from oms.core.instruments import Instrument, Key
from oms.core.movements import Movement, MovementKind, MovementStatus
from oms.core.prices import Quote
from oms.core.times import NS_PER_MS
from oms.core.values import format_decimal
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.models import Activity, OrderBook, SymbolInfo, VenueTransfer, Withdrawal
from oms.rest.gathering import Moved, VenueClock

ENABLED: Final = "enabled"
OUTGOING: Final = "OUTGOING"
_SLACK_MS: Final = 60_000  # by how much the venue's stamp of a movement may lie before our record of it
# Status "SUBMITTED, COMPLETED, CANCELLED" of the chapter's tables. Submitted: the venue has taken it on.
_STATUSES: Final = {
    "SUBMITTED": MovementStatus.DONE,
    "COMPLETED": MovementStatus.DONE,
    "CANCELLED": MovementStatus.REFUSED,
}


class ApifinyGatherer:
    """Implements `oms.rest.gathering.Gatherer` with one client."""

    has_balances = True
    cached_s = 0.0
    tells_fees = True

    def __init__(self, client: ApifinyClient, now_ns: Callable[[], int] = time.time_ns) -> None:
        """Ask by `client`, which belongs to this gatherer's thread."""
        self._client = client
        self._now_ns = now_ns

    def measure_clock(self) -> VenueClock:
        """See `Gatherer`."""
        difference = self._client.measure_clock()
        return VenueClock(difference.ahead_ns, difference.uncertain_ns)

    def exchanges(self) -> tuple[str | None, ...]:
        """Also those that are disabled: their symbols are known, and not traded."""
        return tuple(venue.exchange for venue in self._client.reference.venues())

    def instruments(self, exchange: str | None) -> tuple[Instrument, ...]:
        """See `Gatherer`."""
        return tuple(instrument_of(exchange, row) for row in self._client.reference.symbols(exchange or ""))

    def balances(self) -> tuple[Balance, ...]:
        """See `Gatherer`."""
        return tuple(
            Balance(
                exchange=row.venue,
                currency=row.currency,
                amount=row.amount,
                available=row.available,
                frozen=row.frozen,
            )
            for row in self._client.accounts.balances()
        )

    def quote(self, key: Key) -> Quote:
        """Prices count as old as the question for them: the answer may have been made at once."""
        exchange, symbol = key
        asked_ns = self._now_ns()
        return quote_of(exchange, self._client.market.order_book(symbol, exchange or ""), asked_ns)

    # --- money

    def carry_out(self, movement: Movement) -> Moved:
        """A withdrawal needs a ticket of its own; where there is none, nothing moved."""
        ticket = ""
        if movement.kind == MovementKind.WITHDRAWAL:
            try:
                ticket = self._client.accounts.create_withdraw_ticket(movement.exchange).ticket
            except VenueError as error:
                return Moved(status=MovementStatus.REFUSED, reason=f"no ticket, so nothing moved: {error}")
        try:
            return _judged(movement, self._move(movement, ticket))
        except OutcomeUnknown as error:
            return Moved(status=MovementStatus.IN_DOUBT, reason=str(error))
        except VenueError as error:
            return Moved(status=MovementStatus.REFUSED, reason=str(error))

    def _move(self, movement: Movement, ticket: str) -> Withdrawal | VenueTransfer:
        if movement.kind == MovementKind.WITHDRAWAL:
            return self._client.accounts.withdraw(
                movement.exchange,
                coin=movement.currency,
                amount=movement.amount,
                address=movement.address or "",
                ticket=ticket,
                memo=movement.memo,
            )
        return self._client.accounts.transfer(
            movement.exchange, movement.target or "", currency=movement.currency, amount=movement.amount
        )

    def look_for(self, movement: Movement, claimed: Collection[str]) -> Moved | None:
        """Exactly one row that can be it decides; absence never does."""
        start_ms = movement.time_ns // NS_PER_MS - _SLACK_MS
        rows = self._client.accounts.activities((start_ms, self._now_ns() // NS_PER_MS + _SLACK_MS))
        fits = [row for row in rows if row.log_id not in claimed and is_movement(row, movement)]
        if len(fits) != 1 or fits[0].status not in _STATUSES:
            return None
        (row,) = fits
        return Moved(
            status=_STATUSES[row.status],
            reason=f"the venue's list has it: {row.status}",
            log_id=row.log_id,
            raw=_told(row.log_id, row.status, row.amount),
        )


def instrument_of(exchange: str | None, row: SymbolInfo) -> Instrument:
    """Read a symbol; a largest of 0 is none."""
    return Instrument(
        symbol=row.symbol,
        exchange=exchange,
        base=row.base_asset,
        quote=row.quote_asset,
        tick_size=row.tick_size,
        step_size=row.step_size,
        min_price=row.min_price,
        max_price=row.max_price or None,
        min_qty=row.min_quantity,
        max_qty=row.max_quantity or None,
        min_notional=row.min_notional,
        max_notional=row.max_notional or None,
        status=row.status,
        trading=row.status == ENABLED,
    )


def quote_of(exchange: str | None, book: OrderBook, time_ns: int) -> Quote:
    """Read the best prices; the document prints levels in no order to rely on, so all are looked at."""
    return Quote(
        symbol=book.symbol,
        exchange=exchange,
        bid=max((price for price, size in book.bids if size > 0), default=None),
        ask=min((price for price, size in book.asks if size > 0), default=None),
        time_ns=time_ns,
        venue_ms=book.updated_at,
    )


def is_movement(row: Activity, movement: Movement) -> bool:
    """Whether a row of the venue's list can be this movement."""
    if row.type != OUTGOING or row.amount != movement.amount:
        return False
    if row.log_created_at is not None and row.log_created_at < movement.time_ns // NS_PER_MS - _SLACK_MS:
        return False
    if movement.kind == MovementKind.WITHDRAWAL:
        return row.target_address == movement.address and movement.currency in {row.coin, row.currency}
    return not row.target_address and row.currency == movement.currency


def _judged(movement: Movement, answer: Withdrawal | VenueTransfer) -> Moved:
    """Believe an answer about exactly what was asked; one about something else leaves it in doubt."""
    raw = _told(answer.log_id, answer.status, answer.amount)
    if answer.amount != movement.amount or answer.status not in _STATUSES:
        told = f"the venue's answer is about something else, or in a word that is not known: {raw}"
        return Moved(status=MovementStatus.IN_DOUBT, reason=told, raw=raw)
    return Moved(
        status=_STATUSES[answer.status],
        reason=f"the venue says {answer.status}",
        log_id=answer.log_id,
        raw=raw,
    )


def _told(log_id: str, status: str, amount: Decimal) -> str:
    return f"logId {log_id}, status {status}, amount {format_decimal(amount)}"
