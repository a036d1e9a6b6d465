"""One HTTP connection to a venue: sends bytes, gives bytes, and knows whether anything may have left.

1. `VenueUnavailable` is raised only where no byte of the request was handed to the operating system.
2. Everything else that is not a whole answer is `OutcomeUnknown`. Nothing is ever sent a second time from here.
3. No exception from here holds the query string, nor any of the secrets: neither in its text nor in its chain.
4. A call ends: the connection within its time-out, the answer, headers and all, within another.
"""

import io
import logging
import socket
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from http.client import HTTPResponse as PlainResponse
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self

import requests
import urllib3
from msgspec import Struct
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from oms.core.errors import OutcomeUnknown, VenueUnavailable
from oms.rest.ban import HostBan

MOST_BYTES: Final = 10_000_000
_CHUNK: Final = 65_536
_BRIEFEST_S: Final = 0.001  # 0 would mean: do not wait at all
_NONE: Final[Mapping[str, str]] = MappingProxyType({})

# urllib3 writes whole URLs, and with them signatures: at DEBUG those of all requests, and also in some warnings.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class Reply(Struct, frozen=True):
    """A whole answer. `took_s`: from the first byte out to the last byte in, seconds."""

    status: int
    body: bytes
    took_s: float


class Transport:
    """A connection to one venue, kept open between calls; for one thread.

    `ban`: nothing leaves while it holds; whoever reads the answers imposes it.
    """

    def __init__(  # noqa: PLR0913 - one for each thing that can be set
        self,
        base_url: str,
        *,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 10.0,
        most_bytes: int = MOST_BYTES,
        secrets: Sequence[str] = (),
        ca_file: Path | None = None,
    ) -> None:
        """Prepare; nothing is connected yet.

        Args:
            base_url: scheme, host and port, and whatever path all calls share; no `/` at the end.
            connect_timeout_s: how long a connection may take to be made.
            read_timeout_s: how long the whole answer may take, from the end of the request on.
            most_bytes: an answer with a larger body is not read to its end.
            secrets: what no exception may hold.
            ca_file: trust the authorities in this file and no others; None: those that come with requests.

        """
        self.ban = HostBan(base_url)
        self._base_url = base_url
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._most_bytes = most_bytes
        self._secrets = tuple(secret for secret in secrets if secret)
        self._wire = _Wire(read_timeout_s)
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc: neither may see a signature
        self._session.verify = str(ca_file) if ca_file else True
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"User-Agent": "oms", "Accept-Encoding": "identity"})
        adapter = _Adapter(self._wire)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def __enter__(self) -> Self:
        """Use it until the end of a block."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def await_turn(self, *, moves: bool) -> None:
        """Wait until a request may leave that moves something, or only asks; before what has to be fresh is made.

        Here nothing has to wait.
        """

    def call(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] = _NONE,
    ) -> Reply:
        """Send one request, once, and wait for its whole answer, whatever its status.

        Args:
            method: GET, POST …
            path: what follows the base URL, beginning with `/`; not secret, it may stand in errors.
            query: encoded as it is to be sent, without `?`; taken for secret.
            body: sent as it is.
            headers: in addition to the usual ones; taken for secret.

        Raises:
            VenueUnavailable: the connection was not made, so that nothing left, for certain; or the host banned us.
            OutcomeUnknown: something may have left, and no whole answer came.

        """
        self.ban.check()
        began = time.monotonic()
        self._wire.left = False
        failure: Exception
        try:
            status, content = self._exchange(method, path, query, body, headers)
            return Reply(status, content, time.monotonic() - began)
        except _FAILURES as error:
            failure = self._classified(f"{method} {self._base_url}{path}", error)
        # Outside the handler, so that what was caught, which names the whole URL, is no part of the chain.
        raise failure

    def _exchange(
        self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        asked = requests.Request(method, self._base_url + path, headers=dict(headers), data=body or None)
        prepared = self._session.prepare_request(asked)
        if query:
            prepared.url = f"{prepared.url}?{query}"  # as it was signed: requests would encode it its own way
        with self._session.send(
            prepared, stream=True, timeout=self._timeouts, allow_redirects=False
        ) as reply:
            return reply.status_code, self._bounded(reply)

    def _bounded(self, reply: requests.Response) -> bytes:
        whole = io.BytesIO()
        while chunk := reply.raw.read(_CHUNK, decode_content=True):
            whole.write(chunk)
            if whole.tell() > self._most_bytes:
                raise _TooLargeError
        return whole.getvalue()

    def _classified(self, what: str, error: Exception) -> Exception:
        why = _reason(error, self._timeouts)
        if not self._wire.left:
            return VenueUnavailable(self.masked(f"{what}: cannot connect, nothing was sent: {why}"))
        told = f"{what}: sent, but no whole answer came, and whether it was carried out is not known: {why}"
        if isinstance(error, _TooLargeError):
            told += f" ({self._most_bytes} bytes)"
        return OutcomeUnknown(self.masked(told))

    def masked(self, text: str) -> str:
        """Give a text without the secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


class _TooLargeError(ValueError):
    """The answer is larger than anybody allowed."""


# What went wrong, in words: never in the library's, which hold the URL. The first that fits counts.
_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (_TooLargeError, "the answer is larger than is read"),
    (requests.exceptions.ConnectTimeout, "no connection within {connect} s"),
    (requests.exceptions.SSLError, "TLS failed: is the venue's certificate one that is trusted here?"),
    (requests.exceptions.InvalidURL, "the base URL is not one; correct it in the configuration"),
    (requests.exceptions.MissingSchema, "the base URL lacks https://; correct it in the configuration"),
    (requests.exceptions.Timeout, "no whole answer within {read} s"),
    (urllib3.exceptions.TimeoutError, "no whole answer within {read} s"),
    (urllib3.exceptions.IncompleteRead, "the answer is cut off"),
    (requests.exceptions.ConnectionError, "the connection failed or was closed"),
    (urllib3.exceptions.ProtocolError, "the connection was closed, or the answer is not HTTP"),
    (urllib3.exceptions.DecodeError, "the answer's encoding cannot be read"),
)


_FAILURES: Final = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    HTTPException,
    OSError,
    ValueError,
)


def _reason(error: Exception, timeouts: tuple[float, float]) -> str:
    text = next((text for kind, text in _REASONS if isinstance(error, kind)), "it failed")
    connect, read = (f"{timeout:g}" for timeout in timeouts)
    return f"{text.format(connect=connect, read=read)} [{type(error).__name__}]"


class _Wire:
    """What the connections below tell the transport above, and how long an answer may take."""

    def __init__(self, read_timeout_s: float) -> None:
        self.left = False
        self.read_timeout_s = read_timeout_s


class _Adapter(HTTPAdapter):
    """Takes connections that note when the first byte leaves. No retries."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed on as they come
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._wire)


def _pools(wire: _Wire) -> dict[str, type[HTTPConnectionPool]]:
    class Answer(PlainResponse):
        """Reads until a moment, not for a time that starts again with each byte."""

        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
            super().__init__(sock, *args, **kwargs)
            self.fp.close()
            self.fp = io.BufferedReader(_Until(sock, time.monotonic() + wire.read_timeout_s))

        def begin(self) -> None:
            super().begin()
            if self.msg.defects:  # http.client takes headers that are cut off for whole ones
                raise HTTPException

    class Noting:
        """Notes the first byte that leaves, having made the connection first."""

        def send(self, data: Any) -> None:  # noqa: ANN401 - bytes or a file
            if getattr(self, "sock", None) is None:
                self.connect()  # type: ignore[attr-defined]
            wire.left = True
            super().send(data)  # type: ignore[misc]

    class Http(Noting, HTTPConnection):
        response_class = Answer

    class Https(Noting, HTTPSConnection):
        response_class = Answer

    class HttpPool(HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls = Https

    return {"http": HttpPool, "https": HttpsPool}


class _Until(io.RawIOBase):
    """A socket's bytes until a moment of the monotonic clock, seconds; then a TimeoutError."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self._raw: io.RawIOBase = sock.makefile("rb", buffering=0)  # keeps the socket open until it is read
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - as io has it
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(max(left, _BRIEFEST_S))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
