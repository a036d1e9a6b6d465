"""What is asked of a venue besides orders, in the engine's words; one implementation a venue."""

from collections.abc import Callable, Collection
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from msgspec import Struct

from oms.core.balances import Balance
from oms.core.errors import OutcomeUnknown, VenueError
from oms.core.instruments import Instrument, Key
from oms.core.movements import Movement, MovementStatus
from oms.core.prices import Quote
from oms.core.secret import Secret


class VenueClock(Struct, frozen=True):
    """The venue's clock is ahead of ours by `ahead_ns` (behind: negative), give or take `uncertain_ns`."""

    ahead_ns: int
    uncertain_ns: int


class Moved(Struct, frozen=True, kw_only=True):
    """What became of a movement of money; `raw` says it in the venue's words.

    `moved`, `fee` and `asset` are those of `Movement`, where the venue says so. `code`: of a coupon that was made; it
    is money, and goes on no record.
    """

    status: MovementStatus
    reason: str
    log_id: str | None = None
    raw: str | None = None
    moved: Decimal | None = None
    fee: Decimal | None = None
    asset: str | None = None
    code: Secret | None = None


class Gatherer(Protocol):
    """Speaks to a venue with one key, on one thread. Every method raises VenueError, but `carry_out`.

    Attributes:
        has_balances: balances can be had.
        cached_s: balances may be as they were so many seconds before the question.
        tells_fees: executions come with their fees, by the venue's word; what is computed may be off by a last digit.

    """

    has_balances: bool
    cached_s: float
    tells_fees: bool

    def measure_clock(self) -> VenueClock:
        """Compare clocks, and sign by the venue's from now on."""
        ...

    def exchanges(self) -> tuple[str | None, ...]:
        """List the exchanges behind the venue; where there are none, one None."""
        ...

    def instruments(self, exchange: str | None) -> tuple[Instrument, ...]:
        """List every symbol of an exchange."""
        ...

    def balances(self) -> tuple[Balance, ...]:
        """List what the account has, at all exchanges."""
        ...

    def quote(self, key: Key) -> Quote:
        """Read the best prices of a symbol."""
        ...

    def carry_out(self, movement: Movement) -> Moved:
        """Move money, once at most; whatever goes wrong is in the answer."""
        ...

    def look_for(self, movement: Movement, claimed: Collection[str]) -> Moved | None:
        """Look for a movement in the venue's list, which is in doubt, or which the venue has only taken on.

        None: there is nothing new, or no row, or more than one, can be it.

        `claimed`: ids of rows that are other movements of ours.
        """
        ...


class Asked(StrEnum):
    """What people may ask a venue about."""

    ACCOUNT = "account"
    ACTIVITY = "activity"
    CURRENCIES = "currencies"
    ADDRESS = "address"
    COMMISSION = "commission"
    KLINES = "klines"
    TRADES = "trades"
    TICKER = "ticker"


class Inquiry(Struct, frozen=True, kw_only=True):
    """A question of a person's.

    Attributes:
        asked: what about.
        exchange: where; None: everywhere, which only accounts can be asked for.
        symbol: of commissions and market data; of klines as BASE/QUOTE.
        coin: of an address, the venue's code of a currency on one chain.
        period: of klines, like 1m.
        span: of activity and klines, from and to, milliseconds since the epoch; None: the latest.

    """

    asked: Asked
    exchange: str | None = None
    symbol: str = ""
    coin: str = ""
    period: str = ""
    span: tuple[int, int] | None = None


Rows = tuple[dict[str, str | int | bool | None], ...]
"""The venue's words: decimals as text, times in ISO 8601."""


@runtime_checkable
class Inquirer(Protocol):
    """A gatherer that people can ask."""

    def inquire(self, inquiry: Inquiry) -> Rows:
        """Ask the venue. Raises VenueError."""
        ...


@runtime_checkable
class Paced(Protocol):
    """A gatherer of a venue that may be asked for prices so often only."""

    def quote_wait_s(self) -> float:
        """Say how long it is until the venue may be asked for prices again, seconds; 0: now."""
        ...


class LeftOut(Struct, frozen=True, kw_only=True):
    """A row of a list that cannot be read, so that only the others are given.

    Attributes:
        why: for people; names what was asked.
        text: what the venue said, without secrets.
        exchange: where; None: there is none, or the row does not say.
        name: the symbol, or the currency of a balance; None: the row does not say.

    """

    why: str
    text: str
    exchange: str | None = None
    name: str | None = None


@runtime_checkable
class Lenient(Protocol):
    """A gatherer that gives the rows of a list that can be read, where others cannot."""

    def left_out(self) -> tuple[LeftOut, ...]:
        """Name the rows that the last list lacks, of those that `instruments` and `balances` give."""
        ...


def left_out(gatherer: Gatherer) -> tuple[LeftOut, ...]:
    """Name the rows that a gatherer's last list lacks; most give a list as a whole or not at all."""
    return gatherer.left_out() if isinstance(gatherer, Lenient) else ()


class Redeemer(Protocol):
    """A gatherer of a venue that has coupons."""

    def redeem(self, movement: Movement, code: Secret) -> Moved:
        """Redeem a coupon, once at most; whatever goes wrong is in the answer."""
        ...


def outcome_of(move: Callable[[], Moved]) -> Moved:
    """Have something moved; what went wrong is refused where it is certain that nothing moved, else in doubt."""
    try:
        return move()
    except OutcomeUnknown as error:
        return Moved(status=MovementStatus.IN_DOUBT, reason=str(error))
    except VenueError as error:
        return Moved(status=MovementStatus.REFUSED, reason=str(error))


def not_here(movement: Movement) -> Moved:
    """Say that a venue does not know such a movement; nothing was sent."""
    told = f"this venue has no {movement.kind}; nothing was sent"
    return Moved(status=MovementStatus.REFUSED, reason=told)
