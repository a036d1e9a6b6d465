"""What an account has, by the venue's word, held against what its executions should have changed. Pure.

From the start of the comparison, every execution and every withdrawal of ours has an expected effect on the balances.
What the venue's balances changed beyond that is a difference. It is shown as it is: nothing is smoothed, and the start
is not moved to make it vanish. An execution and the balance that has it are not seen at the same moment, so a
difference counts as standing only when two comparisons in a row show the very same.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from oms.core.instruments import Instrument
from oms.core.movements import Movement, MovementStatus
from oms.core.positions import Position
from oms.core.values import AVG_PX_STEP, ROUNDING, ZERO

Amounts = Mapping[str, Decimal]
"""By currency."""


class Balance(Struct, frozen=True, kw_only=True, gc=False):
    """What an account has of a currency at an exchange, by the venue's word; `frozen` is bound in open orders."""

    currency: str
    amount: Decimal
    available: Decimal
    frozen: Decimal
    exchange: str | None = None


class Flows(Struct, frozen=True):
    """What was executed and withdrawn in all, by currency; of the `unknown` ones not everything is known."""

    amounts: Amounts
    unknown: frozenset[str] = frozenset()


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
    """The outcome of a comparison that began at `since_ns`; what is `unknown` cannot be compared, for lack of facts."""

    since_ns: int
    time_ns: int
    differences: tuple[Difference, ...] = ()
    unknown: tuple[str, ...] = ()


class Moment(Struct, frozen=True):
    """What the venue's balances were at a moment, and all that had been executed and withdrawn by then."""

    time_ns: int
    totals: Amounts
    positions: Mapping[str, Position]
    movements: tuple[Movement, ...] = ()

    def is_quiet_since(self, other: "Moment") -> bool:
        """Whether nothing at all changed, so that balances and executions belong together."""
        return (self.totals, self.positions) == (other.totals, other.positions)


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
    for symbol, position in positions.items():
        instrument = instruments.get(symbol)
        if instrument is None or instrument.base is None or instrument.quote is None:
            unknown.add(symbol)
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
    return Flows(found, frozenset(unknown))


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
    then = flows(start.positions, instruments, start.movements)
    since = flows(now.positions, instruments, now.movements)
    unknown = then.unknown | since.unknown | _under_way(now.movements)
    known = {each.currency: each.amount for each in before.differences} if before is not None else {}
    differences = []
    for currency in sorted(start.totals.keys() | now.totals.keys()):
        if currency in unknown:
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
        unknown=tuple(sorted(unknown)),
    )


def _under_way(movements: Iterable[Movement]) -> frozenset[str]:
    """Name the currencies of which something was taken on: whether balances have it yet, nobody says."""
    return frozenset(each.changes_currency for each in movements if each.status == MovementStatus.SUBMITTED)


def _change(before: Amounts, after: Amounts, currency: str) -> Decimal:
    return after.get(currency, ZERO) - before.get(currency, ZERO)


def _add(amounts: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    amounts[currency] = amounts.get(currency, ZERO) + amount
