"""What an answer says: the thing asked for, or one of three refusals to give it. Pure.

1. A request is `ApifinyRefused` only by a code that the document gives for what was definitely not done.
2. Everything else that is no readable answer to exactly what was asked is `ApifinyUnknown`: `ApifinyUnreadable` where
   it is sound JSON, so that the venue is there and only its words are not understood.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from oms.core.errors import OutcomeUnknown, VenueRefused
from oms.rest.adapter import Unreadable
from oms.rest.apifiny.codes import Verdict
from oms.rest.apifiny.meaning import Meaning, meaning
from oms.rest.keys import KeyRefused
from oms.rest.shapes import decoder
from oms.rest.transport import Reply
from oms.rest.worker import VenueBanned

T = TypeVar("T")

_OK: Final = 200
_FORBIDDEN: Final = 403
_SERVER: Final = 500
_LONGEST_TEXT: Final = 200
_MOST_DIGITS: Final = 60
_LARGEST_EXPONENT: Final = 40
# The document's own sample writes a hexadecimal number, which JSON does not know.
_HEXADECIMAL: Final = re.compile(rb'("code"\s*:\s*)(0[xX][0-9A-Fa-f]{1,16})\b')


class ApifinyRefused(VenueRefused):
    """The venue definitely did not do it; `meaning` tells why."""

    def __init__(self, text: str, meaning: Meaning) -> None:
        """Keep what the code stands for."""
        super().__init__(text)
        self.meaning = meaning


class ApifinyKeyRefused(ApifinyRefused, KeyRefused):
    """A greeting was refused: neither will anything else be done for the key."""


class ApifinyStopped(VenueBanned):
    """The venue did not do it, and turns everything else away as well; `meaning` is None for HTTP 403."""

    def __init__(self, text: str, meaning: Meaning | None = None) -> None:
        """Keep what the code stands for."""
        super().__init__(text)
        self.meaning = meaning


class ApifinyUnknown(OutcomeUnknown):
    """Sent, and whether it was done is not known.

    Attributes:
        meaning: of the code, where one was sent.
        again: a read may be asked again at once.
        fence_ns: our clock, since the epoch; from then on the venue takes the request no more. None: not known.

    """

    def __init__(
        self, text: str, meaning: Meaning | None = None, *, again: bool = False, fence_ns: int | None = None
    ) -> None:
        """Keep what the code stands for, and what to do."""
        super().__init__(text)
        self.meaning = meaning
        self.again = again
        self.fence_ns = fence_ns


class ApifinyUnreadable(ApifinyUnknown, Unreadable):
    """Answered, with something else than what the document says; what was asked for is not known."""


class Asked(Struct, frozen=True):
    """What was asked.

    Attributes:
        method: the venue's name for it.
        changes: the request could have changed something; else it only read.
        mask: takes secrets out of what the venue said.

    """

    method: str
    changes: bool
    mask: Callable[[str], str]


class _Error(Struct):
    code: int | str | None = None
    message: str | None = None


class _Envelope(Struct):
    result: Raw = Raw()
    error: _Error | str | None = None


_envelope_of: Final = msgspec.json.Decoder(_Envelope).decode


def interpret(asked: Asked, reply: Reply, kind: type[T]) -> T:
    """Read an answer, in the envelope of chapter "Standard response" or without one.

    Raises:
        ApifinyRefused: it was definitely not done.
        ApifinyStopped: likewise, and nothing else will be.
        ApifinyUnknown: whether it was done is not known.

    """
    if reply.status == _FORBIDDEN:
        told = f"{asked.method}: HTTP 403: too many errors, the venue blocks this IP address"
        raise ApifinyStopped(told)
    if reply.status >= _SERVER:
        told = f"{asked.method}: HTTP {reply.status}: the service is not available"
        raise ApifinyUnknown(told, again=True)
    result, error = _opened(asked, reply)
    if error is not None:
        raise _failure(asked, error, contradicts=result not in {b"", b"null"})
    if reply.status != _OK:
        told = f"{asked.method}: HTTP {reply.status}, which the document does not know"
        raise ApifinyUnknown(told)
    return decoded(asked.method, result, kind)


def decoded(method: str, text: bytes | str, kind: type[T]) -> T:
    """Read JSON as a type; numbers may be text.

    Raises:
        ApifinyUnreadable: it is not of that type; names method and field.
        ApifinyUnknown: it is not JSON.

    """
    try:
        value = decoder(kind).decode(text)
    except (ValueError, ArithmeticError, RecursionError) as error:
        told = str(error).replace("Object missing", "the answer is missing")
        sound = isinstance(error, msgspec.ValidationError | ArithmeticError)
        failure = (ApifinyUnreadable if sound else ApifinyUnknown)(
            f"{method}: the answer cannot be read: {clipped(told)}"
        )
    else:
        if not (wrong := unfit_number(value)):
            return value
        failure = ApifinyUnreadable(
            f"{method}: the answer cannot be read: {wrong} is no number to reckon with"
        )
    raise failure  # outside the handler: no chain


def unfit_number(value: Any) -> str:  # noqa: ANN401 - whatever was decoded
    """Name a decimal, somewhere in a value, that is not finite, or has too many digits to be reckoned with; or ``."""
    if isinstance(value, Decimal):
        return "" if _is_fit(value) else f"{value:.3e}"
    inside: Any = ()
    if isinstance(value, Struct):
        inside = (getattr(value, name) for name in value.__struct_fields__)
    elif isinstance(value, Mapping):
        inside = value.values()
    elif isinstance(value, list | tuple):
        inside = value
    return next((wrong for each in inside if (wrong := unfit_number(each))), "")


def _is_fit(value: Decimal) -> bool:
    return (
        value.is_finite()
        and abs(value.adjusted()) <= _LARGEST_EXPONENT
        and len(value.as_tuple().digits) <= _MOST_DIGITS
    )


def error_in(text: str) -> tuple[Meaning, str] | None:
    """Give the code and the text of an error that is pushed as a standard response; None: that is none."""
    try:
        error = _envelope_of(_HEXADECIMAL.sub(rb'\1"\2"', text.encode())).error
    except (ValueError, RecursionError):
        return None
    if error is None:
        return None
    said = _Error(message=error) if isinstance(error, str) else error
    return meaning("" if said.code is None else said.code, said.message or ""), said.message or "no text"


def _opened(asked: Asked, reply: Reply) -> tuple[bytes, _Error | None]:
    text = reply.body.strip()
    if not text.startswith(b"{"):
        return text, None
    try:
        envelope = _envelope_of(_HEXADECIMAL.sub(rb'\1"\2"', text))
    except (ValueError, RecursionError) as error:
        failure = ApifinyUnknown(
            f"{asked.method}: HTTP {reply.status}: the answer cannot be read: {clipped(str(error))}"
        )
    else:
        said = _Error(message=envelope.error) if isinstance(envelope.error, str) else envelope.error
        result = bytes(envelope.result)
        return (result, said) if result or said else (text, None)
    raise failure


def _failure(asked: Asked, error: _Error, *, contradicts: bool) -> Exception:
    said = meaning("" if error.code is None else error.code, error.message or "")
    told = f"{asked.method}: {said}: {clipped(asked.mask(error.message or 'no text'))}"
    if contradicts:
        return ApifinyUnknown(f"{told}; and yet there is a result beside the error", said)
    if said.verdict is Verdict.STOP:
        return ApifinyStopped(told, said)
    if said.verdict is Verdict.REFUSED:
        return ApifinyRefused(told, said)
    if asked.changes or not said.rows or said.verdict is Verdict.RETRY:
        return ApifinyUnknown(told, said, again=said.verdict is Verdict.RETRY)
    return ApifinyRefused(told, said)  # a question that was answered with an error changed nothing


def clipped(text: str, longest: int = _LONGEST_TEXT) -> str:
    """Make what a venue said fit for people's eyes."""
    shown = "".join(char if char.isprintable() else "?" for char in text[:longest])
    return shown if len(text) <= longest else f"{shown}…"
