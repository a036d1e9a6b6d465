"""Signed requests to `POST /gx/openApi/v1`: reads may be asked again a few times, everything else leaves once."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

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
_NS: Final = 1_000_000_000


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

    def read(self, method: str, params: Params, kind: type[T]) -> T:
        """Ask for something, again where the server had trouble.

        Raises:
            VenueError: no answer, also to the last question: see `answers`, and VenueUnavailable.

        """
        for _ in range(self._manner.attempts - 1):
            try:
                return self._once(method, params, kind, changes=False)
            except VenueUnavailable:
                pass
            except ApifinyUnknown as error:
                if not error.again:
                    raise
            self._manner.pause(self._manner.pause_s)
        return self._once(method, params, kind, changes=False)

    def change(self, method: str, params: Params, kind: type[T]) -> T:
        """Have something done: sent once at most.

        Raises:
            VenueUnavailable: nothing left, for certain.
            ApifinyRefused: it was definitely not done.
            ApifinyStopped: likewise, and nothing else will be.
            ApifinyUnknown: whether it was done is not known, and will not change after its `fence_ns`.

        """
        return self._once(method, params, kind, changes=True)

    def measure_clock(self, times: int = 3) -> ClockDifference:
        """Compare the clocks by utils.currentTimeMillis, and correct all tokens by it from now on."""
        samples = []
        for _ in range(times):
            sent_ns = self._manner.now_ns()
            venue_ms = self._once("utils.currentTimeMillis", Params(), int, changes=False)
            samples.append(measured(sent_ns, max(self._manner.now_ns(), sent_ns), venue_ms))
        self.difference = best(samples)
        return self.difference

    def now_ms(self) -> int:
        """Tell the venue's time, as far as is known, milliseconds since the epoch."""
        return (self._manner.now_ns() + self.difference.ahead_ns) // 1_000_000

    def _once(self, method: str, params: Params, kind: type[T], *, changes: bool) -> T:
        body = encode(params)
        exp_s = self.difference.expiry_s(self._manner.now_ns(), self._manner.lifetime_s)
        token = request_token(self.credentials, method=method, body=body, exp_s=exp_s)
        asked = Asked(method, changes, lambda text: self._masked(text, token))
        try:
            reply = self._transport.call(
                "POST", PATH, query=f"signature={token}", body=body, headers=_HEADERS
            )
            return interpret(asked, reply, kind)
        except VenueUnavailable as error:
            failure: Exception = VenueUnavailable(f"{method}: {error}")
        except ApifinyUnknown as error:
            failure = error
            failure.fence_ns = self.difference.fence_ns(exp_s)
        except OutcomeUnknown as error:
            fence_ns = self.difference.fence_ns(exp_s)
            failure = ApifinyUnknown(f"{method}: {error}", again=True, fence_ns=fence_ns)
        raise failure

    def _masked(self, text: str, token: str) -> str:
        for hidden in (token, self.credentials.secret.reveal()):
            text = text.replace(hidden, "***")
        return text
