"""What is to happen in a history of a venue without client order ids: drawn from its seed, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from tests.simulation.plan import Action, S

if TYPE_CHECKING:
    from collections.abc import Collection

WEEX, CLOUD = "weex", "cloud"

NETWORK = {
    "unreachable": "no connection is made",
    "lost": "a request never arrives, and has no answer",
    "unheard": "a request takes effect, and has no answer",
    "late": "a request has no answer, and arrives long after the client gave up",
    "gateway": "HTTP 502, without effect",
    "gateway-after": "HTTP 502, although the request took effect",
    "truncated": "a request takes effect, and its answer is cut off",
    "text": "an answer that is no JSON, without effect",
    "text-after": "an answer that is no JSON, although the request took effect",
    "error": "an error that proves nothing, without effect",
    "error-after": "an error that proves nothing, although the request took effect",
    "nonce": "somebody else has used a higher nonce of the key",
    "twice": "a request arrives twice, and the second answer is the one that comes back",
    "forbidden": "HTTP 403, without effect",
}
OF_ONE_VENUE = {"nonce": WEEX, "twice": WEEX}
CLOUDS = ("slow-submit", "slow-cancel", "late-fill", "lost-race", "system-error", "reject", "cancel-reject")
DISRUPTIONS = ("crash", "clock", "outage", "stall")
CRASHES = ("at once", "before commit", "after commit", "after an effect", "after the effects")


@dataclass(frozen=True, slots=True)
class Manner:
    """How the venue, and everybody else there, behave."""

    venue: str
    sessions: int = 1
    keys: int = 1
    as_maker: bool = False
    empty_is_error: bool = False
    long_nonce_text: bool = True
    moving: bool = False
    twins: bool = False
    timeout_s: float = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """One history. `rates`: how often questions meet each fault; every third submit meets one of them."""

    seed: str
    manner: Manner
    rates: dict[str, float]
    actions: tuple[Action, ...]

    def reduced(self, keep: Collection[int] | None, without: Collection[str]) -> Plan:
        """Give the same history with fewer actions and faults."""
        kept = tuple(a for n, a in enumerate(self.actions) if keep is None or n in keep)
        return replace(
            self, actions=kept, rates={name: rate for name, rate in self.rates.items() if name not in without}
        )

    def __str__(self) -> str:
        rates = ", ".join(f"{name} {rate:g}" for name, rate in self.rates.items()) or "none"
        told = f"{self.manner}\nfaults: {rates}"
        return "\n".join([told, *(f"  [{n}] {action}" for n, action in enumerate(self.actions))])


def draw(venue: str, seed: str) -> Plan:
    """Draw a history."""
    rng = Random(f"{seed} {venue} plan")
    names = [name for name in NETWORK if OF_ONE_VENUE.get(name, venue) == venue]
    enabled = rng.sample(names, rng.choice((1, 3, 6, len(names))))
    rate = rng.choice((0.0, 0.01, 0.05))
    rates = {name: 0.002 if name == "forbidden" else rate for name in names if name in enabled}
    if venue == CLOUD:
        rates |= {name: rng.choice((0.05, 0.2)) for name in CLOUDS if rng.random() < 0.2}
    count = rng.choice((10, 20, 40))
    span = rng.choice((20, 60, 240)) * S * (2 if venue == CLOUD else 1)
    wild = [name for name in DISRUPTIONS if rng.random() < 0.5]
    share = rng.choice((0.0, 0.05, 0.15))
    manner = _manner(rng, venue)
    times = sorted(rng.randrange(span) for _ in range(count))
    actions = [_action(rng, at, manner, wild if rng.random() < share else []) for at in times]
    return Plan(seed=seed, manner=manner, rates=rates, actions=tuple(_numbered(actions)))


def _manner(rng: Random, venue: str) -> Manner:
    return Manner(
        venue=venue,
        sessions=rng.choice((1, 1, 2)),
        keys=rng.choice((1, 1, 2)),
        as_maker=venue == WEEX and rng.random() < 0.1,
        empty_is_error=rng.random() < 0.3,
        long_nonce_text=rng.random() < 0.5,
        moving=rng.random() < 0.3,
        twins=rng.random() < 0.1,
        timeout_s=rng.choice((1.5, 3, 8)),
    )


def _numbered(actions: list[Action]) -> list[Action]:
    """Number the orders, so that each stays what it is when others are left out."""
    numbered, count = [], 0
    for action in actions:
        if action.name == "place":
            numbered.append(replace(action, args=(count, *action.args)))
            count += 1
        else:
            numbered.append(action)
    return numbered


def _action(rng: Random, at: int, manner: Manner, wild: list[str]) -> Action:
    if wild:
        return _disruption(rng, at, rng.choice(wild))
    names = ("place", "cancel", "replace", "ask", "hit", "stranger", "twin")
    weights = (14, 3, 2, 1, 3, 2, 1 if manner.twins else 0)
    name = rng.choices(names, weights)[0]
    which = rng.randrange(1000)
    args: dict[str, tuple[Any, ...]] = {
        "place": (rng.randrange(manner.sessions), *_terms(rng, manner)),
        "cancel": (which,),
        "ask": (which,),
        "replace": (which, rng.choice((50, 100, 100, 200)), rng.choice((-2, 0, 0, 2))),
        "hit": (which, rng.choice((25, 50, 100))),
        "stranger": _terms(rng, manner),
        "twin": (rng.random() < 0.5,),
    }
    return Action(at, name, args[name])


def _terms(rng: Random, manner: Manner) -> tuple[Any, ...]:
    """Symbol, side, TimeInForce, size and level, all by number: the venue has its own grid."""
    tif = rng.choices("137", (6, 3, 2))[0] if manner.venue == CLOUD else "1"
    return (
        rng.randrange(3),
        rng.choice("12"),
        tif,
        rng.randrange(1, 7),
        rng.choice((1, 2, 4, 6, 8, 9, 10, 20)),
    )


def _disruption(rng: Random, at: int, name: str) -> Action:
    match name:
        case "crash":
            args: tuple[Any, ...] = (
                rng.choice(CRASHES),
                rng.randrange(1, 4),
                rng.choice((100, 3000, 20_000)),
            )
        case "clock":
            args = (rng.choice((-120, -2, -0.5, 0.5, 2, 120)),)
        case "outage":
            args = (rng.choice((1000, 8000, 40_000)),)
        case _:
            args = (rng.choice((50, 1500, 8000)),)
    return Action(at, name, args)
