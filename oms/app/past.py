"""A moment of the past: how people write it, and the blotter as a journal says it stood then."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
import typer
from msgspec import Struct, field

from oms.app.config import JournalSection
from oms.core.blotter import Blotter
from oms.core.errors import CommandError, ConfigError, OmsError
from oms.core.records import Record
from oms.core.times import NS_PER_MS, NS_PER_S
from oms.core.views import full_view
from oms.fix.dialects import APIFINY, DIALECTS, Dialect
from oms.journal.chain import Damaged, read_journal

_TIME: Final = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T -](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))?", re.ASCII
)
_NEGATIVE: Final = 1
_UNREADABLE: Final = 2


def parse_time(text: str) -> int:
    """Read a moment: ISO 8601 or a FIX time stamp, UTC unless it names another offset; nanoseconds since the epoch.

    Raises:
        CommandError: it is neither.

    """
    found = _TIME.fullmatch(text.strip())
    if found is not None:
        with suppress(ValueError, OverflowError):  # no such day, or no such hour
            return _moment_ns(found)
    told = f"{text!r} is no time such as 2026-03-01T09:00:00.5Z or 20260301-09:00:00.5 (UTC)"
    raise CommandError(told)


def _moment_ns(found: re.Match[str]) -> int:
    *numbers, fraction, sign, hours, minutes = found.groups()
    year, month, day, hour, minute, second = map(int, numbers)
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    if sign is not None:
        ahead = timedelta(hours=int(hours), minutes=int(minutes))
        moment = moment - ahead if sign == "+" else moment + ahead
    return int(moment.timestamp()) * NS_PER_S + int((fraction or "0").ljust(9, "0"))


def parse_end(text: str) -> int:
    """Read the moment up to which somebody wants to look: the last nanosecond that the text can mean.

    With at most three decimals it is all of that millisecond: times are shown to the millisecond, and what is shown as
    of one must be there when the same text is given back.

    Raises:
        CommandError: it is no time; see `parse_time`.

    """
    time_ns = parse_time(text)
    _, _, fraction = text.partition(".")
    is_finer = re.match(r"\d{4}", fraction, re.ASCII) is not None
    return time_ns if is_finer else time_ns + NS_PER_MS - 1


def exact_iso(time_ns: int) -> str:
    """Write a time so that it names this moment and no other: with nine decimals."""
    seconds, rest = divmod(time_ns, NS_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def blotter_at(numbered: Iterable[tuple[int, Record]], at_ns: int | None) -> tuple[Blotter, int]:
    """Fold a journal's records up to and including a moment; None: all of them.

    Stops at the first record after it: what was put on record later was not known then, whatever its time says.

    Returns:
        The blotter, and the time of the last record folded (0 if there is none).

    """
    blotter, latest = Blotter(), 0
    for _, record in numbered:
        if at_ns is not None and record.time_ns > at_ns:
            break
        blotter.apply_all(record.events)
        latest = record.time_ns
    return blotter, latest


def past_page(  # noqa: PLR0913 - the filters of `oms orders`
    journal: Path | None,
    at: str | None,
    *,
    watch: bool,
    status: str | None,
    symbol: str | None,
    session: str | None,
    limit: int,
) -> dict[str, Any]:
    """Give what the API would have answered then: orders newest first; `next` where there are older ones.

    Ages are as of that moment; without one, as of the journal's last record.
    """
    if journal is None:
        message = "it is read from a journal: name it with --journal FILE"
        raise typer.BadParameter(message, param_hint="--at")
    if watch:
        message = "--watch follows the daemon; a journal is read once"
        raise typer.BadParameter(message, param_hint="--watch")
    with reading():
        at_ns = None if at is None else parse_end(at)
        blotter, latest = blotter_at(read_journal(source_of(journal).journal), at_ns)
    found = (
        order
        for _, order in sorted(blotter.orders.items(), reverse=True)
        if (status is None or (order.in_doubt if status == "in_doubt" else order.is_open))
        and symbol in (None, order.symbol)
        and session in (None, order.session)
    )
    shown = list(islice(found, limit + 1))
    now = latest if at_ns is None else at_ns
    return {
        "orders": [full_view(order, now) for order in shown[:limit]],
        "next": shown[limit - 1].number if len(shown) > limit else None,
    }


class _Session(Struct):
    """Of a `[[session]]`, what reading the past needs."""

    name: str = ""
    dialect: str = APIFINY.name


class _Configured(Struct):
    """Of a configuration, what reading the past needs: no secrets, so that whoever has none can read it."""

    journal: JournalSection = field(default_factory=JournalSection)
    session: list[_Session] = []


class Source(Struct, frozen=True):
    """A journal, and the dialect of each session as far as a configuration says."""

    journal: Path
    dialects: dict[str, Dialect] = {}

    def dialect_of(self, session: str | None) -> Dialect:
        """Give the dialect that a session's reports are read in; by default the configuration's own default."""
        return self.dialects.get(session or "", APIFINY)


def source_of(file: Path) -> Source:
    """Find the journal: the file itself, or the one that a configuration (TOML) names.

    Raises:
        ConfigError: the configuration cannot be read.

    """
    if file.suffix != ".toml":
        return Source(file.resolve())
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        found = msgspec.convert(data, _Configured)
        dialects = {session.name: DIALECTS[session.dialect] for session in found.session}
    except OSError as error:
        message = f"{file}: {error.strerror}; name a journal, or a readable configuration"
        raise ConfigError(message) from error
    except (ValueError, KeyError) as error:  # TOML, UTF-8 and msgspec raise ValueErrors
        message = f"{file}: no configuration that names a journal: {error}. See `oms check-config`"
        raise ConfigError(message) from error
    return Source((file.parent / found.journal.path).resolve(), dialects)


@contextmanager
def reading() -> Iterator[None]:
    """End a command with one line: exit 1 where a record is damaged, 2 where nothing can be read or asked."""
    try:
        yield
    except OmsError as error:
        typer.echo(f"oms: {error}", err=True)
        raise typer.Exit(_NEGATIVE if isinstance(error, Damaged) else _UNREADABLE) from error
