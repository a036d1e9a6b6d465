"""The parameters of one request: form fields in any order, read strictly by type."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from oms.sim.weex.refusals import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_NUMBER = 40
_DECIMAL = re.compile(r"\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,20}", re.ASCII)


class Parameters:
    """Form fields; a field that comes twice counts as the last, as in PHP."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Take the fields as they were decoded."""
        self._fields = fields

    def over(self, others: Parameters) -> Parameters:
        """Return both; where both have a field, this one's."""
        return Parameters({**others._fields, **self._fields})

    def text(self, name: str, default: str | None = None) -> str:
        """Return a field; an empty one is as none. Without a default it must be there.

        Raises:
            Refused: it is not.

        """
        value = self._fields.get(name, "") or default
        if value is None:
            raise invalid(name)
        return value

    def decimal(self, name: str) -> Decimal:
        """Return a number.

        Raises:
            Refused: it is not there, or not a number.

        """
        value = self.text(name)
        if len(value) > LONGEST_NUMBER or not _DECIMAL.fullmatch(value):
            raise invalid(name)
        return Decimal(value)

    def optional_decimal(self, name: str) -> Decimal | None:
        """Return a number, or None where there is none.

        Raises:
            Refused: it is not a number.

        """
        return self.decimal(name) if self._fields.get(name) else None

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a whole number.

        Raises:
            Refused: it is not there, or not a whole number.

        """
        value = self.text(name, None if default is None else str(default))
        if not _WHOLE.fullmatch(value):
            raise invalid(name)
        return int(value)

    def optional_whole(self, name: str) -> int | None:
        """Return a whole number, or None where there is none.

        Raises:
            Refused: it is not a whole number.

        """
        return self.whole(name) if self._fields.get(name) else None


def parsed(text: bytes) -> Parameters:
    """Read a form-encoded body or query; what is not UTF-8 is kept as well as can be."""
    return Parameters(dict(parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True)))
