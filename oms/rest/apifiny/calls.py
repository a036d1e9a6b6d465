"""Signed requests to `POST /gx/openApi/v1`: reads may be asked again a few times, everything else leaves once."""

import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from msgspec import Struct

from oms.core.errors import OutcomeUnknown, VenueUnavailable
from oms.rest.apifiny.answers import ApifinyUnknown, Asked, interpret
from oms.rest.apifiny.clock import ClockDifference, best, measured
from oms.rest.apifiny.params import Params, encode
from oms.rest.apifiny.signing import Credentials, request_token
from oms.rest.transport import Transport

T = TypeVar("T")

PATH: Final = "/gx/openApi/v1"
HOST: Final = "https://api.apifiny.com"
_HEADERS: Final = {"Content-Type": "application/json"}
CLOCK: Final = "utils.currentTimeMillis"
_CLOCK_LIFETIME_S: Final = (
    86_400  # where the clocks differ by hours, the question that finds out must be heard
)


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
        pause: waits, seconds.

    """

    lifetime_s: int = 30
    attempts: int = 3
    pause_s: float = 0.05
    now_ns: Callable[[], int] = time.time_ns
    pause: Callable[[float], None] = time.sleep


class Caller:
    """Speaks for one key, on one thread. `difference` corrects the claim `exp` for the venue's clock."""

    def __init__(self, transport: Transport, credentials: Credentials, manner: Manner | None = None) -> None:
        """Ask by `transport`, which belongs to this caller's thread."""
        self.credentials = credentials
        self.difference = ClockDifference()
        self._transport = transport
        self._manner = manner or Manner()

    def read(self, method: str, params: Params, kind: type[T], check: Check[T] = _sound) -> T:
        """Ask for something, again where the server had trouble. `check` tells what is wrong with an answer, or ``.

        Raises:
            VenueError: no answer, also to the last question: see `answers`, and VenueUnavailable.

        """
        question = _Question(method, params, kind, check)
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
        """Compare the clocks by utils.currentTimeMillis, and correct all tokens by it from now on."""
        question = _Question(CLOCK, Params(), int, _sound, lifetime_s=_CLOCK_LIFETIME_S)
        samples = []
        for _ in range(times):
            sent_ns = self._manner.now_ns()
            venue_ms = self._once(question)
            samples.append(measured(sent_ns, max(self._manner.now_ns(), sent_ns), venue_ms))
        self.difference = best(samples)
        return self.difference

    def now_ms(self) -> int:
        """Tell the venue's time, as far as is known, milliseconds since the epoch."""
        return (self._manner.now_ns() + self.difference.ahead_ns) // 1_000_000

    def _once(self, question: "_Question[T]") -> T:
        method, body = question.method, encode(question.params)
        lifetime_s = question.lifetime_s or self._manner.lifetime_s
        exp_s = self.difference.expiry_s(self._manner.now_ns(), lifetime_s)
        token = request_token(self.credentials, method=method, body=body, exp_s=exp_s)
        asked = Asked(method, question.changes, lambda text: self._masked(text, token))
        try:
            reply = self._transport.call(
                "POST", PATH, query=f"signature={token}", body=body, headers=_HEADERS
            )
            answer = interpret(asked, reply, question.kind)
        except VenueUnavailable as error:
            failure: Exception = VenueUnavailable(f"{method}: {error}")
        except ApifinyUnknown as error:
            failure = error
            error.fence_ns = self.difference.fence_ns(exp_s)
        except OutcomeUnknown as error:
            fence_ns = self.difference.fence_ns(exp_s)
            failure = ApifinyUnknown(f"{method}: {error}", again=True, fence_ns=fence_ns)
        else:
            if not (wrong := question.check(answer)):
                return answer
            failure = ApifinyUnknown(f"{method}: {wrong}", fence_ns=self.difference.fence_ns(exp_s))
        raise failure  # outside the handlers: no chain

    def _masked(self, text: str, token: str) -> str:
        for hidden in (token, self.credentials.secret.reveal()):
            text = text.replace(hidden, "***")
        return text


class _Question(Struct, Generic[T], frozen=True):
    method: str
    params: Params
    kind: type[T]
    check: Check[T]
    changes: bool = False
    lifetime_s: int = 0
