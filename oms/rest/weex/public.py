"""WEEX's public API v3: pairs and their rules, ticker, depth and trades. Without a key; cached by the venue for 2 s."""

from collections.abc import Sequence
from typing import Final, TypeVar
from urllib.parse import quote

from oms.core.errors import OutcomeUnknown
from oms.rest.rows import Row, Unreadable, read, shown
from oms.rest.transport import Transport
from oms.rest.weex.models import Depth, PublicInfo, PublicTrade, Ticker
from oms.rest.weex.refusals import WeexRefused, reason_of
from oms.rest.worker import VenueBanned

T = TypeVar("T")

OK: Final = 200
FORBIDDEN: Final = 403
MOST_ROWS: Final = 5000


class _Refusal(Row, frozen=True):
    """What the public API answers instead: there is no envelope around its successes."""

    success: int
    error: str = ""


class PublicClient:
    """The public API. What raises: VenueUnavailable, WeexRefused, VenueBanned (HTTP 403), OutcomeUnknown."""

    def __init__(self, transport: Transport, *, path: str = "/api/3") -> None:
        """Ask below `path`."""
        self._transport = transport
        self._path = path

    def info(self) -> PublicInfo:
        """Ask for all pairs and their rules."""
        return self._get("info", PublicInfo)

    def ticker(self, pairs: Sequence[str], *, ignore_invalid: bool = False) -> dict[str, Ticker]:
        """Ask for the last 24 hours of some pairs; an unknown pair is an error unless it is to be ignored."""
        return self._get(f"ticker/{_listed(pairs)}", dict[str, Ticker], _query(None, ignore_invalid))

    def depth(
        self, pairs: Sequence[str], *, limit: int | None = None, ignore_invalid: bool = False
    ) -> dict[str, Depth]:
        """Ask for the order books; `limit` rows a side, 150 where left out, at most 5000."""
        return self._get(f"depth/{_listed(pairs)}", dict[str, Depth], _query(limit, ignore_invalid))

    def trades(
        self, pairs: Sequence[str], *, limit: int | None = None, ignore_invalid: bool = False
    ) -> dict[str, list[PublicTrade]]:
        """Ask for the last trades; `limit` rows, 150 where left out, at most 5000."""
        shape = dict[str, list[PublicTrade]]
        return self._get(f"trades/{_listed(pairs)}", shape, _query(limit, ignore_invalid))

    def _get(self, what: str, shape: type[T], query: str = "") -> T:
        self._transport.await_turn(moves=False)
        reply = self._transport.call("GET", f"{self._path}/{what}", query=query)
        if reply.status == FORBIDDEN:
            message = f"WEEX public API, {what}: HTTP 403, the venue turns us away: {shown(reply.body)}"
            raise VenueBanned(message)
        if reply.status != OK:
            message = f"WEEX public API, {what}: HTTP {reply.status}: {shown(reply.body)}"
            raise OutcomeUnknown(message)
        try:
            return read(reply.body, shape)
        except Unreadable as error:
            fault = f"WEEX public API, {what}: the answer cannot be read: {error}: {shown(reply.body)}"
        raise _refusal(what, reply.body) or OutcomeUnknown(fault)


def _refusal(what: str, content: bytes) -> WeexRefused | None:
    try:
        refusal = read(content, _Refusal)
    except Unreadable:
        return None
    return WeexRefused(what, reason_of(refusal.error), refusal.error)


def _listed(pairs: Sequence[str]) -> str:
    return quote("-".join(pairs), safe="-")


def _query(limit: int | None, ignore_invalid: bool) -> str:  # noqa: FBT001 - as the API has it
    parts = [] if limit is None else [f"limit={min(limit, MOST_ROWS)}"]
    return "&".join([*parts, "ignore_invalid=1"] if ignore_invalid else parts)
