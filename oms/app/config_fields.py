"""Tables of TOML into structs, field by field, so that every problem is told, and in words for people."""

import re
from decimal import Decimal
from math import isfinite
from typing import Any, Final, TypeVar, get_args, get_origin

import msgspec
from msgspec import Struct

from oms.core.values import parse_decimal

T = TypeVar("T", bound=Struct)
_WORDS: Final = {
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a decimal number",
    "array": "a list",
    "object": "a table",
    "datetime": "a date",
    "date": "a date",
    "time": "a time",
}
_BOUNDS: Final = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


class Problems:
    """Collects what is wrong, with the key it is about."""

    def __init__(self) -> None:
        """Start without problems."""
        self.found: list[str] = []

    def add(self, key: str, reason: str) -> None:
        """Note one problem."""
        self.found.append(f"{key}: {reason}")


def read_table(kind: type[T], data: Any, where: str, problems: Problems) -> T | None:  # noqa: ANN401
    """Read one table; nothing is given unless every field of it is in order."""
    return made(kind, read_fields(kind, data, where, problems))


def made(kind: type[T], values: dict[str, Any]) -> T | None:
    """Make a struct of values, if there is one for every field."""
    is_whole = values.keys() == {field.name for field in msgspec.structs.fields(kind)}
    return kind(**values) if is_whole else None


def read_fields(kind: type[Struct], data: Any, where: str, problems: Problems) -> dict[str, Any]:  # noqa: ANN401
    """Read one table field by field, so that every problem of it is told; only what is in order is given."""
    if not isinstance(data, dict):
        problems.add(where, f"must be a table, not {_called(data)}")
        return {}
    fields = msgspec.structs.fields(kind)
    names = [field.name for field in fields]
    for key in data:
        if key not in names:
            problems.add(f"{where}.{key}", f"unknown key; known are {', '.join(names)}")
    values: dict[str, Any] = {}
    for field in fields:
        if field.name in data:
            value = _value(field.type, data[field.name], f"{where}.{field.name}", problems)
            if value is not None:  # TOML has no null
                values[field.name] = value
        elif field.required:
            problems.add(f"{where}.{field.name}", "is missing")
        else:
            values[field.name] = (
                field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
            )
    return values


def _value(kind: Any, value: Any, where: str, problems: Problems) -> Any:  # noqa: ANN401
    for inner in get_args(kind):
        if isinstance(inner, type) and issubclass(inner, Struct):
            if get_origin(kind) is list:
                return _tables(inner, value, where, problems)
            return read_table(inner, value, where, problems)
    if kind == Decimal | None:
        return _amount(value, where, problems)
    if isinstance(value, float) and not isfinite(value):
        problems.add(where, "must be a finite number")
        return None
    try:
        return msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        problems.add(where, _in_words(str(error)))
        return None


def _tables(kind: type[Struct], value: Any, where: str, problems: Problems) -> list[Struct] | None:  # noqa: ANN401
    if not isinstance(value, list):
        problems.add(where, f"write [[{where}]], with two brackets: there may be several")
        return None
    found = [read_table(kind, each, f"{where}[{index}]", problems) for index, each in enumerate(value, 1)]
    return [each for each in found if each is not None]


def _in_words(complaint: str) -> str:
    """Say in people's words what the converter says in Python's."""
    entry = re.search(r" - at `\$\[(\d+)\]`", complaint)
    prefix = f"entry {int(entry[1]) + 1} " if entry else ""
    if found := re.match(r"Expected `(.+?)`, got `(.+?)`", complaint):
        names = [name.removesuffix(" | null") for name in found.groups()]
        wanted, given = ("a number" if name == "float" else _WORDS.get(name, name) for name in names)
        if given.endswith("number"):
            given = "a decimal number" if wanted == "a whole number" else "a number"
        return f"{prefix}must be {wanted}, not {given}"
    if found := re.match(r"Expected `.+?` (>=|<=|>|<) ([-\d.]+)", complaint):
        return f"{prefix}must be {_BOUNDS[found[1]]} {float(found[2]):g}"
    if "of length >= 1" in complaint:
        return f"{prefix}must not be empty"
    if found := re.search(r"matching regex '\^\((.+)\)\$'", complaint):
        return f"{prefix}must be one of {', '.join(found[1].split('|'))}"
    return complaint


def _called(value: Any) -> str:  # noqa: ANN401
    name = {str: "str", bool: "bool", int: "int", float: "float", list: "array", dict: "object"}.get(
        type(value)
    )
    return _WORDS[name] if name else "a date or time"


def _amount(value: Any, where: str, problems: Problems) -> Decimal | None:  # noqa: ANN401
    """Read an amount: text, or a whole number; TOML's decimal numbers would pass through a float."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    try:
        return parse_decimal(text)
    except (ValueError, TypeError):
        shown = repr(value) if isinstance(value, str | float) else _called(value)
        problems.add(where, f'{shown} is not an amount; write it as text, like "0.5"')
        return None
