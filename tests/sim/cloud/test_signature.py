"""Signature version 2: the document's own example, what is taken, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.sim.cloud.request import Problem, Request
from oms.sim.cloud.signature import check
from tests.sim.cloud.document_client import signature

# The document prints {HOST} where its example had a host, and the signature of the example itself: this is that host.
HOST = "be.huobi.com"
KEY, SECRET = "e2xxxxxx-99xxxxxx-84xxxxxx-7xxxx", "b0xxxxxx-c6xxxxxx-94xxxxxx-dxxxx"
AT = datetime(2017, 5, 11, 15, 19, 30, tzinfo=UTC)
QUERY = (
    "AccessKeyId=e2xxxxxx-99xxxxxx-84xxxxxx-7xxxx&order-id=1234567890&SignatureMethod=HmacSHA256"
    "&SignatureVersion=2&Timestamp=2017-05-11T15%3A19%3A30"
    "&Signature=4F65x5A2bLyMWVQj3Aqp%2BB4w%2BivaA7n5Oi2SuYtCJ9o%3D"
)
EXAMPLE = Request(method="GET", path="/v1/order/orders", host=HOST, query=QUERY)


def checked(request: Request, *, now: datetime = AT, prefix: str = "/api") -> str:
    return check(request, {KEY: SECRET, "other": "another"}, prefix, now)


def test_the_document_s_example_is_signed_by_its_key() -> None:
    assert checked(EXAMPLE) == KEY


def test_the_client_in_these_tests_signs_the_example_alike() -> None:
    text = (
        "GET\nbe.huobi.com\n/v1/order/orders\nAccessKeyId=e2xxxxxx-99xxxxxx-84xxxxxx-7xxxx"
        "&SignatureMethod=HmacSHA256&SignatureVersion=2&Timestamp=2017-05-11T15%3A19%3A30&order-id=1234567890"
    )
    assert signature(SECRET, text) == "4F65x5A2bLyMWVQj3Aqp+B4w+ivaA7n5Oi2SuYtCJ9o="


@pytest.mark.parametrize(
    "request_",
    [
        replace(EXAMPLE, query="&".join(reversed(QUERY.split("&")))),
        replace(EXAMPLE, host="BE.Huobi.com"),
        replace(EXAMPLE, host=f"{HOST}:8443"),
        replace(EXAMPLE, path="/api/v1/order/orders"),
        replace(EXAMPLE, query=QUERY.replace("%3A", ":")),
        replace(EXAMPLE, query=QUERY.replace("%3A", "%3a")),
    ],
    ids=[
        "another order",
        "capitals in the host",
        "a port",
        "the prefix unsigned",
        "colons bare",
        "small escapes",
    ],
)
def test_clients_may_differ_in_what_is_not_the_point(request_: Request) -> None:
    assert checked(request_) == KEY


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (replace(EXAMPLE, query=QUERY.replace("order-id=1234567890", "order-id=1234567891")), "Verification"),
        (replace(EXAMPLE, query=QUERY + "&size=1"), "Verification"),
        (replace(EXAMPLE, query=QUERY.replace("&order-id=1234567890", "")), "Verification"),
        (replace(EXAMPLE, query=QUERY + "&order-id=1234567890"), "Verification"),
        (replace(EXAMPLE, query=QUERY.replace("4F65", "5F65")), "Verification"),
        (replace(EXAMPLE, query=QUERY.partition("&Signature=")[0]), "Verification"),
        (replace(EXAMPLE, method="POST"), "Verification"),
        (replace(EXAMPLE, path="/v1/order/openOrders"), "Verification"),
        (replace(EXAMPLE, path="/apis/v1/order/orders"), "Verification"),
        (replace(EXAMPLE, host="be.huobi.org"), "Verification"),
        (replace(EXAMPLE, query=QUERY.replace(KEY, "nobody")), "Access key"),
        (replace(EXAMPLE, query=QUERY.replace(KEY, "other")), "Verification"),
        (replace(EXAMPLE, query=""), "Access key"),
        (replace(EXAMPLE, query=QUERY.replace("HmacSHA256", "HmacMD5")), "SignatureMethod"),
        (replace(EXAMPLE, query=QUERY.replace("Version=2", "Version=1")), "SignatureVersion 2"),
        (replace(EXAMPLE, query=QUERY.replace("T15%3A19%3A30", "")), "Timestamp"),
        (replace(EXAMPLE, query=QUERY.replace("05-11", "05-41")), "Timestamp"),
    ],
)
def test_what_is_not_signed_is_refused(request_: Request, text: str) -> None:
    with pytest.raises(Problem, match=text) as refused:
        checked(request_)
    assert refused.value.code == "api-signature-not-valid"
    assert SECRET not in str(refused.value)


def test_a_parameter_that_comes_twice_is_refused_even_if_both_are_signed() -> None:
    query = QUERY.partition("&Signature=")[0] + "&order-id=2"
    text = "&".join(sorted(query.split("&")))
    signed = signature(SECRET, f"GET\n{HOST}\n/v1/order/orders\n{text}")
    with pytest.raises(Problem, match="Verification"):
        checked(replace(EXAMPLE, query=f"{query}&Signature={quote(signed, safe='')}"))


@pytest.mark.parametrize(("seconds", "good"), [(-301, False), (-299, True), (299, True), (301, False)])
def test_a_signature_holds_for_minutes(seconds: int, good: bool) -> None:
    now = AT + timedelta(seconds=seconds)
    if good:
        assert checked(EXAMPLE, now=now) == KEY
    else:
        with pytest.raises(Problem, match="Timestamp"):
            checked(EXAMPLE, now=now)


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=12), max_size=4), st.booleans())
def test_any_parameter_can_be_signed(params: dict[str, str], plus: bool) -> None:
    """Whether a client writes a space as %20 or as +, in the URL and in what it signs."""
    fixed = {"AccessKeyId": KEY, "SignatureMethod": "HmacSHA256", "SignatureVersion": "2"}
    pairs = sorted((params | fixed | {"Timestamp": "2017-05-11T15:19:30"}).items())
    query = "&".join(f"{_escaped(name, plus)}={_escaped(value, plus)}" for name, value in pairs)
    signed = signature(SECRET, f"GET\n{HOST}\n/api/x\n{query}")
    request = Request(
        method="GET", path="/api/x", host=HOST, query=f"{query}&Signature={quote(signed, safe='')}"
    )
    if "Signature" not in params:
        assert checked(request) == KEY


def _escaped(text: str, plus: bool) -> str:
    return quote(text, safe="").replace("%20", "+" if plus else "%20")
