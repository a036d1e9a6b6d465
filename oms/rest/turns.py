"""Few at a time, and each in its turn: orders whose state a poll has to ask for one by one."""

import math
from collections.abc import Iterable, Sequence


class Turns:
    """Remembers who had a turn. Several threads may use it: at worst somebody has two.

    Attributes:
        more: so often turns have to be given again until each that was named the last time has had one.

    """

    def __init__(self, most: int) -> None:
        """Give `most` turns at a time."""
        self.more = 0
        self._most = most
        self._had: dict[str, int] = {}
        self._count = 0

    def next(self, names: Iterable[str]) -> Sequence[str]:
        """Choose those whose last turn is the longest ago; whoever is not named is forgotten."""
        named = list(dict.fromkeys(names))
        chosen = sorted(named, key=lambda name: self._had.get(name, 0))[: self._most]
        self.more = max(math.ceil(len(named) / self._most) - 1, 0)
        self._count += 1
        had = {name: self._had[name] for name in named if name in self._had}
        self._had = had | dict.fromkeys(chosen, self._count)
        return chosen
