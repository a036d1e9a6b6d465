"""The token of a Logon, and the secret that signs it."""

import hashlib
import json

import jwt
import pytest
import quickfix as fix

from oms.core.secret import Secret
from oms.fix.initiator import _sign
from oms.fix.logon import digest_of, logon_token
from oms.fix.settings import SessionConfig

KEY = "a secret that is long enough for HS256"


def test_the_claims_are_those_of_the_document() -> None:
    token = logon_token(
        account="STA-00000015",
        key_id="K-1",
        secret=Secret(KEY),
        method="new_gbbo_order",
        digest_param="STA-00000015",
        lifetime_s=30,
        now_s=1_795_000_000.9,
    )
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_exp": False}) == {
        "accountId": "STA-00000015",
        "secretKeyId": "K-1",
        "digest": hashlib.sha256(b"STA-00000015").hexdigest(),
        "method": "new_gbbo_order",
        "exp": 1_795_000_030,
    }


def test_a_token_expires_by_the_venue_s_clock() -> None:
    ahead_s = [0.0]
    config = SessionConfig(
        name="S",
        host="127.0.0.1",
        port=1,
        sender_comp_id="STA-1",
        account="STA-1",
        key_id="K",
        secret=Secret(KEY),
        clock_ahead_s=lambda: ahead_s[0],
    )

    def expires() -> int:
        message = fix.Message()
        _sign(message, config)
        token = message.getField(96)
        return int(jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_exp": False})["exp"])

    before = expires()
    ahead_s[0] = 3600.0
    assert 3600 <= expires() - before < 3660


@pytest.mark.parametrize(
    ("params", "text"),
    [("STA-1", "STA-1"), ("余额", "余额"), ({"b": 1, "a": "x"}, json.dumps({"b": 1, "a": "x"}))],
)
def test_a_digest_is_of_the_json_or_of_the_text_itself(params: "str | dict[str, object]", text: str) -> None:
    assert digest_of(params) == hashlib.sha256(text.encode()).hexdigest()


def test_a_secret_shows_itself_on_request_only() -> None:
    secret = Secret(KEY)
    assert KEY not in f"{secret}{secret!r}{secret!s}{[secret]}"
    assert not hasattr(secret, "__dict__")
    assert secret.reveal() == KEY
