"""What Apifiny says of itself and of the account's money, in the engine's words.

A row of the venue's list is a movement of ours only where everything that can be compared is equal: the accounts that
pay and are paid, currency, amount and address; and where the venue made it, by its own clock, neither before we asked
nor after our request could still be taken. Where several rows can be it, a person decides.
"""

import time
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct

from oms.core.balances import Balance
from oms.core.errors import OutcomeUnknown, VenueError
from oms.core.instruments import Instrument, Key
from oms.core.movements import Movement, MovementKind, MovementStatus
from oms.core.prices import Quote
from oms.core.times import NS_PER_MS
from oms.core.values import format_decimal
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.inquiries import ApifinyInquiries
from oms.rest.apifiny.models import Activity, OrderBook, SymbolInfo, VenueTransfer, Withdrawal
from oms.rest.gathering import Inquiry, LeftOut, Moved, Rows, VenueClock

if TYPE_CHECKING:
    from oms.rest.apifiny.unread import Unread

T = TypeVar("T")

ENABLED: Final = "enabled"
OUTGOING: Final = "OUTGOING"
_SLACK_MS: Final = (
    60_000  # for how long after it came into doubt the venue may write a movement down: exp, twice
)
# Status "SUBMITTED, COMPLETED, CANCELLED" of the chapter's tables. Submitted: the venue has taken it on.
_STATUSES: Final = {
    "SUBMITTED": MovementStatus.SUBMITTED,
    "COMPLETED": MovementStatus.DONE,
    "CANCELLED": MovementStatus.REFUSED,
}


class ApifinyGatherer:
    """Implements `oms.rest.gathering.Gatherer`, `Inquirer`, `Paced` and `Lenient` with one client."""

    has_balances = True
    cached_s = 0.0
    tells_fees = True

    def __init__(self, client: ApifinyClient, now_ns: Callable[[], int] = time.time_ns) -> None:
        """Ask by `client`, which belongs to this gatherer's thread."""
        self._client = client
        self._now_ns = now_ns
        self._clock: VenueClock | None = None
        self._inquiries = ApifinyInquiries(client, now_ns)
        self._unread: list[Unread] = []
        self._left_out: tuple[LeftOut, ...] = ()

    def inquire(self, inquiry: Inquiry) -> Rows:
        """See `oms.rest.gathering.Inquirer`."""
        return self._inquiries.inquire(inquiry)

    def measure_clock(self) -> VenueClock:
        """See `Gatherer`."""
        difference = self._client.measure_clock()
        self._clock = VenueClock(difference.ahead_ns, difference.uncertain_ns)
        return self._clock

    def exchanges(self) -> tuple[str | None, ...]:
        """Also those that are disabled: their symbols are known, and not traded."""
        return tuple(venue.exchange for venue in self._client.reference.venues())

    def instruments(self, exchange: str | None) -> tuple[Instrument, ...]:
        """See `Gatherer`."""
        rows = self._listed(lambda: self._client.reference.symbols(exchange or ""))
        self._left_out = tuple(
            LeftOut(why=each.why, text=each.text, exchange=exchange, name=each.fields.get("symbol"))
            for each in self._unread
        )
        return tuple(instrument_of(exchange, row) for row in rows)

    def balances(self) -> tuple[Balance, ...]:
        """See `Gatherer`."""
        rows = self._listed(self._client.accounts.balances)
        self._left_out = tuple(
            LeftOut(
                why=each.why,
                text=each.text,
                exchange=each.fields.get("venue"),
                name=each.fields.get("currency"),
            )
            for each in self._unread
        )
        return tuple(
            Balance(
                exchange=row.venue,
                currency=row.currency,
                amount=row.amount,
                available=row.available,
                frozen=row.frozen,
            )
            for row in rows
        )

    def _listed(self, ask: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
        """Ask for a list; what cannot be read of it is in `_unread` then."""
        self._unread.clear()
        self._client.on_unread(self._unread.append)
        return ask()

    def left_out(self) -> tuple[LeftOut, ...]:
        """See `oms.rest.gathering.Lenient`."""
        return self._left_out

    def quote_wait_s(self) -> float:
        """See `oms.rest.gathering.Paced`."""
        return self._client.market.wait_s

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
        """Exactly one row that can be it decides, or the one with its number; absence never does."""
        signs = signs_of(movement, self._clock or self.measure_clock())
        until_ms = self._now_ns() // NS_PER_MS + _SLACK_MS
        rows = self._client.accounts.activities((signs.first_ms - _SLACK_MS, until_ms))
        if movement.log_id is not None:
            fits = [row for row in rows if row.log_id == movement.log_id]
        else:
            accounts = self._accounts()
            free = (row for row in rows if row.log_id not in claimed)
            fits = [row for row in free if is_movement(row, movement, signs, accounts)]
        if len(fits) != 1 or _STATUSES.get(fits[0].status, movement.status) == movement.status:
            return None
        (row,) = fits
        return _moved(row, f"the venue's list has it: {row.status}")

    def _accounts(self) -> dict[str, str]:
        """Name the account at each exchange, as the venue does."""
        return {each.venue: each.account_id for each in self._client.accounts.account_info().sub_account_info}


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


class Signs(Struct, frozen=True):
    """When the venue may have written a movement down, milliseconds by its clock; `last_ms` None: there is no end."""

    first_ms: int
    last_ms: int | None


def signs_of(movement: Movement, clock: VenueClock) -> Signs:
    """Say when the venue may have written a movement down: from our record of it on, until its request was dead."""
    first_ms = (movement.time_ns + clock.ahead_ns - clock.uncertain_ns) // NS_PER_MS
    if movement.doubted_ns is None:
        return Signs(first_ms, None)
    doubted_ms = (movement.doubted_ns + clock.ahead_ns + clock.uncertain_ns) // NS_PER_MS
    return Signs(first_ms, doubted_ms + _SLACK_MS)


def is_movement(row: Activity, movement: Movement, signs: Signs, accounts: Mapping[str, str]) -> bool:
    """Whether a row of the venue's list can be this movement; what it does not tell is not ours.

    Args:
        row: of the list.
        movement: a withdrawal or a transfer.
        signs: when it may have been written down.
        accounts: the venue's name of the account at each exchange.

    """
    payer = accounts.get(movement.exchange)
    if row.type != OUTGOING or row.amount != movement.amount or payer is None or row.account_id != payer:
        return False
    made_ms = row.log_created_at
    if made_ms is None or made_ms < signs.first_ms or (signs.last_ms is not None and made_ms > signs.last_ms):
        return False
    if row.from_account_id not in {None, payer}:
        return False
    if movement.kind == MovementKind.WITHDRAWAL:
        return _goes_to(row, movement) and (row.coin or row.currency) == movement.currency
    target = accounts.get(movement.target or "")
    is_paid = target is not None and row.to_account_id == target
    return is_paid and not row.target_address and row.currency == movement.currency


def _goes_to(row: Activity, movement: Movement) -> bool:
    """Hold address and memo against each other; the document's rows tell no memo."""
    return row.target_address == movement.address and row.memo in {None, movement.memo}


def _judged(movement: Movement, answer: Withdrawal | VenueTransfer) -> Moved:
    """Believe an answer about exactly what was asked; one about something else leaves it in doubt."""
    if _is_about(answer, movement) and answer.status in _STATUSES:
        return _moved(answer, f"the venue says {answer.status}")
    raw = _told(answer)
    told = f"the venue's answer is about something else, or in a word that is not known: {raw}"
    return Moved(status=MovementStatus.IN_DOUBT, reason=told, raw=raw)


def _is_about(answer: Withdrawal | VenueTransfer, movement: Movement) -> bool:
    if (answer.amount, answer.venue) != (movement.amount, movement.exchange):
        return False
    if isinstance(answer, VenueTransfer):
        return (answer.currency, answer.target_venue) == (movement.currency, movement.target)
    same_coin = (answer.coin or answer.currency) == movement.currency
    return same_coin and answer.target_address in {None, movement.address}


def _moved(row: Activity | Withdrawal | VenueTransfer, reason: str) -> Moved:
    return Moved(
        status=_STATUSES[row.status],
        reason=reason,
        log_id=row.log_id,
        fee=row.fee,
        asset=row.currency,
        raw=_told(row),
    )


def _told(row: Activity | Withdrawal | VenueTransfer) -> str:
    fee = "" if row.fee is None else f", fee {format_decimal(row.fee)}"
    return f"logId {row.log_id}, status {row.status}, amount {format_decimal(row.amount)}{fee}"
