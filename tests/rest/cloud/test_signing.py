"""The signature, held to the document's own worked example and to an independent computation."""

import base64
import hashlib
import hmac
import time
from urllib.parse import parse_qsl, quote, unquote

import pytest

from oms.core.secret import Secret
from oms.rest.cloud.signing import (
    Credential,
    Operator,
    canonical,
    encoded,
    signature,
    signed_query,
    timestamp,
)

# The worked example (Signing, tasks 1 and 2). It prints {HOST}; its signature is that of the host that the exchange
# had when the example was written.
HOST = "be.huobi.com"
QUERY = (
    "AccessKeyId=e2xxxxxx-99xxxxxx-84xxxxxx-7xxxx&SignatureMethod=HmacSHA256&SignatureVersion=2"
    "&Timestamp=2017-05-11T15%3A19%3A30&order-id=1234567890"
)
SECRET = "b0xxxxxx-c6xxxxxx-94xxxxxx-dxxxx"
SIGNATURE = "4F65x5A2bLyMWVQj3Aqp+B4w+ivaA7n5Oi2SuYtCJ9o="
ENCODED = "4F65x5A2bLyMWVQj3Aqp%2BB4w%2BivaA7n5Oi2SuYtCJ9o%3D"
NOW_S = 1494515970.0  # 2017-05-11T15:19:30
CREDENTIAL = Credential(access_key="e2xxxxxx-99xxxxxx-84xxxxxx-7xxxx", secret=Secret(SECRET))


def test_the_canonical_request_is_the_documents() -> None:
    text = canonical("GET", "BE.Huobi.com", "/v1/order/orders", QUERY)
    assert text == f"GET\n{HOST}\n/v1/order/orders\n{QUERY}"
    assert signature(SECRET, text) == SIGNATURE


def test_the_final_request_is_the_documents() -> None:
    query = signed_query(
        "GET",
        "/v1/order/orders",
        {"order-id": "1234567890"},
        operator=Operator(host=HOST),
        credential=CREDENTIAL,
        now_s=NOW_S,
    )
    assert query == f"{QUERY}&Signature={ENCODED}"


def test_whatever_a_value_holds_is_encoded_and_signed_as_it_is_sent() -> None:
    parameters = {"zürich": "a b+c/d&e=f", "Zebra": "", "states": "filled,canceled", "dot": "1.5~-_"}
    query = signed_query(
        "POST",
        "/v1/x",
        parameters,
        operator=Operator(host="H.example", signed_prefix="/api"),
        credential=CREDENTIAL,
        now_s=NOW_S,
    )
    signed, _, sent = query.partition("&Signature=")
    assert "a%20b%2Bc%2Fd%26e%3Df" in signed
    assert "dot=1.5~-_" in signed
    names = [part.partition("=")[0] for part in signed.split("&")]
    assert names == sorted(names)
    assert dict(parse_qsl(signed, keep_blank_values=True)).items() >= parameters.items()
    text = f"POST\nh.example\n/api/v1/x\n{signed}"
    digest = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()
    assert unquote(sent) == base64.b64encode(digest).decode()


@pytest.mark.parametrize("text", [*map(chr, range(300)), "", "a b+c/d=", "東京 Ω%"])
def test_every_character_is_encoded_as_the_standard_library_does(text: str) -> None:
    assert encoded(text) == quote(text, safe="")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_the_timestamp_is_utc_wherever_the_machine_stands(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert timestamp(NOW_S + 0.999) == "2017-05-11T15:19:30"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_credential_does_not_show_its_secret() -> None:
    assert SECRET not in repr(CREDENTIAL)
