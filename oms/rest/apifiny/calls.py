"""Signed requests to `POST /gx/openApi/v1`: reads may be asked again a few times, everything else leaves once."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final, Generic, TypeVar

from msgspec import Raw, Struct

from oms.core.errors import OutcomeUnknown, VenueError, VenueUnavailable
from oms.rest.apifiny.answers import (
    ApifinyRefused,
    ApifinyStopped,
    ApifinyUnknown,
    ApifinyUnreadable,
    Asked,
    clipped,
    decoded,
    interpret,
)
from oms.rest.apifiny.clock import ClockDifference, VenueTime, best, measured
from oms.rest.apifiny.params import Params, encode
from oms.rest.apifiny.signing import Credentials, request_token
from oms.rest.apifiny.unread import Unread, texts_of
from oms.rest.transport import Reply, Transport

T = TypeVar("T")

PATH: Final = "/gx/openApi/v1"
HOST: Final = "https://api.apifiny.com"
_HEADERS: Final = {"Content-Type": "application/json"}
CLOCK: Final = "utils.currentTimeMillis"
_CLOCK_LIFETIME_S: Final = (
    86_400  # where the clocks differ by hours, the question that finds out must be heard
)
_LONGEST_SHOWN: Final = 1000
_WORTH_NS: Final = 1_000_000_000  # a token that was refused is not taken for less

Check = Callable[[T], str]


def _sound(_answer: object) -> str:
    return ""


class Manner(Struct, frozen=True, kw_only=True):
    """How requests are made.

    Attributes:
        lifetime_s: how long a token is valid, seconds.
        attempts: how often a read is asked at most.
        pause_s: between them; the document demands 50 ms.
        now_ns: our clock, since the epoch.
        monotonic_s: a clock that never steps back.
        pause: waits, seconds.

    """

    lifetime_s: int = 30
    attempts: int = 3
    pause_s: float = 0.05
    now_ns: Callable[[], int] = time.time_ns
    monotonic_s: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


class Caller:
    """Speaks for one key, on one thread.

    Attributes:
        clock: corrects the claim `exp` for the venue's clock; all who use the key at that host share it.
        unread: told of every row and answer that cannot be read; None: a list with such a row cannot be read at all.

    """

    def __init__(
        self,
        transport: Transport,
        credentials: Credentials,
        manner: Manner | None = None,
        clock: VenueTime | None = None,
    ) -> None:
        """Ask by `transport`, which belongs to this caller's thread."""
        self.credentials = credentials
        self.clock = clock or VenueTime()
        self.unread: Callable[[Unread], None] | None = None
        self._token = ""
        self._transport = transport
        self._manner = manner or Manner()

    def read(self, method: str, params: Params, kind: type[T], check: Check[T] = _sound) -> T:
        """Ask for something, again where the server had trouble. `check` tells what is wrong with an answer, or ``.

        Where the venue refuses the token, its clock is measured again, and it is asked once more.

        Raises:
            VenueError: no answer, also to the last question: see `answers`, and VenueUnavailable.

        """
        question, before = _Question(method, params, kind, check), self.clock.difference
        try:
            return self._patiently(question)
        except ApifinyRefused as error:
            self.measure_if_doubted()
            moved_ns = abs(self.clock.difference.ahead_ns - before.ahead_ns)
            if not error.meaning.is_of_token or moved_ns < _WORTH_NS:
                raise
        return self._patiently(question)

    def _patiently(self, question: "_Question[T]") -> T:
        for _ in range(self._manner.attempts - 1):
            try:
                return self._once(question)
            except VenueUnavailable:
                pass
            except ApifinyUnknown as error:
                if not error.again:
                    raise
            self._manner.pause(self._manner.pause_s)
        return self._once(question)

    def rows(self, method: str, params: Params, kind: type[T], check: Check[T] = _sound) -> tuple[T, ...]:
        """Ask for a list, as `read` does; a row that cannot be read is told of, and takes no other with it."""
        return self.readable(method, self.read(method, params, tuple[Raw, ...]), kind, check)

    def readable(
        self, method: str, rows: Iterable[Raw], kind: type[T], check: Check[T] = _sound
    ) -> tuple[T, ...]:
        """Read each row of an answer to `method`, those that can be.

        Raises:
            ApifinyUnreadable: one cannot be, and nobody is told of those.

        """
        found = []
        for row in rows:
            try:
                each = decoded(method, row, kind)
                _verify(method, each, check)
            except ApifinyUnreadable as error:
                if self.unread is None:
                    raise
                self._tell_unread(method, error, row)
            else:
                found.append(each)
        return tuple(found)

    def change(self, method: str, params: Params, kind: type[T], check: Check[T] = _sound) -> T:
        """Have something done: sent once at most. `check` tells what is wrong with an answer, or ``.

        Raises:
            VenueUnavailable: nothing left, for certain.
            ApifinyRefused: it was definitely not done.
            ApifinyStopped: likewise, and nothing else will be.
            ApifinyUnknown: whether it was done is not known, and will not change after its `fence_ns`.

        """
        return self._once(_Question(method, params, kind, check, changes=True))

    def measure_clock(self, times: int = 3) -> ClockDifference:
        """Compare the clocks by utils.currentTimeMillis, and correct all tokens by what is believed from now on."""
        if not self.clock.take(self._measured(times), self._manner.monotonic_s()):
            self._manner.pause(self._manner.pause_s)
            self.clock.take(self._measured(times), self._manner.monotonic_s())
        return self.clock.difference

    def measure_if_doubted(self) -> None:
        """Compare the clocks where a token was refused, unless that was done just now or cannot be done."""
        if self.clock.may_help(self._manner.monotonic_s()):
            with suppress(VenueError):
                self.measure_clock()

    def _measured(self, times: int) -> ClockDifference:
        question = _Question(CLOCK, Params(), int, _sound, lifetime_s=_CLOCK_LIFETIME_S)
        samples = []
        for _ in range(times):
            sent_ns = self._manner.now_ns()
            venue_ms = self._once(question)
            samples.append(measured(sent_ns, max(self._manner.now_ns(), sent_ns), venue_ms))
        return best(samples)

    def now_ms(self) -> int:
        """Tell the venue's time, as far as is known, milliseconds since the epoch."""
        return (self._manner.now_ns() + self.clock.difference.ahead_ns) // 1_000_000

    def _once(self, question: "_Question[T]") -> T:
        method, body = question.method, encode(question.params)
        lifetime_s = question.lifetime_s or self._manner.lifetime_s
        difference = self.clock.difference
        exp_s = difference.expiry_s(self._manner.now_ns(), lifetime_s)
        token = self._token = request_token(self.credentials, method=method, body=body, exp_s=exp_s)
        asked = Asked(method, question.changes, self._masked)
        try:
            reply = self._transport.call(
                "POST", PATH, query=f"signature={token}", body=body, headers=_HEADERS
            )
            return self._answer(asked, reply, question)
        except ApifinyStopped as error:
            failure: Exception = error
            if error.meaning is None:
                self._transport.ban.impose(str(error))
        except ApifinyRefused as error:
            failure = error
            if error.meaning.is_of_token:
                self.clock.doubt()
        except VenueUnavailable as error:
            failure = VenueUnavailable(f"{method}: {error}")
        except ApifinyUnknown as error:
            failure = error
            error.fence_ns = difference.fence_ns(exp_s)
        except OutcomeUnknown as error:
            fence_ns = difference.fence_ns(exp_s)
            failure = ApifinyUnknown(f"{method}: {error}", again=True, fence_ns=fence_ns)
        raise failure  # outside the handlers: no chain

    def _answer(self, asked: Asked, reply: Reply, question: "_Question[T]") -> T:
        try:
            answer = interpret(asked, reply, question.kind)
            _verify(asked.method, answer, question.check)
        except ApifinyUnreadable as error:
            self._tell_unread(asked.method, error, reply.body)
            raise
        return answer

    def _tell_unread(self, method: str, error: ApifinyUnreadable, said: bytes | Raw) -> None:
        if self.unread is not None:
            text = self._masked(bytes(said).decode("utf-8", "replace"))
            fields = texts_of(text) if isinstance(said, Raw) else {}
            self.unread(Unread(method, str(error), clipped(text, _LONGEST_SHOWN), fields))

    def _masked(self, text: str) -> str:
        for hidden in (self._token, self.credentials.secret.reveal()):
            text = text.replace(hidden, "***")
        return text


def _verify(method: str, answer: T, check: Check[T]) -> None:
    if wrong := check(answer):
        told = f"{method}: {wrong}"
        raise ApifinyUnreadable(told)


class _Question(Struct, Generic[T], frozen=True):
    method: str
    params: Params
    kind: type[T]
    check: Check[T]
    changes: bool = False
    lifetime_s: int = 0
