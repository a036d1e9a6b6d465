"""Rows of a venue's lists that cannot be read: told to people, shown while it is so, and guessed at nowhere."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from oms.core.balances import Compared, Moment
from oms.core.instruments import Instrument, Key
from oms.core.values import ZERO
from oms.rest.gathering import LeftOut

if TYPE_CHECKING:
    from oms.app.reference import Facts

_MOST_NAMED: Final = 5


class Unread:
    """The rows of one list that cannot be read at present. Belongs to the watch's thread."""

    def __init__(self, facts: "Facts", alert: Callable[[str, str], None], of: str, meanwhile: str) -> None:
        """Show them among the problems of `facts`, as rows `of` that list; `meanwhile`: what holds for them."""
        self._facts = facts
        self._alert = alert
        self._key = f"{of}, rows"
        self._meanwhile = meanwhile
        self._told: set[str] = set()

    def heard(self, rows: Iterable[LeftOut]) -> None:
        """Take in those of the present list; people are told once of each, until it could be read again."""
        now = {_named(row): row for row in rows}
        new = [row for name, row in now.items() if name not in self._told]
        self._told = set(now)
        if new:
            names = f"{_listed(map(_named, new))} {'is' if len(new) == 1 else 'are'}"
            told = f"{new[0].why}; {names} left out, and {self._meanwhile}: {new[0].text}"
            self._alert("UNREADABLE", told)
        others = {key: text for key, text in self._facts.problems.items() if key != self._key}
        self._facts.problems = {**others, self._key: f"cannot be read: {_listed(now)}"} if now else others


def _named(row: LeftOut) -> str:
    if row.name is None:
        return "a row"
    return row.name if row.exchange is None else f"{row.name} at {row.exchange}"


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    first, more = found[:_MOST_NAMED], len(found) - _MOST_NAMED
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")


def kept(
    known: Mapping[Key, Instrument],
    listed: Collection[Instrument],
    left: Collection[LeftOut],
    exchange: str | None,
) -> tuple[Instrument, ...]:
    """Give what is to stay as it was known: the symbols whose rows cannot be read.

    Args:
        known: of the session, by key.
        listed: what could be read of the exchange's list.
        left: what could not; a row that does not say its symbol may be that of any which is not listed.
        exchange: which.

    """
    names, read = {row.name for row in left}, {each.key for each in listed}
    return tuple(
        each
        for key, each in known.items()
        if key[0] == exchange and key not in read and (each.symbol in names or None in names)
    )


def without(compared: Compared, currencies: Collection[str]) -> Compared:
    """Count currencies among those that cannot be compared."""
    return replace(
        compared,
        differences=tuple(each for each in compared.differences if each.currency not in currencies),
        unknown=tuple(sorted({*compared.unknown, *currencies})),
    )


def joined(start: Moment, compared: Compared, currencies: Collection[str]) -> Moment:
    """Have currencies that the start lacks agree with executions as of now: from here on they are compared.

    Args:
        start: of the comparison.
        compared: at a quiet moment, with the start as it is.
        currencies: their balances can be read now.

    """
    beyond = {each.currency: each.amount for each in compared.differences}
    agreeing = {each: start.totals.get(each, ZERO) + beyond.get(each, ZERO) for each in currencies}
    return replace(start, totals={**start.totals, **agreeing})
