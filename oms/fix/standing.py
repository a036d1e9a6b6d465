"""How a session stands, and why: put together from what QuickFIX calls and what it notes. Knows no QuickFIX."""

from typing import Final

from msgspec import Struct

_NO_LOGON: Final = "Timed out waiting for logon response"
_TROUBLE: Final = ("fail", "refused", "error", "timed out", "too low", "not valid")


class SessionState(Struct):
    """How a session stands, for people."""

    name: str
    host: str
    port: int
    logged_on: bool = False
    since_ns: int = 0
    last_error: str | None = None


class Standing:
    """The state of one session, and the reasons of its end as they come to be known."""

    def __init__(self, name: str, host: str, port: int) -> None:
        """Begin without a session."""
        self.state = SessionState(name, host, port)
        self.trouble: str | None = None  # what QuickFIX noted while it tried
        self._said: str | None = (
            None  # why it ends, in the venue's words, or in QuickFIX's where that gave a reason
        )
        self._leaving = False  # our Logout went first
        self._told = False  # this try ended with words: what QuickFIX notes of its end is no news
        self._unresolved: str | None = None  # why the host has no address

    def logged_on(self, now: int) -> None:
        """Note that the session is established."""
        self._said, self.trouble, self._leaving, self._told = None, None, False, False
        self.state.logged_on, self.state.since_ns, self.state.last_error = True, now, None

    def logged_out(self, now: int) -> tuple[bool, str | None]:
        """Note an end: whether anybody must hear of it, and why it ended.

        QuickFIX tells of an end after each connection that never became a session, too: nobody needs to hear of one
        unless the venue said something.
        """
        ended, said = self.state.logged_on, self._said
        trouble = None if self._told else self.trouble
        self.state.last_error = said or trouble or self.state.last_error
        if ended:
            self.state.logged_on, self.state.since_ns = False, now
        self._told = self._told or said is not None
        self._said, self._leaving = None, False
        return ended or said is not None, said

    def we_said_logout(self, text: str | None) -> None:
        """Note a Logout of ours; one that only answers the venue's changes nothing."""
        if self._said is None:
            self._leaving = True
            self._said = f"logged out by our side: {text}" if text else None

    def they_said_logout(self, text: str | None) -> None:
        """Note a Logout of the venue; one that only answers ours needs no reason."""
        if self._leaving:
            self._said = self._said or text
        else:
            self._said = text or "the venue logged us out without a text"

    def they_rejected(self, text: str | None) -> None:
        """Note a session Reject of the venue: before the logon it can only be about the Logon."""
        if not self.state.logged_on:
            self._said = text or "the venue rejected the logon without a text"

    def noted(self, event: str, engine_trouble: str | None = None) -> None:
        """Take in what QuickFIX notes of this session; of a refused connection it says nothing but "Disconnecting".

        Where nothing answers, be it that the host has no address, it says nothing for ten seconds.
        """
        if event.startswith("Connecting to "):
            self.trouble, self._told = None, False
        elif event == _NO_LOGON:
            self.trouble = self._nowhere() or f"no answer to the Logon from {self._where()}: timed out"
        elif is_trouble(event):
            self.trouble = event
        elif event == "Disconnecting" and not (self.state.logged_on or self._said or self._told):
            self.state.last_error = self.trouble or self._no_connection(engine_trouble)

    def resolved(self, why_not: str | None) -> None:
        """Take in why the host's name has no address; None: it has one."""
        before, self._unresolved = self._nowhere(), why_not
        if self.state.logged_on:
            return
        if why_not is not None:
            self.state.last_error = self._nowhere()
        elif self.state.last_error == before:
            self.state.last_error = None

    def _nowhere(self) -> str | None:
        if self._unresolved is None:
            return None
        return f"no connection to {self._where()}: its name cannot be resolved: {self._unresolved}"

    def _where(self) -> str:
        return f"{self.state.host}:{self.state.port}"

    def _no_connection(self, why: str | None) -> str:
        """Say that there is none; a reason once known stays, because QuickFIX does not repeat it at each try."""
        told, before = f"no connection to {self._where()}", self.state.last_error or ""
        if why is not None:
            return f"{told}: {why}"
        return before if before.startswith(told) else told


def is_trouble(event: str) -> bool:
    """Tell QuickFIX's events that explain why there is no session from those that only note a step."""
    return any(word in event.lower() for word in _TROUBLE)
