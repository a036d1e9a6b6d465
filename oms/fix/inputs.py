"""What the FIX sessions tell the daemon; plain tuples, because they are made for every message."""

from typing import NamedTuple


class Received(NamedTuple):
    r"""An application message, or a session Reject (35=3), as it came. Bytes that are no UTF-8 are written \\xNN."""

    session: str
    raw: str
    time_ns: int


class LoggedOn(NamedTuple):
    """A session is established."""

    session: str
    time_ns: int


class LoggedOut(NamedTuple):
    """A session ended, or its logon was refused; `reason` is the venue's text where there was one."""

    session: str
    time_ns: int
    reason: str | None


class ResendRefused(NamedTuple):
    """The venue asked for an old request again; it was not sent a second time."""

    session: str
    raw: str
    time_ns: int


class Alarm(NamedTuple):
    """Something that people must look at. `raw`: a message of the venue that QuickFIX keeps from the application."""

    session: str | None
    time_ns: int
    code: str
    text: str
    raw: str | None = None


Input = Received | LoggedOn | LoggedOut | ResendRefused | Alarm
