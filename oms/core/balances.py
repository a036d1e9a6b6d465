"""What an account has, by the venue's word, held against what its executions should have changed. Pure.

From the start of the comparison, every execution and every withdrawal of ours has an expected effect on the balances.
What the venue's balances changed beyond that is a difference. It is shown as it is: nothing is smoothed, and the start
is not moved to make it vanish. It is moved only where it proves wrong: where something that was executed before it
became known after it. An execution and the balance that has it are not seen at the same moment, so a difference counts
as standing only when two comparisons in a row show the very same.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from oms.core.instruments import Instrument
from oms.core.movements import Movement, MovementStatus
from oms.core.order import Order
from oms.core.positions import Position
from oms.core.times import ns_to_fix
from oms.core.values import AT_ONCE, AVG_PX_STEP, ROUNDING, ZERO

Amounts = Mapping[str, Decimal]
"""By currency."""
Executed = tuple[Decimal, Decimal, Amounts]
"""What was executed of an order: quantity, notional and fees."""
_NOTHING: Final[Mapping[int, Executed]] = MappingProxyType({})


class Balance(Struct, frozen=True, kw_only=True, gc=False):
    """What an account has of a currency at an exchange, by the venue's word; `frozen` is bound in open orders."""

    currency: str
    amount: Decimal
    available: Decimal
    frozen: Decimal
    exchange: str | None = None


class Flows(Struct, frozen=True):
    """What was executed and withdrawn in all, by currency; of the `unknown` ones not everything is known.

    `symbols`: what was traded, and nobody knows which currencies that moved.
    """

    amounts: Amounts
    unknown: frozenset[str] = frozenset()
    symbols: frozenset[str] = frozenset()


class Difference(Struct, frozen=True, kw_only=True):
    """A currency whose balance changed otherwise than our executions say.

    Attributes:
        currency: the currency.
        expected: the change that executions and withdrawals explain.
        actual: the change of the venue's balances.
        standing: the comparison before this one showed the very same.

    """

    currency: str
    expected: Decimal
    actual: Decimal
    standing: bool = False

    @property
    def amount(self) -> Decimal:
        """What the venue has beyond what is expected; negative where it has less."""
        return self.actual - self.expected


class Compared(Struct, frozen=True, kw_only=True):
    """The outcome of a comparison that began at `since_ns`; what is `unknown` cannot be compared, for lack of facts.

    While a symbol is among the `unknown`, no currency is compared: any may be the symbol's.
    """

    since_ns: int
    time_ns: int
    differences: tuple[Difference, ...] = ()
    unknown: tuple[str, ...] = ()


class Moment(Struct, frozen=True):
    """What the venue's balances were at a moment, and all that had been executed and withdrawn by then.

    `executed`: by the number of the order, of those that were in memory.
    """

    time_ns: int
    totals: Amounts
    positions: Mapping[str, Position]
    movements: tuple[Movement, ...] = ()
    executed: Mapping[int, Executed] = _NOTHING

    def is_quiet_since(self, other: "Moment") -> bool:
        """Whether nothing at all changed, so that balances and executions belong together."""
        return (self.totals, self.positions) == (other.totals, other.positions)

    def lacked(self, orders: Iterable[Order], ahead_ns: int) -> bool:
        """Whether something became known since that was executed by then: balances had it, and positions did not.

        Args:
            orders: of the account.
            ahead_ns: how far the venue's clock is ahead of ours, nanoseconds.

        """
        then = ns_to_fix(self.time_ns + ahead_ns)
        return any(
            each.last_time is not None
            and each.last_time <= then
            and (each.cum_qty or each.number in self.executed)
            and executed(each) != self.executed.get(each.number)
            for each in orders
        )


def executed(order: Order) -> Executed:
    """Say what was executed of an order."""
    return order.cum_qty, order.notional, dict(order.fees)


def is_settled(orders: Iterable[Order]) -> bool:
    """Whether the venue has told all of these orders that it will tell of the past; one that rests may still fill."""
    return not any(each.pending or each.has_gap or (each.is_open and _is_awaited(each)) for each in orders)


def _is_awaited(order: Order) -> bool:
    return order.unheard or order.questions > 0 or order.time_in_force in AT_ONCE


def totals(balances: Iterable[Balance]) -> dict[str, Decimal]:
    """Add up by currency, over all exchanges."""
    found: dict[str, Decimal] = {}
    for balance in balances:
        found[balance.currency] = found.get(balance.currency, ZERO) + balance.amount
    return found


def flows(
    positions: Mapping[str, Position],
    instruments: Mapping[str, Instrument],
    movements: Iterable[Movement],
) -> Flows:
    """Say what executions and withdrawals changed in all.

    Args:
        positions: of one account, by symbol.
        instruments: by symbol, for what its base and quote assets are; without one both are unknown.
        movements: of the account.

    """
    found: dict[str, Decimal] = {}
    unknown: set[str] = set()
    symbols: set[str] = set()
    for symbol, position in positions.items():
        instrument = instruments.get(symbol)
        if instrument is None or instrument.base is None or instrument.quote is None:
            symbols.add(symbol)
            continue
        _add(found, instrument.base, position.qty)
        spent = ROUNDING.subtract(position.cost, position.realised)  # invariant 1 of `positions`
        _add(found, instrument.quote, -ROUNDING.quantize(spent, AVG_PX_STEP))
        if not position.is_exact:
            unknown.add(instrument.quote)
        for currency, fee in position.fees.items():
            _add(found, currency, -fee)
    for movement in movements:
        if movement.change:
            _add(found, movement.changes_currency, movement.change)
    return Flows(found, frozenset(unknown), frozenset(symbols))


def compare(
    start: Moment, now: Moment, instruments: Mapping[str, Instrument], before: Compared | None
) -> Compared:
    """Compare two moments.

    Args:
        start: when the comparison began.
        now: the present.
        instruments: by symbol, as they are known at present.
        before: the comparison before this one.

    """
    moved = {symbol for symbol, each in now.positions.items() if each != start.positions.get(symbol)}
    then = flows(_only(start.positions, moved), instruments, start.movements)
    since = flows(_only(now.positions, moved), instruments, now.movements)
    unknown = then.unknown | since.unknown | _under_way(now.movements)
    known = {each.currency: each.amount for each in before.differences} if before is not None else {}
    differences = []
    for currency in sorted(start.totals.keys() | now.totals.keys()):
        if since.symbols or currency in unknown:
            continue
        expected = _change(then.amounts, since.amounts, currency)
        actual = _change(start.totals, now.totals, currency)
        if expected != actual:
            standing = known.get(currency) == actual - expected
            differences.append(
                Difference(currency=currency, expected=expected, actual=actual, standing=standing)
            )
    return Compared(
        since_ns=start.time_ns,
        time_ns=now.time_ns,
        differences=tuple(differences),
        unknown=tuple(sorted(unknown | since.symbols)),
    )


def _only(positions: Mapping[str, Position], symbols: set[str]) -> dict[str, Position]:
    """Leave out what did not move: what is not known of it changed nothing."""
    return {symbol: each for symbol, each in positions.items() if symbol in symbols}


def _under_way(movements: Iterable[Movement]) -> frozenset[str]:
    """Name the currencies of which something was taken on: whether balances have it yet, nobody says."""
    return frozenset(each.changes_currency for each in movements if each.status == MovementStatus.SUBMITTED)


def _change(before: Amounts, after: Amounts, currency: str) -> Decimal:
    return after.get(currency, ZERO) - before.get(currency, ZERO)


def _add(amounts: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    amounts[currency] = amounts.get(currency, ZERO) + amount
