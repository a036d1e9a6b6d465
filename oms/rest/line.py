"""The connection of one key, as a venue of the engine uses it: it tells what leaves, and keeps to the rate."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from oms.rest.limiter import Limit, Pacer
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
        left: the present job's first request was handed on to be sent.
        pacer: how fast requests may leave, by class; a worker that shares it has counted each job's first.

    """

    def __init__(self, base_url: str, *, limits: Mapping[str, Limit] | None = None, **options: Any) -> None:  # noqa: ANN401
        """Prepare; `options` are those of `Transport`."""
        super().__init__(base_url, **options)
        self.pacer = Pacer(limits or {})
        self.about = ""
        self.said = ""
        self.left = False
        self._kind = ""
        self._leaving: Leaving = _unheard
        self._asking = False

    def begin(self, kind: str, leaving: Leaving = _unheard) -> None:
        """Begin a job of a class; `leaving` is told method and body of its first request, before it leaves."""
        self.about, self.said, self.left = "", "", False
        self._kind, self._leaving = kind, leaving

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
        if self.left or self._asking:
            self._keep_pace()
        else:
            self.left = True
            what = " ".join(word for word in (method, path, self.about) if word)
            self._leaving(self.masked(f"{what} {_text(body)}".rstrip()))
        self.said = ""
        reply = super().call(method, path, query=query, body=body, headers=headers)
        self.said = self.masked(_text(reply.body))
        return reply

    def _keep_pace(self) -> None:
        """Wait until another request may leave: what waits behind this job would have to wait as well."""
        while wait_ns := self.pacer.wait_ns(self._kind, time.monotonic_ns()):
            time.sleep(wait_ns / _NS)
        self.pacer.sent(self._kind, time.monotonic_ns())


def _text(body: bytes) -> str:
    return body[:_LONGEST].decode("utf-8", "replace")
