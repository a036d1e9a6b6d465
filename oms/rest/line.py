"""The connection of one key, as a venue of the engine uses it: it tells what leaves, and keeps to the rate.

Every request is counted as what it is: one that moves something, or a question, whatever job it belongs to. While a job
waits for its turn other jobs may be done on the same thread, with what is remembered of this one put aside.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from oms.rest.limiter import QUERY, TRADE, Pacer
from oms.rest.transport import Reply, Transport

_NS: Final = 1_000_000_000
_LONGEST: Final = 100_000  # of a text that is kept
_NONE: Final[Mapping[str, str]] = MappingProxyType({})

Leaving = Callable[[str], None]


def _unheard(_raw: str) -> None:
    """Nobody has to be told."""


class Line(Transport):
    """A transport for jobs of one worker, on that worker's thread.

    Attributes:
        about: what the next request is called in the texts, where its path does not tell; the venue's module sets it.
        said: the text of the last answer of the present job.
        key: what its key is called, for people; the same for all connections of a key.
        left: the present job's first request was handed on to be sent.
        pacer: how fast requests may leave, by class; all connections to a venue share it.
        pause: waits within a job, so many seconds; it may do other jobs meanwhile.

    """

    def __init__(self, base_url: str, *, pacer: Pacer | None = None, **options: Any) -> None:  # noqa: ANN401
        """Prepare; `options` are those of `Transport`."""
        super().__init__(base_url, **options)
        self.pacer = pacer or Pacer({})
        self.pause: Callable[[float], None] = time.sleep
        self.key = ""
        self.about = ""
        self.said = ""
        self.left = False
        self._kind = QUERY
        self._leaving: Leaving = _unheard
        self._asking = False
        self._has_turn = False

    def begin(self, kind: str, leaving: Leaving = _unheard) -> None:
        """Begin a job; `leaving` is told method and body of its first request, before it leaves.

        `kind`: what that request is, where nobody says so by `await_turn`.
        """
        self.about, self.said, self.left = "", "", False
        self._kind, self._leaving = kind, leaving
        self._asking = self._has_turn = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask what has to be known before the job's own request leaves: these requests are none of it."""
        self._asking = True
        try:
            yield
        finally:
            self._asking = False

    def call(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] = _NONE,
    ) -> Reply:
        """See `Transport.call`. The query string and the headers, which carry signatures, are told to nobody."""
        self.ban.check()
        is_first = not (self.left or self._asking)
        if not self._has_turn:
            self._take_turn(self._kind if is_first else QUERY)
        self._has_turn = False
        if is_first:
            self.left = True
            what = " ".join(word for word in (method, path, self.about) if word)
            self._leaving(self.masked(f"{what} {_text(body)}".rstrip()))
        self.said = ""
        reply = super().call(method, path, query=query, body=body, headers=headers)
        self.said = self.masked(_text(reply.body))
        return reply

    def await_turn(self, *, moves: bool) -> None:
        """See `Transport.await_turn`.

        Raises:
            VenueUnavailable: nothing may leave any more.

        """
        self._take_turn(TRADE if moves else QUERY)
        self._has_turn = True

    def rest(self, wait_s: float) -> None:
        """Let the present job wait, so many seconds; what is more urgent is done meanwhile.

        Raises:
            VenueUnavailable: nothing may leave any more.

        """
        with self._put_aside():
            self.pause(wait_s)

    def _take_turn(self, kind: str) -> None:
        while wait_ns := self.pacer.take(kind, time.monotonic_ns()):
            self.rest(wait_ns / _NS)

    @contextmanager
    def _put_aside(self) -> Iterator[None]:
        """Keep what is remembered of the present job while others are done."""
        job = self.about, self.said, self.left, self._kind, self._leaving, self._asking
        try:
            yield
        finally:
            self.about, self.said, self.left, self._kind, self._leaving, self._asking = job
            self._has_turn = False


def _text(body: bytes) -> str:
    return body[:_LONGEST].decode("utf-8", "replace")
