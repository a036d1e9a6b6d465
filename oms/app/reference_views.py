"""How what venues say of themselves and of an account looks from outside: plain objects for API and command line."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from oms.app.reference import Facts
from oms.app.reference_waits import Waits
from oms.core.balances import Compared
from oms.core.instruments import Instrument
from oms.core.movements import Movement
from oms.core.positions import Position
from oms.core.prices import Quote, is_stale
from oms.core.times import NS_PER_S, ns_to_iso
from oms.core.values import AVG_PX_STEP, ROUNDING, ZERO, format_decimal, format_optional

_SILENT: Final[Mapping[str, Any]] = {"rest": None}
_UNKNOWN_AMOUNTS: Final = {"amount": None, "available": None, "frozen": None}
_AMOUNTS = (
    "tick_size",
    "step_size",
    "min_price",
    "max_price",
    "min_qty",
    "max_qty",
    "min_notional",
    "max_notional",
)


def instrument_view(session: str, instrument: Instrument) -> dict[str, Any]:
    """Describe a symbol; a limit is null where there is none, or the venue does not tell."""
    return {
        "session": session,
        "exchange": instrument.exchange,
        "symbol": instrument.symbol,
        "base": instrument.base,
        "quote": instrument.quote,
        **{name: format_optional(getattr(instrument, name)) for name in _AMOUNTS},
        "status": instrument.status,
        "trading": instrument.trading,
    }


def quote_view(session: str, quote: Quote, now_ns: int, max_age_ns: int) -> dict[str, Any]:
    """Describe the best prices with their age."""
    return {
        "session": session,
        "exchange": quote.exchange,
        "symbol": quote.symbol,
        "bid": format_optional(quote.bid),
        "ask": format_optional(quote.ask),
        "age_s": quote.age_s(now_ns),
        "stale": is_stale(quote, now_ns, max_age_ns),
    }


def position_view(account: str | None, symbol: str, position: Position) -> dict[str, Any]:
    """Describe a position; what depends on a price that nobody told is null."""
    cost = position.avg_cost
    rounded = None if cost is None else ROUNDING.quantize(cost, AVG_PX_STEP)
    realised = position.realised_pnl
    return {
        "account": account,
        "symbol": symbol,
        "qty": format_decimal(position.qty),
        "avg_cost": format_optional(rounded),
        "realised_pnl": None
        if realised is None
        else format_decimal(ROUNDING.quantize(realised, AVG_PX_STEP)),
        "bought": format_decimal(position.bought),
        "sold": format_decimal(position.sold),
        "fees": {currency: format_decimal(amount) for currency, amount in position.fees.items() if amount},
        "unpriced": position.unpriced,
    }


def balances_view(facts: Facts, now_ns: int, waits: Waits | None) -> dict[str, Any]:
    """Describe what an account has, and how that compares with its executions; `waits`: why it does not."""
    return {
        "session": facts.session,
        "account": facts.account,
        "age_s": _age_s(facts, "balances", now_ns),
        "problem": facts.problems.get("balances") or facts.banned,
        "balances": [
            {
                "exchange": each.exchange,
                "currency": each.currency,
                "amount": format_decimal(each.amount),
                "available": format_decimal(each.available),
                "frozen": format_decimal(each.frozen),
            }
            for each in facts.balances
            if each.amount != ZERO or each.frozen != ZERO
        ]
        + [
            {"exchange": each.exchange, "currency": each.name, **_UNKNOWN_AMOUNTS}
            for each in facts.unread
            if each.name is not None
        ],
        "waits": None
        if waits is None
        else {
            "reason": waits.reason,
            "since": None if waits.since_ns is None else ns_to_iso(waits.since_ns),
        },
        "comparison": None if facts.compared is None else comparison_view(facts.compared),
    }


def comparison_view(compared: Compared) -> dict[str, Any]:
    """Describe a comparison: `difference` is what the venue has beyond what executions and withdrawals explain."""
    return {
        "since": ns_to_iso(compared.since_ns),
        "at": ns_to_iso(compared.time_ns),
        "unknown": list(compared.unknown),
        "differences": [
            {
                "currency": each.currency,
                "expected": format_decimal(each.expected),
                "actual": format_decimal(each.actual),
                "difference": format_decimal(each.amount),
                "standing": each.standing,
            }
            for each in compared.differences
        ],
    }


def venues_view(
    watched: Mapping[str, Facts], sessions: Iterable[Mapping[str, Any]], now_ns: int
) -> list[dict[str, Any]]:
    """Describe every venue that is asked over REST, besides orders or for them.

    Args:
        watched: what is known besides orders, by session.
        sessions: how the sessions stand (`oms.app.session_view.session_object`).
        now_ns: the engine's clock.

    """
    rests = {session["name"]: session for session in sessions if session["rest"] is not None}
    known = {name: Facts(name, session["account"]) for name, session in rests.items()} | dict(watched)
    return [venue_view(facts, rests.get(name, _SILENT)["rest"], now_ns) for name, facts in known.items()]


def venue_view(facts: Facts, rest: Mapping[str, Any] | None, now_ns: int) -> dict[str, Any]:
    """Describe how a venue stands besides orders: its clock, how it is polled, and what cannot be had.

    Args:
        facts: what is known besides orders.
        rest: how it stands over REST, as a session shows it; None where orders do not go that way.
        now_ns: the engine's clock.

    """
    clock, polled = facts.clock, rest or {}
    down = (
        {}
        if polled.get("up", True) or polled["banned"]
        else {"orders": polled["reason"] or "not reached yet"}
    )
    return {
        "session": facts.session,
        "account": facts.account,
        "clock_ahead_s": None if clock is None else round(clock.ahead_ns / NS_PER_S, 6),
        "clock_uncertain_s": None if clock is None else round(clock.uncertain_ns / NS_PER_S, 6),
        "clock_age_s": _age_s(facts, "clock", now_ns),
        "instruments_age_s": _age_s(facts, "instruments", now_ns),
        "poll_s": polled.get("poll_s"),
        "answer_age_s": polled.get("age_s"),
        "problems": {**down, **polled.get("keys_out", {}), **facts.problems},
        "banned": polled.get("banned") or facts.banned,
    }


def movement_view(movement: Movement) -> dict[str, Any]:
    """Describe a movement of money."""
    return {
        "id": movement.id,
        "status": str(movement.status),
        "reason": movement.reason,
        "kind": movement.kind,
        "label": movement.label,
        "session": movement.session,
        "account": movement.account,
        "exchange": movement.exchange,
        "currency": movement.currency,
        "amount": format_decimal(movement.amount),
        "address": movement.address,
        "memo": movement.memo,
        "target": movement.target,
        "subject": movement.subject,
        "moved": format_optional(movement.moved),
        "fee": format_optional(movement.fee),
        "log_id": movement.log_id,
        "requested": ns_to_iso(movement.time_ns),
        "ended": None if movement.ended_ns is None else ns_to_iso(movement.ended_ns),
        "actor": movement.actor,
    }


def figures(watched: Mapping[str, Facts], movements: Mapping[str, Movement], now_ns: int) -> dict[str, float]:
    """Give the figures for the metrics page, by Prometheus name; of several venues the worst."""
    facts = list(watched.values())
    clocks = [abs(each.clock.ahead_ns) / NS_PER_S for each in facts if each.clock is not None]
    ages = [quote.age_s(now_ns) for each in facts for quote in each.quotes.copy().values()]
    differences = [one for each in facts if each.compared for one in each.compared.differences]
    found: dict[str, float] = {
        "oms_balance_differences": sum(each.standing for each in differences),
        "oms_venue_questions_failed_total": sum(each.failures for each in facts),
        "oms_venue_questions_failing": sum(len(each.problems) for each in facts),
        "oms_money_in_doubt": sum(each.status == "IN_DOUBT" for each in movements.values()),
        "oms_money_open": sum(each.is_open for each in movements.values()),
    }
    if clocks:
        found["oms_venue_clock_difference_seconds"] = max(clocks)
    if ages:
        found["oms_price_age_seconds"] = max(ages)
    return found


def _age_s(facts: Facts, name: str, now_ns: int) -> float | None:
    asked_ns = facts.asked_ns.get(name)
    return None if asked_ns is None else round((now_ns - asked_ns) / NS_PER_S, 3)
