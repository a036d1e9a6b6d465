"""Signatures: against literal vectors, made once with openssl and by hand, and against hashlib alone."""

import base64
import hashlib
import hmac
import json
import shutil
import subprocess

import pytest

from oms.core.secret import Secret
from oms.rest.apifiny.signing import Credentials, market_token, request_token

pytestmark = pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")

# The example of jwt.io, whose secret is public: header and signature of a token that everybody can check.
JWT_IO = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    ".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
    ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
)
SAMPLE = b'{"accountId": "STA-00000001"}'  # chapter "Make Request", as json.dumps writes it
SAMPLE_DIGEST = "63a3dada70002ab1fcbae9e7bd2524c53cad273de175cdcc2859fb729b55e726"
CREDENTIALS = Credentials(account_id="STA-00000001", key_id="API_Key_ID", secret=Secret("API_Secret_Key"))


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(claims: object, secret: bytes) -> str:
    head = encoded(b'{"alg":"HS256","typ":"JWT"}')
    payload = encoded(json.dumps(claims, separators=(",", ":")).encode())
    signature = hmac.new(secret, f"{head}.{payload}".encode(), hashlib.sha256).digest()
    return f"{head}.{payload}.{encoded(signature)}"


def test_the_hand_that_checks_is_right() -> None:
    claims = {"sub": "1234567890", "name": "John Doe", "iat": 1516239022}
    assert by_hand(claims, b"your-256-bit-secret") == JWT_IO


def test_a_request() -> None:
    token = request_token(CREDENTIALS, method="order.insertOrderLite", body=SAMPLE, exp_s=1535526941)
    assert token == by_hand(
        {
            "accountId": "STA-00000001",
            "secretKeyId": "API_Key_ID",
            "digest": SAMPLE_DIGEST,
            "method": "order.insertOrderLite",
            "exp": 1535526941,
        },
        b"API_Secret_Key",
    )


def test_market_data() -> None:
    assert market_token(CREDENTIALS) == by_hand({"accessKey": "API_Key_ID"}, b"API_Secret_Key")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_another_program_agrees() -> None:
    token = market_token(CREDENTIALS)
    signed, _, signature = token.rpartition(".")
    command = ["openssl", "dgst", "-sha256", "-hmac", "API_Secret_Key", "-binary"]
    done = subprocess.run(command, input=signed.encode(), capture_output=True, check=True)
    assert encoded(done.stdout) == signature


@pytest.mark.parametrize("body", [b"{}", b'{"a":1}', b'{"a": 1}', '{"é":"\\n"}'.encode()])
def test_the_digest_is_over_the_bytes(body: bytes) -> None:
    token = request_token(CREDENTIALS, method="m.n", body=body, exp_s=1)
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["digest"] == hashlib.sha256(body).hexdigest()
