"""Who may log on to the simulated venue, and what the others are told."""

from __future__ import annotations

import pytest

from oms.sim.logon import Gate, Refused, parse_credential
from tests.sim.wire_client import ACCOUNT, KEY, OTHER, OTHER_KEY, OTHER_SECRET, SECRET, token

CREDENTIALS = (f"{ACCOUNT}:{KEY}:{SECRET}", f"{ACCOUNT}:K-3:a:b:c", f"{OTHER}:{OTHER_KEY}:{OTHER_SECRET}")


@pytest.fixture
def gate() -> Gate:
    return Gate(parse_credential(text) for text in CREDENTIALS)


def test_a_good_token_passes(gate: Gate) -> None:
    gate.check(ACCOUNT, token())
    gate.check(ACCOUNT, token(method="Fix"))


@pytest.mark.filterwarnings("ignore:The HMAC key is")
def test_each_key_of_an_account_has_its_own_secret(gate: Gate) -> None:
    gate.check(ACCOUNT, token("a:b:c", secretKeyId="K-3"))
    with pytest.raises(Refused, match="signature is wrong"):
        gate.check(ACCOUNT, token(secretKeyId="K-3"))


UNSIGNED = "eyJhbGciOiJub25lIn0.eyJhY2NvdW50SWQiOiJTVEEtMDAwMDAwMTUifQ."


@pytest.mark.parametrize(
    ("raw_data", "text"),
    [
        (None, "is missing"),
        ("", "is missing"),
        ("not a token", "is not a JWT"),
        ("a.b.c", "is not a JWT"),
        ("\udcff.\udcff.\udcff", "is not a JWT"),
        (UNSIGNED, "not signed with HS256"),
    ],
)
def test_what_is_no_token_is_refused(gate: Gate, raw_data: str | None, text: str) -> None:
    with pytest.raises(Refused, match=text):
        gate.check(ACCOUNT, raw_data)


def test_a_wrong_or_shortened_signature_is_refused(gate: Gate) -> None:
    for bad in (token("another secret, also long enough for HS256"), token()[:-31]):
        with pytest.raises(Refused, match="signature is wrong"):
            gate.check(ACCOUNT, bad)


@pytest.mark.parametrize(
    ("claims", "text"),
    [
        ({"exp": 1_700_000_000}, "has expired"),
        ({"exp": None}, "no exp"),
        ({"exp": "soon"}, "not valid"),
        ({"accountId": "STA-1"}, "accountId is unknown"),
        ({"accountId": None}, "accountId is unknown"),
        ({"accountId": [ACCOUNT]}, "accountId is unknown"),
        ({"accountId": OTHER}, "not the SenderCompID"),
        ({"secretKeyId": "K-9"}, "secretKeyId is unknown"),
        ({"digest": "0" * 64}, "digest is not"),
        ({"digest": None}, "digest is not"),
        ({"method": ""}, "method is missing"),
        ({"method": None}, "method is missing"),
    ],
)
def test_each_bad_claim_has_its_own_text(gate: Gate, claims: dict[str, object], text: str) -> None:
    with pytest.raises(Refused, match=text) as refused:
        gate.check(ACCOUNT, token(SECRET, **claims))
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("text", ["", "a", "a:b", "a:b:", ":b:c", "a::c", "a=b:c:d", "a\x01:b:c"])
def test_a_credential_has_three_parts(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_credential(text)


def test_a_credential_never_shows_its_secret() -> None:
    assert SECRET not in repr(parse_credential(CREDENTIALS[0]))
