"""Did anything leave? Each way in which a call can fail, told apart by what the server saw."""

import contextlib
import gzip
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
import traceback
from pathlib import Path

import pytest

from oms.core.errors import OutcomeUnknown, VenueError, VenueUnavailable
from oms.rest.transport import Reply, Transport
from tests.rest.raw_server import Conduct, RawServer, always, answer

SIGNATURE = "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl"
SECRET = "a-secret-in-the-path"
QUERY = f"signature={SIGNATURE}"


def call(url: str, **options: float) -> Reply:
    with Transport(url, connect_timeout_s=2, secrets=[SECRET], **options) as transport:  # type: ignore[arg-type]
        return transport.call("POST", f"/v1/{SECRET}", query=QUERY, body=b'{"a":1}', headers={"X": "y"})


def failure(url: str, **options: float) -> VenueError:
    with pytest.raises(VenueError) as caught:
        call(url, **options)
    everything = "".join(traceback.format_exception(caught.value))
    chain: BaseException | None = caught.value
    while chain is not None:
        everything += repr(chain) + str(chain) + repr(chain.args)
        chain = chain.__cause__ or chain.__context__
    told = "\n".join(line for line in everything.splitlines() if "query=QUERY" not in line)
    for hidden in (SIGNATURE, SECRET):
        assert hidden not in told
    return caught.value


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def hang_up(client: socket.socket, _request: bytes) -> None:
    client.shutdown(socket.SHUT_RDWR)


def test_what_leaves_is_what_was_given() -> None:
    with RawServer(always(b"{}", "418 I'm a teapot")) as server:
        reply = call(server.url)
    assert (reply.status, reply.body) == (418, b"{}")
    assert 0 < reply.took_s < 10
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST /v1/{SECRET}?{QUERY} HTTP/1.1\r\n".encode())
    assert b"X: y" in head
    assert body == b'{"a":1}'


@pytest.mark.parametrize(
    "query", ["a=%2F%3A&b=x%20y", "t=2017-05-11T15%3A19%3A30&s=4F65x5A2bLyMWVQj3Aqp%2BB4w%2B%3D"]
)
def test_a_query_is_sent_as_it_was_signed(query: str) -> None:
    with RawServer(always(b"{}")) as server, Transport(server.url) as transport:
        transport.call("GET", "/x", query=query)
    assert server.requests[0].startswith(f"GET /x?{query} HTTP/1.1\r\n".encode())


def test_the_connection_stays() -> None:
    with RawServer(always(b"{}")) as server, Transport(server.url) as transport:
        for _ in range(3):
            transport.call("GET", "/x")
        assert (server.connections, len(server.requests)) == (1, 3)


def test_nothing_left_where_nobody_listens() -> None:
    error = failure(f"http://127.0.0.1:{closed_port()}")
    assert isinstance(error, VenueUnavailable)
    assert "nothing was sent" in str(error)


@pytest.mark.parametrize(
    "url", ["http://no-such-host.invalid", "http://127.0.0.1:99999", "127.0.0.1", "ftp://x"]
)
def test_nothing_left_towards_an_address_that_is_none(url: str) -> None:
    assert isinstance(failure(url), VenueUnavailable)


def test_nothing_left_where_tls_fails() -> None:
    with RawServer(always(b"not TLS")) as server:
        assert isinstance(failure(server.url.replace("http:", "https:")), VenueUnavailable)
    assert not server.requests


def certificate(folder: Path) -> Path:
    """Make a key and a certificate for 127.0.0.1 that signs itself."""
    key, cert = folder / "venue.key", folder / "venue.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "2", "-subj", "/CN=venue", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return cert


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to make certificates with")
@pytest.mark.parametrize("trusted", [True, False])
def test_only_a_certificate_that_is_trusted_sees_a_request(tmp_path: Path, trusted: bool) -> None:
    cert = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, cert.with_suffix(".key"))
    listener = socket.create_server(("127.0.0.1", 0))
    seen = []

    def serve() -> None:
        with (
            contextlib.suppress(OSError),
            listener,
            context.wrap_socket(listener.accept()[0], server_side=True) as client,
        ):
            seen.append(client.recv(1000))
            client.sendall(answer(b"{}"))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    if trusted:
        with Transport(url, ca_file=cert) as transport:
            assert transport.call("GET", "/x").status == 200
    else:
        error = failure(url)
        assert isinstance(error, VenueUnavailable)
        assert "certificate" in str(error)
    thread.join(5)
    assert any(seen) == trusted


def slow_body(client: socket.socket, _request: bytes) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    drip(client)


def slow_head(client: socket.socket, _request: bytes) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    drip(client)


def drip(client: socket.socket) -> None:
    for _ in range(100):  # a byte often enough that no single wait is long
        client.sendall(b"x")
        time.sleep(0.05)


def say(data: bytes) -> Conduct:
    def conduct(client: socket.socket, _request: bytes) -> None:
        client.sendall(data)
        client.shutdown(socket.SHUT_RDWR)

    return conduct


@pytest.mark.parametrize(
    "conduct",
    [
        hang_up,
        slow_body,
        slow_head,
        lambda _client, _request: None,
        say(answer(b"{}" * 50)[:-1]),
        say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"),
        say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhel"),
        say(b"SSH-2.0-OpenSSH\r\n\r\n"),
        say(b"HTTP/1.1 200 OK\r\nContent-Le"),
        always(b"not gzip", extra="Content-Encoding: gzip\r\n"),
    ],
    ids=["reset", "slow-body", "slow-head", "silent", "short", "chunk", "bad-chunk", "ssh", "head", "gzip"],
)
def test_sent_and_no_whole_answer(conduct: Conduct) -> None:
    began = time.monotonic()
    with RawServer(conduct) as server:
        error = failure(server.url, read_timeout_s=0.5)
        assert len(server.requests) == 1
    assert isinstance(error, OutcomeUnknown)
    assert "not known" in str(error)
    assert time.monotonic() - began < 20


def test_a_reused_connection_that_dies_is_not_tried_again() -> None:
    answers = iter([True, False])

    def conduct(client: socket.socket, request: bytes) -> None:
        if next(answers):
            client.sendall(answer(b"{}"))
        else:
            hang_up(client, request)

    with RawServer(conduct) as server, Transport(server.url) as transport:
        transport.call("POST", "/x", body=b"1")
        with pytest.raises(OutcomeUnknown):
            transport.call("POST", "/x", body=b"2")
        assert len(server.requests) == 2


@pytest.mark.parametrize("packed", [False, True])
def test_a_large_answer_is_not_read_to_its_end(packed: bool) -> None:
    body, extra = b"x" * 3_000_000, ""
    if packed:
        body, extra = gzip.compress(body), "Content-Encoding: gzip\r\n"
    with RawServer(always(body, extra=extra)) as server:
        assert isinstance(error := failure(server.url, most_bytes=2_999_999), OutcomeUnknown)
        assert "larger" in str(error)
        with Transport(server.url, most_bytes=3_000_000) as transport:
            assert len(transport.call("GET", "/x").body) == 3_000_000


def test_a_redirect_is_an_answer_and_no_cookie_is_kept() -> None:
    extra = "Location: http://127.0.0.1:1/elsewhere\r\nSet-Cookie: a=b\r\n"
    with RawServer(always(b"", "302 Found", extra)) as server, Transport(server.url) as transport:
        assert transport.call("POST", "/x").status == 302
        transport.call("POST", "/x")
        assert b"Cookie" not in server.requests[1]


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("NO_PROXY", "")
    with RawServer(always(b"{}")) as server:
        assert call(server.url).status == 200


def test_the_library_logs_no_signature(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), RawServer(always(b"{}", extra="no header\r\n")) as server:
        failure(server.url)
    with caplog.at_level(logging.DEBUG), RawServer(always(b"{}")) as server:
        call(server.url)
    assert SIGNATURE not in caplog.text
