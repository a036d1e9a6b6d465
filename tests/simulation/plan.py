"""What is to happen in a history: drawn from its seed, as data, so that a failing one can be shortened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from oms.sim.reports import Form, Refusing

if TYPE_CHECKING:
    from collections.abc import Collection

S = 1_000_000_000
MS = 1_000_000

FAULTS = {
    "drop": "the connection is cut by a request: before it is read, after it took effect, or after the answer",
    "silent": "no answer but fills, although the request took effect",
    "mute": "in the full form: no answer and no fills of the moment, although the request took effect",
    "slow": "a new order takes effect much later, while the venue says that it does not know it",
    "ignored": "no answer and no effect",
    "rejected": "a good new order is rejected",
    "rejected-by-session": "a good request is refused by a session Reject (35=3)",
    "rejected-by-business": "a good request is refused by a BusinessMessageReject (35=j)",
    "asked-again": "a new order or cancel is lost, and the venue asks for it to be resent",
    "ack-after-fill": "the acknowledgement comes after the first fill",
    "cancel-refused": "a good cancel is refused",
    "late-fill": "half of a canceled order traded before, told after the Canceled",
    "delay": "a report and all that follow it come later",
    "repeat": "a report comes twice",
    "echo": "a report comes again, much later",
    "reorder": "a report comes after the next one",
}
SLOWER = "slower"  # as slow, and perhaps so late that the fence had decided: drawn apart from the others
WORDS = ("not-placed", "canceled")
RATES = (0.03, 0.1, 0.3)
DISRUPTIONS = ("drop", "logout", "venue-restart", "crash", "clock", "refuse-logons", "venue-stall", "stall")
CRASHES = ("at once", "before commit", "after commit", "after a send", "after the sends")


@dataclass(frozen=True, slots=True)
class Action:
    """Something that happens at a time, whatever else happens."""

    at: int
    name: str
    args: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.at / S:9.3f} s  {self.name} {', '.join(str(arg) for arg in self.args)}".rstrip()


@dataclass(frozen=True, slots=True)
class Plan:
    """One history: how the venue behaves, and what happens when."""

    seed: str
    form: Form
    refusing: Refusing
    rates: dict[str, float]
    actions: tuple[Action, ...]
    skew_ns: int = 0

    def reduced(self, keep: Collection[int] | None, without: Collection[str]) -> Plan:
        """Give the same history with fewer actions and faults."""
        kept = tuple(a for n, a in enumerate(self.actions) if keep is None or n in keep)
        return replace(
            self, actions=kept, rates={name: rate for name, rate in self.rates.items() if name not in without}
        )

    def __str__(self) -> str:
        rates = ", ".join(f"{name} {rate:g}" for name, rate in self.rates.items()) or "none"
        told = f"reports {self.form}; cancels refused by {self.refusing}; faults: {rates}"
        return "\n".join([told, *(f"  [{n}] {action}" for n, action in enumerate(self.actions))])


def draw(seed: str) -> Plan:
    """Draw a history. Each one has only some of the faults, at rates of its own: more differ than with all of them."""
    rng = Random(f"{seed} plan")
    rates = {name: rng.choice(RATES) for name in FAULTS if rng.random() < 0.3}
    count, span = rng.choice((4, 8, 15, 30, 60)), rng.choice((1, 5, 30, 120)) * S
    wild = {name for name in DISRUPTIONS if rng.random() < 0.5}
    share = rng.choice((0.0, 0.1, 0.3))
    times = sorted(rng.randrange(span) for _ in range(count))
    actions = _within_the_fence([_action(rng, at, wild=sorted(wild), share=share) for at in times])
    wrong = Random(f"{seed} wrong words")
    if wrong.random() < 0.25:
        rates[SLOWER] = wrong.choice(RATES)
    if wrong.random() < 0.25:
        actions = tuple(sorted((*actions, *_words(wrong, span)), key=lambda action: action.at))
    return Plan(
        seed=seed,
        form=rng.choice(list(Form)),
        refusing=rng.choice(list(Refusing)),
        rates=rates,
        actions=_numbered(actions),
        skew_ns=rng.choice((0, 0, -3 * S, 3 * S)),
    )


def _words(rng: Random, span: int) -> list[Action]:
    """Draw what a person says became of orders in doubt, right or wrong; also when nothing else happens any more."""
    times = (rng.randrange(span + 20 * S) for _ in range(rng.choice((1, 3, 10))))
    return [Action(at, "word", (rng.randrange(1000), rng.choice(WORDS))) for at in times]


def _within_the_fence(actions: list[Action]) -> tuple[Action, ...]:
    """Put the clock forward by no more in all than leaves the fence standing: no clock could tell the difference."""
    kept, left = [], 400.0
    for action in actions:
        step = action.args[0] if action.name == "clock" else 0
        if step <= left:
            kept.append(action)
            left -= max(step, 0)
    return tuple(kept)


def _numbered(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """Number the orders, so that each stays what it is when others are left out."""
    numbered, count = [], 0
    for action in actions:
        if action.name == "place":
            numbered.append(replace(action, args=(count, *action.args)))
            count += 1
        else:
            numbered.append(action)
    return tuple(numbered)


def _action(rng: Random, at: int, *, wild: list[str], share: float) -> Action:
    if wild and rng.random() < share:
        return _disruption(rng, at, rng.choice(wild))
    name = rng.choices(("place", "cancel", "ask", "again", "hit", "replace"), (10, 5, 1, 1, 4, 4))[0]
    if name == "place":
        return Action(at, name, _terms(rng))
    which = rng.randrange(1000)
    if name == "hit":
        return Action(at, name, (which, rng.choice((25, 50, 100))))
    if name == "replace":
        return Action(at, name, (which, rng.choice((50, 100, 100, 200)), rng.choice((-3, 0, 0, 2))))
    if name == "again":
        return Action(at, name, (which, rng.random() < 0.3))
    return Action(at, name, (which,))


def _terms(rng: Random) -> tuple[Any, ...]:
    side = rng.choice("12")
    tif = rng.choices("137", (6, 3, 2))[0]
    qty = rng.choice((Decimal("0.0002"), Decimal("0.5"), Decimal(1), Decimal("1.5"), Decimal(3)))
    near = Decimal(rng.choice((29991, 29994, 29996, 29999)))
    far = Decimal(30000 if side == "1" else 29990)
    through = Decimal(30010 if side == "1" else 29980)
    price = rng.choice((near, near, near, far, through))
    if rng.random() < 0.04:
        qty = Decimal("0.00001")  # the venue refuses it
    return (side, tif, qty, price)


def _disruption(rng: Random, at: int, name: str) -> Action:
    match name:
        case "drop" | "logout":
            args: tuple[Any, ...] = (rng.choice((0, 20, 2000, 30_000)),)  # ms until our side notices
        case "venue-restart":
            args = (rng.choice((100, 3000, 20_000)),)
        case "crash":
            args = (rng.choice(CRASHES), rng.randrange(1, 4), rng.choice((100, 3000, 20_000)))
        case "clock":
            args = (rng.choice((-120, -2, -0.5, 0.5, 2, 120)),)
        case "refuse-logons":
            args = (rng.randrange(1, 4),)
        case _:
            args = (rng.choice((50, 1500, 8000)),)
    return Action(at, name, args)
