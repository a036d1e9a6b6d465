"""One request to a Cloud API exchange: signed or not, sent once, its answer judged.

What raises: VenueUnavailable: nothing left; CloudRefused: the venue did not do it, or does not answer the question;
VenueBanned: HTTP 403 to a question (the document knows no such status, so that for what moves something it proves
nothing); OutcomeUnknown: sent, and there is no answer that says what became of it. Nothing is sent twice.
"""

import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from oms.core.errors import OutcomeUnknown
from oms.rest.cloud.models import Envelope
from oms.rest.cloud.refusals import CloudKeyRefused, CloudRefused, Reason
from oms.rest.cloud.signing import Credential, Operator, query_of, signed_query
from oms.rest.rows import Unreadable, read, shown
from oms.rest.transport import Reply, Transport
from oms.rest.worker import VenueBanned

T = TypeVar("T")
Value = str | int | Decimal | None

OK: Final = 200
FORBIDDEN: Final = 403
GET_TYPE: Final = {"Content-Type": "application/x-www-form-urlencoded"}
POST_TYPE: Final = {"Content-Type": "application/json"}


class Caller:
    """Calls the methods of one exchange with one key; for one thread, as its transport."""

    def __init__(
        self,
        transport: Transport,
        operator: Operator,
        credential: Credential | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Call through `transport`, whose base URL ends before the operator's prefix.

        Args:
            transport: carries the requests.
            operator: the exchange.
            credential: the key; market data needs none.
            clock: the present by the venue's clock, seconds since the epoch.

        """
        self._transport = transport
        self._operator = operator
        self._credential = credential
        self._clock = clock

    def look(self, path: str, shape: type[T], parameters: Mapping[str, Value], *, part: str = "data") -> T:
        """Ask for what everybody may see; `part` names where the answer has it: `data` or `tick`."""
        query = query_of(_written(parameters))
        self._transport.await_turn(moves=False)
        reply = self._transport.call("GET", self._operator.prefix + path, query=query, headers=GET_TYPE)
        return _answer(f"GET {path}", reply, shape, part=part)

    def ask(self, path: str, shape: type[T], parameters: Mapping[str, Value]) -> T:
        """Ask with the key; parameters that are None are left out."""
        self._transport.await_turn(moves=False)  # before the signature, which names the time
        query = self._signed("GET", path, _written(parameters))
        reply = self._transport.call("GET", self._operator.prefix + path, query=query, headers=GET_TYPE)
        return _answer(f"GET {path}", reply, shape)

    def move(self, path: str, shape: type[T], parameters: Mapping[str, object]) -> T:
        """Have something done; the parameters go in the body as JSON."""
        self._transport.await_turn(moves=True)
        query = self._signed("POST", path, {})
        body = msgspec.json.encode(parameters)
        reply = self._transport.call(
            "POST", self._operator.prefix + path, query=query, body=body, headers=POST_TYPE
        )
        return _answer(f"POST {path}", reply, shape, moves=True)

    def _signed(self, method: str, path: str, parameters: Mapping[str, str]) -> str:
        if self._credential is None:
            message = f"{method} {path} needs a key, and this caller was made without one"
            raise ValueError(message)
        return signed_query(
            method,
            path,
            parameters,
            operator=self._operator,
            credential=self._credential,
            now_s=self._clock(),
        )


def present(parameters: Mapping[str, Value]) -> dict[str, str]:
    """Write the parameters of a body: those that are there, each as text."""
    return _written(parameters)


def _written(parameters: Mapping[str, Value]) -> dict[str, str]:
    return {
        name: format(value, "f") if isinstance(value, Decimal) else str(value)
        for name, value in parameters.items()
        if value is not None
    }


def _answer(what: str, reply: Reply, shape: type[T], *, part: str = "data", moves: bool = False) -> T:
    """Judge a reply: what was asked for, a refusal, or nothing that proves anything."""
    envelope = _envelope(what, reply, moves=moves)
    if envelope.status == "ok":
        try:
            return read(envelope.tick if part == "tick" else envelope.data, shape)
        except Unreadable as error:
            fault = f"Cloud API {what}: it succeeded, but its answer cannot be read: {error}"
        raise OutcomeUnknown(fault)
    refusal = CloudRefused(what, envelope.err_code or "", envelope.err_msg or "")
    proves = envelope.status == "error" and refusal.reason is not Reason.OTHER
    if refusal.reason is Reason.KEY:
        refusal = CloudKeyRefused(what, refusal.code, refusal.text)
    if moves and not proves:
        message = (
            f"Cloud API {what}: an error that does not say what was done: {refusal.code}: {refusal.text}"
        )
        raise OutcomeUnknown(message)
    raise refusal


def _envelope(what: str, reply: Reply, *, moves: bool) -> Envelope:
    fault = f"Cloud API {what}: HTTP {reply.status}: {shown(reply.body)}"
    if reply.status == FORBIDDEN and not moves:
        raise VenueBanned(fault)
    if reply.status != OK:
        raise OutcomeUnknown(fault)
    try:
        return read(reply.body, Envelope)
    except Unreadable:
        raise OutcomeUnknown(fault) from None
