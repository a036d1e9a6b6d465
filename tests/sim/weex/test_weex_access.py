"""Keys, signatures, nonces and privileges, by known answers; and which rows a history shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from oms.sim.weex.access import Credential, Gate, parse_credential, parse_rights
from oms.sim.weex.history import window
from oms.sim.weex.parameters import Parameters, parsed
from oms.sim.weex.refusals import Refused

# printf %s BODY | openssl dgst -sha512 -hmac SECRET
BODY = b"method=getInfo&nonce=3"
SIGN = (
    "df8361f1eff481706a7e06fd75da01264451110ad09ed76ee95645be548ea9e1"
    "41daaf8cd8ab852b5ca0c9ca7a53c01c85831e0922cf93f9bccab1f7cd6d665d"
)
CREDENTIAL = Credential("K-1", "a secret", "desk")


def gate(**options: bool) -> Gate:
    return Gate([CREDENTIAL], **options)


def admit(at: Gate, *, key: str = "K-1", sign: str = SIGN, body: bytes = BODY) -> Credential:
    return at.admit(key, sign, body, parsed(body))


def test_a_known_answer_is_admitted() -> None:
    assert admit(gate()).account == "desk"
    assert admit(gate(), sign=SIGN.upper()).account == "desk"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"key": ""}, "api key not specified"),
        ({"key": "k-1"}, "invalid api key"),
        ({"sign": ""}, "invalid sign"),
        ({"sign": "é" * 128}, "invalid sign"),
        ({"sign": "0" + SIGN[1:]}, "invalid sign"),
        ({"body": BODY + b"&"}, "invalid sign"),
        ({"body": b"nonce=3&method=getInfo"}, "invalid sign"),
    ],
)
def test_who_is_not_admitted(changes: dict[str, str | bytes], text: str) -> None:
    with pytest.raises(Refused, match=f"^{text}$"):
        admit(gate(), **changes)  # type: ignore[arg-type]


class Nonces:
    """Asks a gate with one nonce after the other."""

    def __init__(self, *, long: bool = True) -> None:
        self.gate = Gate([CREDENTIAL, replace(CREDENTIAL, key="K-2")], long_nonce_text=long)

    def use(self, nonce: str, key: str = "K-1") -> str:
        import hashlib  # noqa: PLC0415 - signs as any client would
        import hmac  # noqa: PLC0415 - likewise

        body = f"nonce={nonce}&method=getInfo".encode()
        sign = hmac.new(b"a secret", body, hashlib.sha512).hexdigest()
        try:
            self.gate.admit(key, sign, body, parsed(body))
        except Refused as refused:
            return str(refused)
        return ""


def test_nonces_grow_as_in_the_document_s_example() -> None:
    nonces = Nonces()
    told = [nonces.use(nonce) for nonce in ("1", "2", "10", "10", "11", "9")]
    assert told == [
        "",
        "",
        "",
        "invalid nonce parameter; on key:10, you sent:'10', you should send:11",
        "",
        "invalid nonce parameter; on key:11, you sent:'9', you should send:12",
    ]


@pytest.mark.parametrize("nonce", ["", "0", "-1", "1.5", "x", "4294967295", "99999999999999999999", "\uff11"])
def test_what_is_no_nonce_uses_none_up(nonce: str) -> None:
    nonces = Nonces()
    text = f"invalid nonce parameter; on key:0, you sent:'{nonce}', you should send:1"
    assert nonces.use(nonce) == text
    assert nonces.use("1") == ""


def test_the_last_nonce_is_the_last() -> None:
    nonces = Nonces()
    assert nonces.use("4294967294") == ""
    assert nonces.use("4294967294") != ""
    assert nonces.use("4294967295") != ""


def test_every_key_has_nonces_of_its_own() -> None:
    nonces = Nonces()
    assert nonces.use("5") == nonces.use("5", "K-2") == ""
    assert nonces.use("5", "K-2") != ""


def test_some_servers_leave_out_what_should_be_sent() -> None:
    nonces = Nonces(long=False)
    nonces.use("4")
    assert nonces.use("3") == "invalid nonce parameter; on key:4, you sent:'3'"


def test_a_wrong_signature_uses_no_nonce_up() -> None:
    at = gate()
    with pytest.raises(Refused):
        admit(at, sign="0" * 128)
    assert admit(at) is CREDENTIAL


def test_a_credential_keeps_its_secret() -> None:
    credential = parse_credential("K:se:cr@et@desk")
    assert (credential.key, credential.secret, credential.account) == ("K", "se:cr@et", "desk")
    assert "cr@et" not in repr(credential)
    assert parse_credential("K:secret").account == "K"


@pytest.mark.parametrize("text", ["K", "K:", ":secret", "K:secret@", "K:@desk"])
def test_a_credential_that_cannot_be_read_is_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="KEY:SECRET") as raised:
        parse_credential(text)
    assert "secret@" not in str(raised.value)


def test_rights_are_read() -> None:
    assert parse_rights("K=1=info,trade") == ("K=1", frozenset({"info", "trade"}))
    assert parse_rights("K=") == ("K", frozenset())
    with pytest.raises(ValueError, match="coupon"):
        parse_rights("K=everything")


@dataclass(frozen=True)
class Row:
    number: int
    second: int

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.second, UTC)


FIRST = 1000
ROWS = [Row(FIRST + n, 10_000 + n * 100) for n in range(5)]


def select(asked: dict[str, str], earliest: int = 0) -> list[int]:
    shown = window(Parameters(asked), first_id=FIRST, earliest=earliest).select(ROWS)
    return [row.number - FIRST for row in shown]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, [4, 3, 2, 1, 0]),
        ({"order": "ASC"}, [0, 1, 2, 3, 4]),
        ({"count": "2"}, [4, 3]),
        ({"from": "1", "count": "2"}, [3, 2]),
        ({"from": "1003"}, [4, 3]),
        ({"from_id": "1002"}, [4, 3, 2]),
        ({"end_id": "1002"}, [2, 1, 0]),
        ({"from_id": "1001", "end_id": "1003", "order": "ASC", "count": "2"}, [1, 2]),
        ({"since": "10200"}, [2, 3, 4]),
        ({"since": "10200", "order": "DESC"}, [2, 3, 4]),
        ({"end": "10200"}, [0, 1, 2]),
        ({"since": "10100", "end": "10200"}, [1, 2]),
        ({"count": "0"}, []),
    ],
)
def test_the_rows_of_a_window(asked: dict[str, str], shown: list[int]) -> None:
    assert select(asked) == shown


def test_rows_that_are_not_wanted_are_not_counted() -> None:
    asked = window(Parameters({"count": "2", "from": "1"}), first_id=FIRST)
    assert [row.number - FIRST for row in asked.select(ROWS, lambda row: row.number % 2 == 0)] == [2, 0]


def test_since_reaches_back_so_far_only() -> None:
    assert select({"since": "0"}, earliest=10_300) == [3, 4]
    assert len(select({}, earliest=10_300)) == 5


def test_a_history_is_1000_rows_if_nothing_is_said() -> None:
    rows = [Row(number, number) for number in range(1, 1500)]
    shown = window(Parameters({}), first_id=1).select(rows)
    assert [row.number for row in shown] == list(range(1499, 499, -1))
