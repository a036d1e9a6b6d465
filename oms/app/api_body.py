"""The body of `POST /v1/orders`: from bytes to a `PlaceOrder`, or to a reason that names the field.

Numbers stay text from the wire to `Decimal`; no float is ever made of them. What is wrong with the *form* is refused
here; what is wrong with the *order* (a quantity of 0, an unknown venue) is the engine's to deny, and is journaled.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from oms.app.api_errors import ApiError, invalid
from oms.core.inputs import PlaceOrder
from oms.core.values import OrdType, Side, TimeInForce, parse_decimal

MAX_BODY_BYTES: Final = 64 << 10
BODY_TIMEOUT_S: Final = 10.0
MAX_ID_CHARS: Final = 100
MAX_WORD_CHARS: Final = 64

AMOUNTS: Final = ("order_qty", "cash_order_qty", "price")
WORDS: Final = ("symbol", "exchange", "session", "account")
ALIAS: Final = "cl_ord_id"
ROUNDING: Final = "rounding"
FIELDS: Final = ("client_order_id", ALIAS, *WORDS, "side", "ord_type", "time_in_force", *AMOUNTS, ROUNDING)

Sessions = Callable[[], list[dict[str, Any]]]


def _choices(*members: Side | OrdType | TimeInForce) -> dict[str, str]:
    """Spell each value by its FIX code and by its name."""
    return {spelling: str(member) for member in members for spelling in (str(member), member.name)}


SIDES: Final = _choices(Side.BUY, Side.SELL)
ORD_TYPES: Final = _choices(OrdType.LIMIT, OrdType.MARKET)
TIMES_IN_FORCE: Final = _choices(*(time for time in TimeInForce if time is not TimeInForce.GTD))
GTD: Final = "GTD needs an ExpireTime (126), which orders here do not have: cancel the order in time"
# What FIX knows and no order here can be, by field, with the reason.
REFUSED: Final = {"time_in_force": dict.fromkeys(_choices(TimeInForce.GTD), GTD)}


class _Number(str):
    """A JSON number, as it was written."""

    __slots__ = ()


class _FaultError(ValueError):
    """JSON that can be read and is still not to be trusted."""


async def read_body(request: Request) -> bytes:
    """Take the body, if it is small enough and comes in time."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < MAX_WORD_CHARS and int(declared) > MAX_BODY_BYTES:
        raise _too_large()
    body = b""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise _too_large()
    except (TimeoutError, ClientDisconnect) as error:
        text = f"the body did not come within {BODY_TIMEOUT_S:g} s; nothing was taken on"
        raise ApiError(408, "TIMEOUT", text, headers={"Connection": "close"}) from error
    return body


def _too_large() -> ApiError:
    text = f"the body is larger than {MAX_BODY_BYTES} bytes; an order has some hundred"
    return ApiError(413, "TOO_LARGE", text, headers={"Connection": "close"})  # the rest is not read


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object, its numbers as text.

    Raises:
        ApiError: 400 for what is not JSON, with the place, or says a field twice; 422 for JSON that is no object.

    """
    try:
        value = _JSON.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _malformed(why=f"at byte {error.start}: the body must be UTF-8") from error
    except json.JSONDecodeError as error:
        raise _malformed(why=f"at line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise _malformed(why="it is nested too deeply") from error
    except _FaultError as error:
        raise _malformed(why=str(error)) from error
    if not isinstance(value, dict):
        raise invalid(field=None, text=f"the body must be a JSON object, not {_kind(value)}")
    return value


def _malformed(*, why: str) -> ApiError:
    return ApiError(400, "MALFORMED", f"malformed JSON: {why}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse what is said twice: nobody knows which of two prices was meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"field {twice!r} stands there twice"
        raise _FaultError(message)
    return found


def _no_constant(name: str) -> Any:  # noqa: ANN401 - it gives nothing
    message = f"{name} is not JSON"
    raise _FaultError(message)


_JSON: Final = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_Number, parse_int=_Number, parse_constant=_no_constant
)


def place_order(
    given: Mapping[str, Any], *, actor: str, origin: str | None, sessions: Sessions
) -> PlaceOrder:
    """Make a command of the fields.

    Raises:
        ApiError: 422, naming the first field that is unknown, missing, of the wrong type, or contradicts another.

    """
    for name in given:
        if name not in FIELDS:
            raise invalid(
                field=name, text=f"unknown field {name[:MAX_WORD_CHARS]!r}; known are {', '.join(FIELDS)}"
            )
    client_order_id = _client_order_id(given)
    words = {name: text_of(given, name, MAX_WORD_CHARS) for name in WORDS}
    if words["symbol"] is None:
        raise invalid(field="symbol", text="symbol is missing, like BTCUSDT")
    side = _choice(given, "side", SIDES)
    if side is None:
        raise invalid(field="side", text="side is missing: BUY or SELL")
    ord_type = _choice(given, "ord_type", ORD_TYPES) or str(OrdType.LIMIT)
    amounts = {name: amount_of(given, name) for name in AMOUNTS}
    if not _takes_price(ord_type, words["session"], sessions) and amounts["price"] is not None:
        text = "a market order takes no price; leave it out, or give ord_type LIMIT"
        raise invalid(field="price", text=text)
    _check_sizes(ord_type, side, amounts)
    rounding = given.get(ROUNDING)
    if rounding not in (None, True, False):
        raise invalid(field=ROUNDING, text=f"{ROUNDING} must be true or false, not {_kind(rounding)}")
    return PlaceOrder(
        rounding=bool(rounding),
        client_order_id=client_order_id,
        symbol=words["symbol"],
        side=side,
        ord_type=ord_type,
        time_in_force=_choice(given, "time_in_force", TIMES_IN_FORCE) or str(TimeInForce.GTC),
        order_qty=amounts["order_qty"],
        cash_order_qty=amounts["cash_order_qty"],
        price=amounts["price"],
        exchange=words["exchange"],
        session=_session(words["session"], words["account"], sessions),
        actor=actor,
        origin=origin,
    )


def _client_order_id(given: Mapping[str, Any]) -> str:
    name = (
        ALIAS if given.get("client_order_id") is None and given.get(ALIAS) is not None else "client_order_id"
    )
    value = text_of(given, name, MAX_ID_CHARS)
    if value is None:
        text = "client_order_id is missing: the desk's own id, unique in the account; repeating it is safe"
        raise invalid(field="client_order_id", text=text)
    if value in {".", ".."}:  # they vanish from a path, so the order could not be asked for
        raise invalid(field=name, text=f"{name} {value!r} cannot stand in a URL; take another")
    if given.get(ALIAS) is not None and given[ALIAS] != value:
        raise invalid(
            field=ALIAS, text=f"{ALIAS} is another name of client_order_id, and they differ; give one"
        )
    return value


def text_of(given: Mapping[str, Any], name: str, longest: int) -> str | None:
    """Take a text of 1 to `longest` printable characters; None where it is not given.

    Raises:
        ApiError: 422, it is not one.

    """
    value = given.get(name)
    if value is None:
        return None
    if type(value) is not str:
        raise invalid(field=name, text=f"{name} must be a string, not {_kind(value)}")
    if not 0 < len(value) <= longest or not value.isprintable():
        raise invalid(field=name, text=f"{name} must have 1 to {longest} printable characters")
    return value


def _choice(given: Mapping[str, Any], name: str, choices: Mapping[str, str]) -> str | None:
    text = text_of(given, name, MAX_WORD_CHARS)
    if text is None:
        return None
    spelling = text.upper().replace("-", "_")
    found = choices.get(spelling)
    if found is None:
        known = ", ".join(each for each in choices if not each[0].isdigit())
        told = f"{text!r} is not known; known are {known}, and their FIX codes"
        raise invalid(field=name, text=f"{name} {REFUSED.get(name, {}).get(spelling, told)}")
    return found


def amount_of(given: Mapping[str, Any], name: str) -> Decimal | None:
    """Take a decimal; None where it is not given.

    Raises:
        ApiError: 422, it is not one.

    """
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise invalid(
            field=name, text=f'{name} must be a decimal written as a string, like "1.5", not {_kind(value)}'
        )
    try:
        return parse_decimal(str(value))
    except ValueError as error:
        raise invalid(field=name, text=f"{name}: {error}") from error


def _takes_price(ord_type: str, session: str | None, sessions: Sessions) -> bool:
    """Say whether an order may have a price; the venue's own rule for market orders is the engine's to check."""
    return ord_type == OrdType.LIMIT or any(
        row.get("market_price") for row in sessions() if session in (None, row["name"])
    )


def _check_sizes(ord_type: str, side: str, amounts: Mapping[str, Decimal | None]) -> None:
    """Refuse what is missing or contradictory. A market buy without its amount is denied by the engine, on record."""
    limit = ord_type == OrdType.LIMIT
    market_buy = not limit and side == Side.BUY
    if limit and amounts["price"] is None:
        raise invalid(field="price", text="price is missing: a limit order needs one")
    if not market_buy and amounts["order_qty"] is None:
        raise invalid(field="order_qty", text="order_qty is missing: the quantity in base currency")
    if not market_buy and amounts["cash_order_qty"] is not None:
        raise invalid(
            field="cash_order_qty",
            text="cash_order_qty is the size of a market buy only; this order has order_qty",
        )
    if market_buy and amounts["cash_order_qty"] is not None and amounts["order_qty"] is not None:
        raise invalid(
            field="order_qty", text="a market buy is sized by cash_order_qty alone; leave order_qty out"
        )


def _session(session: str | None, account: str | None, sessions: Sessions) -> str | None:
    """Find the session that an account means; None leaves the choice to the engine."""
    if account is None:
        return session
    known = {str(row["name"]): row.get("account") for row in sessions()}
    if session is not None:
        if session in known and known[session] != account:
            raise invalid(
                field="account",
                text=f"session {session} trades for account {known[session]}, not for {account!r}",
            )
        return session
    names = [name for name, owner in known.items() if owner == account]
    if not names:
        told = ", ".join(sorted({str(owner) for owner in known.values()})) or "none"
        raise invalid(field="account", text=f"account {account!r} has no session; configured are {told}")
    if len(names) == 1:
        return names[0]
    if len(names) == len(known):
        return None
    raise invalid(
        field="session", text=f"account {account} has several sessions ({', '.join(names)}); name one"
    )


def _kind(value: object) -> str:
    """Name a JSON value's type."""
    if isinstance(value, _Number):
        return "a number"
    if value is None:
        return "null"
    kinds = {bool: "true or false", str: "a string", list: "a list", dict: "an object"}
    return kinds[type(value)]
