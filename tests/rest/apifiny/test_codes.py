"""Every row of the document's table of errors: found in both forms, and by its text."""

import pytest

from oms.rest.apifiny.codes import CODES, Code, Verdict
from oms.rest.apifiny.meaning import meaning

ROWS = 70  # counted in the document


def name_of(code: Code) -> str:
    return f"{code.name}-{code.hexadecimal}"


def test_all_rows_are_there_once() -> None:
    assert len(CODES) == ROWS
    assert len({code.name for code in CODES}) == ROWS


@pytest.mark.parametrize("code", CODES, ids=name_of)
@pytest.mark.parametrize("form", ["decimal", "text", "hexadecimal", "lower case", "value"])
def test_a_code_is_known_in_every_form(code: Code, form: str) -> None:
    forms: dict[str, int | str] = {
        "decimal": code.decimal,
        "text": str(code.decimal),
        "hexadecimal": code.hexadecimal,
        "lower case": code.hexadecimal.lower(),
        "value": int(code.hexadecimal, 16),
    }
    sent = forms[form]
    found = meaning(sent)
    assert code in found.rows
    assert found.verdict >= code.verdict
    assert code.name in str(found)
    assert meaning(sent, code.text.upper()).rows == (code,)


@pytest.mark.parametrize("code", CODES, ids=name_of)
def test_what_the_server_failed_at_is_not_said_to_be_undone(code: Code) -> None:
    """The document: the last digit tells A the client's from B the server's errors."""
    if code.hexadecimal.endswith("B") and code.name != "PERMISSION_DENIED":
        assert code.verdict in {Verdict.RETRY, Verdict.IN_DOUBT}
    if "time" in code.text.lower() and "out" in code.text.lower():
        assert code.verdict in {Verdict.RETRY, Verdict.IN_DOUBT}


@pytest.mark.parametrize(
    ("decimal", "names", "verdict"),
    [
        (327738, {"OPEN_ORDER_UNKNOWN", "ORDER_UNKNOWN"}, Verdict.IN_DOUBT),
        (327786, {"REQUEST_TIMEOUT", "ORDER_SIDE_ERROR", "TOO_MANY_OPEN_ORDERS"}, Verdict.IN_DOUBT),
        (327802, {"ORDER_ID_REPEATED", "CANNOT_CANCEL_IN_STATUS"}, Verdict.IN_DOUBT),
        (327818, {"TIMESTAMP_FORMAT", "CANCEL_TIMEOUT"}, Verdict.IN_DOUBT),
        (393242, {"AVAILABLE_NOT_ENOUGH", "WITHDRAW_TICKET_ERROR"}, Verdict.IN_DOUBT),
    ],
)
def test_what_occurs_twice_counts_as_the_worst(decimal: int, names: set[str], verdict: Verdict) -> None:
    found = meaning(decimal)
    assert {row.name for row in found.rows} == names
    assert found.verdict is verdict


@pytest.mark.parametrize("sent", ["x", "0x", "-1", 0, 10**30, "9" * 5000, True, "0b1", "\uff11", "0x01002A"])
def test_what_the_document_does_not_know_leaves_everything_open(sent: int | str) -> None:
    found = meaning(sent)
    assert not found.rows
    assert found.verdict is Verdict.IN_DOUBT
    assert not found.is_not_there
    assert "not in the document" in str(found)
    assert len(str(found)) < 60


def test_an_error_without_a_code_is_named_as_that() -> None:
    found = meaning("", "boom")
    assert (str(found), found.verdict) == ("an error without a code", Verdict.IN_DOUBT)
    assert str(meaning(424242)) == "not in the document (424242)"
