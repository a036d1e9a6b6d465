"""A venue that answers as it is told to, and checks signatures by hashlib and hmac alone."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from oms.core.secret import Secret
from oms.rest.apifiny.calls import Manner
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.signing import Credentials
from oms.rest.transport import Transport
from tests.rest.apifiny.samples import ANSWERS

SECRET = "a-made-up-secret-of-at-least-32-bytes"
CREDENTIALS = Credentials(account_id="STA-00000001", key_id="KEY-1", secret=Secret(SECRET))
ORDER_ID = "000000011584603011942221"

Answer = tuple[int, bytes]


class Request:
    """What came in: `name` is the method claim, or the path of a GET."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        url = urlsplit(handler.path)
        self.query = parse_qs(url.query)
        self.raw = body
        self.signature = self.query.get("signature", [handler.headers.get("signature", "")])[0]
        self.claims = claims(self.signature)
        self.name = str(self.claims.get("method", url.path))
        self.body: Any = json.loads(body) if body else None


def claims(token: str) -> dict[str, Any]:
    """Verify a JWT by hand and give its claims."""
    head, payload, signature = token.split(".")
    expected = hmac.new(SECRET.encode(), f"{head}.{payload}".encode(), hashlib.sha256).digest()
    assert unpadded(signature) == expected
    assert json.loads(unpadded(head)) == {"alg": "HS256", "typ": "JWT"}
    found: dict[str, Any] = json.loads(unpadded(payload))
    return found


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sample(request: Request) -> Answer:
    answer = ANSWERS[request.name]
    if request.name.startswith("/md/"):
        return 200, answer.encode()
    return result(answer)


def result(answer: str) -> Answer:
    return 200, f'{{"result": {answer}, "error": null}}'.encode()


def error(code: object, message: str = "", status: int = 200) -> Answer:
    return status, json.dumps({"result": None, "error": {"code": code, "message": message}}).encode()


class Venue:
    """Answers each request with `answer`; wrong signatures are not answered."""

    def __init__(self, answer: Callable[[Request], Answer] = sample) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.pauses: list[float] = []
        venue = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = Request(self, self.rfile.read(int(self.headers["Content-Length"])))
                assert request.claims["digest"] == hashlib.sha256(request.raw).hexdigest()
                assert request.claims["accountId"] == CREDENTIALS.account_id
                assert request.claims["secretKeyId"] == CREDENTIALS.key_id
                assert self.headers["Content-Type"] == "application/json"
                assert self.path.startswith("/gx/openApi/v1?signature=")
                self._reply(request)

            def do_GET(self) -> None:
                request = Request(self, b"")
                assert request.claims == {"accessKey": CREDENTIALS.key_id}
                self._reply(request)

            def _reply(self, request: Request) -> None:
                venue.requests.append(request)
                status, body = venue.answer(request)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def client(self, **manner: Any) -> ApifinyClient:
        transport = Transport(self.url, read_timeout_s=5, secrets=[SECRET])
        return ApifinyClient(CREDENTIALS, transport, Manner(pause=self.pauses.append, **manner))
