"""The shipped dictionary: derived by the script, and as loose as the core wants it."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import oms

ROOT = Path(oms.__file__).parents[1]
SHIPPED = ROOT / "oms" / "fix" / "FIX42-oms.xml"
TREE = ET.parse(SHIPPED).getroot()  # noqa: S314 - our own file
TYPES = {field.get("name"): field.get("type") for field in TREE.iterfind("fields/field")}
ENUMERATED = {field.get("name") for field in TREE.iterfind("fields/field") if len(field)}


def members(msg_type: str) -> list[ET.Element]:
    (message,) = (message for message in TREE.iter("message") if message.get("msgtype") == msg_type)
    return [element for element in message.iter() if element.tag in ("field", "group")]


def test_the_shipped_dictionary_is_what_the_script_derives(tmp_path: Path) -> None:
    if not (Path(sys.prefix) / "share" / "quickfix" / "FIX42.xml").is_file():
        pytest.skip("this Python's quickfix did not install its dictionaries")
    again = tmp_path / "again.xml"
    script = ROOT / "scripts" / "derive-dictionary"
    subprocess.run([sys.executable, str(script), str(again)], check=True, capture_output=True)
    assert again.read_bytes() == SHIPPED.read_bytes()


@pytest.mark.parametrize("msg_type", ["8", "9", "j", "3"])
def test_nothing_is_required_of_what_a_venue_reports(msg_type: str) -> None:
    names = {element.get("name") for element in members(msg_type)}
    assert {element.get("required") for element in members(msg_type)} == {"N"}
    assert not names & ENUMERATED
    assert {TYPES[name] for name in names} <= {"STRING", "LENGTH", "DATA"}


def test_the_session_s_own_fields_stay_strict() -> None:
    strict = {
        "MsgSeqNum": "INT",
        "SendingTime": "UTCTIMESTAMP",
        "BodyLength": "INT",
        "PossDupFlag": "BOOLEAN",
        "NewSeqNo": "INT",
        "HeartBtInt": "INT",
        "ResetSeqNumFlag": "BOOLEAN",
        "RawDataLength": "LENGTH",
        "RawData": "DATA",
    }
    assert {name: TYPES[name] for name in strict} == strict
    assert {"MsgType", "PossDupFlag", "EncryptMethod"} <= ENUMERATED


@pytest.mark.parametrize(
    ("msg_type", "names"),
    [
        ("D", {"Account", "SecurityExchange", "Text", "CashOrderQty", "TimeInForce"}),
        ("F", {"Account", "SecurityExchange", "Text", "TransactTime"}),
        ("G", {"Account", "SecurityExchange", "Text"}),
        ("H", {"Account", "SecurityExchange", "Text", "TransactTime", "OrigClOrdID"}),
    ],
)
def test_requests_may_carry_what_the_venue_wants(msg_type: str, names: set[str]) -> None:
    assert names <= {element.get("name") for element in members(msg_type)}
