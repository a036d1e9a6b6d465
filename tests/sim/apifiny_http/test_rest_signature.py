"""Who may ask what: the JWT of the venue's document, and everything that is not it."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

import jwt as pyjwt
import pytest

from tests.sim.apifiny_http.document_client import (
    ACCOUNT,
    KEY,
    OTHER,
    OTHER_KEY,
    SECRET,
    claims_for,
    jwt,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sim.apifiny_http.document_client import Rest

pytestmark = pytest.mark.system

METHOD = "order.listOpenOrderLite"
BODY = json.dumps({"accountId": ACCOUNT}).encode()


def code(answer: tuple[int, bytes]) -> object:
    error = read(answer[1])["error"]
    return error and error["code"]


def test_the_document_s_own_sample_works(rest: Rest) -> None:
    body = {"accountId": ACCOUNT}
    digest = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    signature = pyjwt.encode(
        {
            "accountId": ACCOUNT,
            "secretKeyId": KEY,
            "digest": digest,
            "method": METHOD,
            "exp": int(time.time()) + 30,
        },
        SECRET,
        algorithm="HS256",
    )
    assert code(rest.post(json.dumps(body).encode(), signature)) is None


def test_the_signature_may_be_a_header(rest: Rest) -> None:
    assert code(rest.post(BODY, "", signature=rest.token(BODY, METHOD))) is None


SERIALISATIONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "as json.dumps": json.dumps,
    "compact": lambda body: json.dumps(body, separators=(",", ":")),
    "indented": lambda body: json.dumps(body, indent=4),
    "sorted": lambda body: json.dumps(body, sort_keys=True),
    "reversed": lambda body: json.dumps(dict(reversed(body.items()))),
    "carriage returns": lambda body: json.dumps(body, indent="\t").replace("\n", "\r\n") + "\r\n",
    "escaped": lambda body: json.dumps(body).replace("a", "\\u0061"),
    "with more": lambda body: json.dumps(body | {"collect": True, "nothing": None}),
}
NUMBERS: dict[str, dict[str, object]] = {
    "text": {"limitPrice": "29000.50", "quantity": "1.12", "timeInForce": "1"},
    "numbers": {"limitPrice": 29000.50, "quantity": 1.12, "timeInForce": 1},
    "words": {"limitPrice": "29000.5", "quantity": 1.12, "timeInForce": "GTC"},
}


@pytest.mark.parametrize("written", SERIALISATIONS)
@pytest.mark.parametrize("numbers", NUMBERS)
def test_any_serialisation_is_signed_as_it_is_sent(rest: Rest, written: str, numbers: str) -> None:
    request = rest.order(**NUMBERS[numbers])
    raw = SERIALISATIONS[written](request).encode()
    assert code(rest.post(raw, rest.token(raw, "order.insertOrderLite"))) is None
    row = rest.query(request["orderId"])
    assert (str(row["limitPrice"]), str(row["quantity"]), row["timeInForce"]) == ("29000.5", "1.12", 1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"digest": hashlib.sha256(BODY + b" ").hexdigest()}, 2097162),
        ({"digest": None}, 2097162),
        ({"exp": int(time.time()) - 1}, 196634),
        ({"exp": None}, 196634),
        ({"accountId": "STA-99999999"}, 131115),
        ({"accountId": None}, 2097162),
        ({"secretKeyId": "K-9"}, 2097163),
        ({"secretKeyId": OTHER_KEY}, 2097163),
        ({"method": None}, 2097162),
        ({"method": "order.deleteEverything"}, 65562),
        ({"accountId": [ACCOUNT]}, 2097162),
        ({"method": 7}, 2097162),
    ],
)
def test_wrong_claims_are_refused(rest: Rest, changes: dict[str, object], expected: int) -> None:
    assert code(rest.post(BODY, jwt(claims_for(BODY, METHOD) | changes))) == expected


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", jwt({}), "é".encode().hex()])
def test_what_is_no_jwt_is_refused(rest: Rest, token: str) -> None:
    assert code(rest.post(BODY, token)) == 2097162


def test_another_secret_is_refused(rest: Rest) -> None:
    assert code(rest.post(BODY, jwt(claims_for(BODY, METHOD), SECRET + "."))) == 2097162


@pytest.mark.parametrize("alg", ["none", "HS512"])
def test_another_algorithm_is_refused(rest: Rest, alg: str) -> None:
    assert code(rest.post(BODY, jwt(claims_for(BODY, METHOD), alg=alg))) == 2097162


def test_a_body_about_another_account_is_refused(rest: Rest) -> None:
    assert rest.refused(METHOD, accountId=OTHER) == 2097163


def test_a_sub_account_is_the_account(rest: Rest) -> None:
    assert rest.get(METHOD, accountId="STA-HUOBI_00000015") == rest.get(METHOD)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"null", b'"x"', b"\xff", b'{"accountId": 15}'])
def test_a_body_that_is_no_object_with_an_account_is_refused(rest: Rest, raw: bytes) -> None:
    assert code(rest.post(raw, rest.token(raw, METHOD))) == 65562


def test_the_clock_and_the_venues_need_no_account(rest: Rest) -> None:
    before = int(time.time() * 1000)
    clock = rest.ask("utils.currentTimeMillis", {})["result"]
    assert before <= clock <= int(time.time() * 1000)
    assert {"exchange": "BINANCEUS", "status": "enabled"} in rest.ask("utils.listVenueInfoLite", {})["result"]
    assert code(rest.post(b"", rest.token(b"", "utils.currentTimeMillis"))) is None
