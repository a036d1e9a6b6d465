"""Handlers that ask a venue for a person: the account and its activity, currencies, addresses, fees, market data.

Each question is asked when the daemon's own leave room, and at most once. What the venue says is shown as it said it.
"""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import FastAPI, Query
from starlette.responses import Response

from oms.app import api_models
from oms.app import inquiry_models as models
from oms.app.api_access import Reader
from oms.app.api_answers import answers
from oms.app.api_engine import ToEngine
from oms.app.api_errors import ApiError, invalid, json_response
from oms.app.reference_side import ReferenceSide
from oms.core.errors import OutcomeUnknown, VenueError, VenueUnavailable
from oms.core.times import NS_PER_MS
from oms.rest.gathering import Asked, Inquiry
from oms.rest.worker import VenueBanned

if TYPE_CHECKING:
    from collections.abc import Callable

_DAY_MS: Final = 86_400_000


class InquiryApi:
    """The handlers; each is about the venue account of a session."""

    def __init__(self, engine: ToEngine, reference: ReferenceSide) -> None:
        """Ask by way of `reference`; `engine` knows the sessions."""
        self._engine = engine
        self._reference = reference

    async def account(
        self, session: str, _token: Reader, query: Annotated[models.Anywhere, Query()]
    ) -> Response:
        """Show the account's status by the venue's word: OPENED, RESTRICTED (queries only) or SUSPENDED (nothing)."""
        return await self._asked(session, Inquiry(asked=Asked.ACCOUNT, exchange=query.exchange), query)

    async def activity(
        self, session: str, _token: Reader, query: Annotated[models.Period, Query()]
    ) -> Response:
        """List deposits, withdrawals and transfers by the venue's word, newest first; of 24 hours without `since`."""
        now_ms = self._reference.now_ns() // NS_PER_MS
        span = _span(query, now_ms) or (now_ms - _DAY_MS, now_ms + _DAY_MS)
        return await self._asked(session, Inquiry(asked=Asked.ACTIVITY, span=span), query)

    async def currencies(
        self, session: str, _token: Reader, query: Annotated[models.AtExchange, Query()]
    ) -> Response:
        """List the currencies of an exchange: what may be deposited and withdrawn, with limits and smallest fees."""
        return await self._asked(session, Inquiry(asked=Asked.CURRENCIES, exchange=query.exchange), query)

    async def address(
        self, session: str, _token: Reader, query: Annotated[models.OfCoin, Query()]
    ) -> Response:
        """Show where to deposit a coin; without the memo, where there is one, a deposit may be lost."""
        inquiry = Inquiry(asked=Asked.ADDRESS, exchange=query.exchange, coin=query.coin)
        return await self._asked(session, inquiry, query)

    async def commission(
        self, session: str, _token: Reader, query: Annotated[models.OfSymbol, Query()]
    ) -> Response:
        """Show what executions of a symbol cost at an exchange, as a part of 1."""
        inquiry = Inquiry(asked=Asked.COMMISSION, exchange=query.exchange, symbol=query.symbol)
        return await self._asked(session, inquiry, query)

    async def klines(
        self, session: str, _token: Reader, query: Annotated[models.Klines, Query()]
    ) -> Response:
        """List candles of a symbol, the latest if nothing is said."""
        now_ms = self._reference.now_ns() // NS_PER_MS
        inquiry = Inquiry(
            asked=Asked.KLINES,
            exchange=query.exchange,
            symbol=self._pair(session, query.exchange, query.symbol),
            period=query.period,
            span=_span(query, now_ms),
        )
        return await self._asked(session, inquiry, query)

    async def trades(
        self, session: str, _token: Reader, query: Annotated[models.OfSymbol, Query()]
    ) -> Response:
        """List the latest trades of the market; `side` is the maker's."""
        inquiry = Inquiry(asked=Asked.TRADES, exchange=query.exchange, symbol=query.symbol)
        return await self._asked(session, inquiry, query)

    async def ticker(
        self, session: str, _token: Reader, query: Annotated[models.OfSymbol, Query()]
    ) -> Response:
        """Show the market's statistics of 24 hours."""
        inquiry = Inquiry(asked=Asked.TICKER, exchange=query.exchange, symbol=query.symbol)
        return await self._asked(session, inquiry, query)

    def _pair(self, session: str, exchange: str, symbol: str) -> str:
        """Write a symbol as BASE/QUOTE, which only the list of symbols can tell."""
        if "/" in symbol:
            return symbol
        known = self._reference.instruments_of(session).get((exchange, symbol))
        if known is None or known.base is None or known.quote is None:
            told = (
                f"symbol {symbol!r} is not in the list of {exchange}; write it as BASE/QUOTE, like BTC/USDT"
            )
            raise invalid(field="symbol", text=told)
        return f"{known.base}/{known.quote}"

    async def _asked(self, session: str, inquiry: Inquiry, query: models.Waiting) -> Response:
        names = [each["name"] for each in self._engine.desk.sessions()]
        if session not in names:
            raise ApiError(404, "NOT_FOUND", f"no session has the name {session!r}", field="session")
        future = self._reference.inquire(session, inquiry)
        if future is None:
            told = f"the venue of session {session} has no {inquiry.asked} to ask for, or there are no REST keys for it"
            raise ApiError(422, "NOT_POSSIBLE", told, field="session")
        try:
            async with asyncio.timeout(query.timeout_s):
                rows = await asyncio.wrap_future(future)
        except TimeoutError:
            told = f"the venue did not answer within {query.timeout_s:g} s; ask again"
            raise ApiError(504, "NO_ANSWER", told) from None
        except VenueError as error:
            raise _refusal(error) from error
        return json_response({"rows": list(rows)})


def _refusal(error: VenueError) -> ApiError:
    if isinstance(error, VenueUnavailable | VenueBanned):
        return ApiError(503, "UNAVAILABLE", str(error))
    if isinstance(error, OutcomeUnknown):
        return ApiError(504, "NO_ANSWER", str(error))
    return ApiError(422, "VENUE_REFUSED", str(error))


def _span(query: models.Period, now_ms: int) -> tuple[int, int] | None:
    if query.since is None:
        if query.until is not None:
            raise invalid(field="since", text="since is missing: until is the end of what begins there")
        return None
    since, until = _ms(query.since), now_ms if query.until is None else _ms(query.until)
    if since >= until:
        raise invalid(field="since", text="since is not before until")
    return since, until


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def add_routes(app: FastAPI, engine: ToEngine, reference: ReferenceSide) -> None:
    """Add all of them."""
    api = InquiryApi(engine, reference)
    error = api_models.Error
    told = answers(
        s200=("What the venue says", models.Rows),
        s404=("No session has this name", error),
        s422=("A parameter is wrong, the venue refuses, or it cannot be asked such things", error),
        s503=("Nothing was asked: the venue is not reached, or bans us", error),
        s504=("The venue did not answer, or not in a way that can be read", error),
    )
    handlers: tuple[Callable[..., Any], ...] = (
        api.account,
        api.activity,
        api.currencies,
        api.address,
        api.commission,
        api.klines,
        api.trades,
        api.ticker,
    )
    for handler in handlers:
        app.add_api_route(f"/v1/venues/{{session}}/{handler.__name__}", handler, responses=told)
