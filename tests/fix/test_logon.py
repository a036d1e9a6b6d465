"""The token of a Logon, and the secret that signs it."""

import hashlib
import json

import jwt
import pytest

from oms.core.secret import Secret
from oms.fix.logon import digest_of, logon_token

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
