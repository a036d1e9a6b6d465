"""The FIX sessions: QuickFIX runs them, and this hands over what they bring and sends what it is given.

Every callback is total and waits for nothing: an exception that escapes one would hang the session's thread while the
process lives on, and `onLogout` runs under the session's own lock. Nothing is sent inside `toApp`.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import quickfix as fix
from msgspec import Struct

from oms.core.errors import CommandError, ConfigError, VenueUnavailable
from oms.core.messages import Command
from oms.core.times import ns_to_fix
from oms.fix.codec import SOH, encode
from oms.fix.inputs import Alarm, Input, LoggedOn, LoggedOut, Received, ResendRefused
from oms.fix.log import LogFactory, masked
from oms.fix.logon import logon_token
from oms.fix.settings import BEGIN_STRING, SessionConfig, session_id, session_settings
from oms.ports import Sent

signal.signal(signal.SIGINT, signal.default_int_handler)  # importing quickfix takes Ctrl-C away

_LOGON: Final = f"{SOH}35=A{SOH}"
_LOGOUT: Final = f"{SOH}35=5{SOH}"
_REJECT: Final = f"{SOH}35=3{SOH}"
_POSS_DUP: Final = f"{SOH}43=Y{SOH}"
_REQUESTS: Final = tuple(f"{SOH}35={msg_type}{SOH}" for msg_type in "DFGH")


class SessionState(Struct):
    """How a session stands, for people."""

    name: str
    host: str
    port: int
    logged_on: bool = False
    since_ns: int = 0
    last_error: str | None = None


class _Session:
    """One endpoint as the callbacks see it."""

    def __init__(self, config: SessionConfig) -> None:
        self.config = config
        self.id = session_id(config)
        self.state = SessionState(config.name, config.host, config.port)
        self.said: str | None = None  # the venue's text since the last logon
        self.out: Sent | None = None  # what toApp saw of the message being sent


class Application(fix.Application):  # type: ignore[misc]  # QuickFIX has no types
    """What QuickFIX calls."""

    def __init__(self, sessions: dict[str, _Session], sink: Callable[[Input], None]) -> None:
        """Serve these sessions, by name; put everything into `sink`, which must not block."""
        super().__init__()
        self._sessions = sessions
        self._sink = sink
        self._only = next(iter(sessions)) if len(sessions) == 1 else None  # asking QuickFIX for the name takes time

    def onCreate(self, _id: "fix.SessionID") -> None:  # noqa: N802 - QuickFIX's names
        """Note nothing: the sessions are known."""

    def onLogon(self, session_id: "fix.SessionID") -> None:  # noqa: N802
        """Tell that a session is established."""
        with _Guard(self._sink):
            session = self._of(session_id)
            now = time.time_ns()
            session.said = None
            session.state.logged_on, session.state.since_ns, session.state.last_error = True, now, None
            self._sink(LoggedOn(session.config.name, now))

    def onLogout(self, session_id: "fix.SessionID") -> None:  # noqa: N802
        """Tell that a session ended, or that the venue refused the logon and said why."""
        with _Guard(self._sink):
            session = self._of(session_id)
            now = time.time_ns()
            state = session.state
            if state.logged_on or session.said is not None:
                state.last_error = session.said or state.last_error
                self._sink(LoggedOut(session.config.name, now, session.said))
            if state.logged_on:
                state.logged_on, state.since_ns = False, now
            session.said = None

    def toAdmin(self, message: "fix.Message", session_id: "fix.SessionID") -> None:  # noqa: N802
        """Sign each Logon; raise an alarm for each Reject of ours, because it lost a message."""
        with _Guard(self._sink):
            text = message.toString()
            if _LOGON in text:
                _sign(message, self._of(session_id).config)
            elif _REJECT in text:
                told = f"QuickFIX rejected a message before the application saw it: {_readable(text)}"
                self._sink(Alarm(self._of(session_id).config.name, time.time_ns(), "MESSAGE_LOST", told))

    def fromAdmin(self, message: "fix.Message", session_id: "fix.SessionID") -> None:  # noqa: N802
        """Hand over a session Reject; keep the text of a Logout."""
        with _Guard(self._sink):
            text = message.toString()
            if _REJECT in text:
                session = self._of(session_id)
                session.said = _field(text, "58") if not session.state.logged_on else session.said
                self._sink(Received(session.config.name, _plain(text), time.time_ns()))
            elif _LOGOUT in text:
                self._of(session_id).said = _field(text, "58") or "the venue logged us out without a text"

    def toApp(self, message: "fix.Message", session_id: "fix.SessionID") -> None:  # noqa: N802
        """Note under which number a request leaves; refuse to send an old one again.

        Raises:
            DoNotSend: QuickFIX wants to resend a request because the venue asked for it.

        """
        resend = False
        with _Guard(self._sink):
            text = message.toString()
            session = self._of(session_id)
            if _POSS_DUP in text and any(mark in text for mark in _REQUESTS):
                resend = True
                self._sink(ResendRefused(session.config.name, _plain(text), time.time_ns()))
            else:
                session.out = Sent(int(_field(text, "34") or 0), _plain(text))
        if resend:
            raise fix.DoNotSend

    def fromApp(self, message: "fix.Message", session_id: "fix.SessionID") -> None:  # noqa: N802
        """Hand over an application message as text: the message itself dies with this call."""
        try:
            name = self._only or session_id.getSessionQualifier()
            self._sink(Received(name, _plain(message.toString()), time.time_ns()))
        except BaseException as error:  # noqa: BLE001 - the callback boundary
            self._sink(_callback_failed(error))

    def _of(self, session_id: "fix.SessionID") -> _Session:
        return self._sessions[session_id.getSessionQualifier()]


class _Guard:
    """Turns whatever happens inside a callback into an alarm."""

    __slots__ = ("_sink",)

    def __init__(self, sink: Callable[[Input], None]) -> None:
        self._sink = sink

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if error is None:
            return False
        self._sink(_callback_failed(error))
        return True


def _callback_failed(error: BaseException) -> Alarm:
    told = f"a FIX callback failed: {type(error).__name__}: {masked(str(error))}"
    return Alarm(None, time.time_ns(), "CALLBACK_FAILED", told)


class FixVenue:
    """The way out of one session; implements `oms.ports.Venue`."""

    def __init__(self, session: _Session, clock: Callable[[], int]) -> None:
        """Send by `session`; `clock` gives TransactTime, nanoseconds since the epoch."""
        self._session = session
        self._clock = clock

    def send(self, message: Command) -> Sent:
        """Send one message; see `oms.ports.Venue.send`.

        Raises:
            VenueUnavailable: nothing left this machine.
            CommandError: a field holds a control character, which would break the message.

        """
        session = self._session
        name = session.config.name
        found = fix.Session.lookupSession(session.id)
        if found is None or not found.isLoggedOn():
            because = f": {session.state.last_error}" if session.state.last_error else ""
            message_text = f"session {name} is not logged on{because}; nothing was sent"
            raise VenueUnavailable(message_text)
        wire = self._message(message)
        session.out = None
        delivered = fix.Session.sendToTarget(wire, session.id)
        if session.out is None:
            because = "QuickFIX did not take it" if delivered else "the session refused it"
            message_text = f"session {name}: {because}; nothing was sent"
            raise VenueUnavailable(message_text)
        return session.out

    def _message(self, message: Command) -> "fix.Message":
        config = self._session.config
        pairs = encode(message, ns_to_fix(self._clock()), cash_order_qty_tag=config.cash_order_qty_tag)
        body = ""
        for tag, value in pairs:
            if not value.isprintable():
                told = f"field {tag} holds a control character: {value!r}"
                raise CommandError(told)
            body += f"{tag}={value}{SOH}"
        head = f"8={BEGIN_STRING}{SOH}9={len(body.encode())}{SOH}"
        return fix.Message(f"{head}{body}10=000{SOH}", False)


class Initiator:
    """All configured sessions. QuickFIX takes one engine for plain connections and one for TLS."""

    def __init__(
        self,
        configs: Iterable[SessionConfig],
        *,
        sink: Callable[[Input], None],
        log_dir: Path,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """Prepare the sessions; nothing connects yet.

        Args:
            configs: one for each endpoint, with names of their own.
            sink: gets everything the sessions bring; called on QuickFIX's threads, must not block.
            log_dir: where the FIX logs go.
            clock: the machine's clock, nanoseconds since the epoch: TransactTime comes from it.

        Raises:
            ConfigError: the sessions cannot be set up like this.

        """
        self._sessions = {config.name: _Session(config) for config in configs}
        self._sink = sink
        self._clock = clock
        self._application = Application(self._sessions, sink)
        self._store = fix.MemoryStoreFactory()  # a store on disk would keep the Logon's token in clear
        try:
            self._logs = LogFactory(log_dir, self._on_event, self._on_log_error)
        except OSError as error:
            told = f"fix.log_dir: cannot make {log_dir}: {error.strerror}"
            raise ConfigError(told) from error
        self._settings: list[Any] = []  # QuickFIX keeps references, Python has to keep the objects
        self._engines = [self._engine(tls=tls) for tls in (False, True) if self._with(tls=tls)]
        self._stopped = False

    def _with(self, *, tls: bool) -> list[SessionConfig]:
        return [session.config for session in self._sessions.values() if session.config.tls == tls]

    def _engine(self, *, tls: bool) -> Any:  # noqa: ANN401 - QuickFIX has no types
        settings = session_settings(self._with(tls=tls))
        self._settings.append(settings)
        kind = fix.SSLSocketInitiator if tls else fix.SocketInitiator
        try:
            return kind(self._application, self._store, settings, self._logs)
        except (fix.ConfigError, fix.RuntimeError) as error:
            hint = "; was QuickFIX built with TLS? OpenSSL's headers must be there when it is compiled" if tls else ""
            told = f"QuickFIX refuses the sessions: {error}{hint}"
            raise ConfigError(told) from error

    def start(self) -> None:
        """Connect, and go on trying for ever.

        Raises:
            ConfigError: QuickFIX cannot start.

        """
        for engine in self._engines:
            try:
                engine.start()
            except (fix.ConfigError, fix.RuntimeError) as error:
                told = f"QuickFIX cannot start: {error}"
                raise ConfigError(told) from error

    def stop(self, timeout_s: float) -> bool:
        """Log out and disconnect; tell whether it was done in time. A second call does nothing."""
        if self._stopped:
            return True
        self._stopped = True
        threads = [threading.Thread(target=engine.stop, daemon=True) for engine in self._engines]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + timeout_s
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0))
        self.flush()
        return not any(thread.is_alive() for thread in threads)

    def flush(self) -> None:
        """Write the FIX logs up to now; called before what the sessions brought is acted on."""
        self._logs.flush()

    def venue(self, name: str) -> FixVenue:
        """Give the way out of a session."""
        return FixVenue(self._sessions[name], self._clock)

    def sessions(self) -> list[SessionState]:
        """Describe the sessions."""
        return [session.state for session in self._sessions.values()]

    def _on_event(self, name: str | None, text: str) -> None:
        session = self._sessions.get(name or "")
        if session is not None and not session.state.logged_on and _is_trouble(text):
            session.state.last_error = text

    def _on_log_error(self, name: str | None, text: str) -> None:
        self._sink(Alarm(name, time.time_ns(), "LOG_NOT_WRITTEN", text))


def _is_trouble(text: str) -> bool:
    """Tell QuickFIX's events that explain why there is no session from those that only note a step."""
    return any(word in text.lower() for word in ("fail", "refused", "error", "timed out", "disconnect", "reset by"))


def _sign(message: "fix.Message", config: SessionConfig) -> None:
    token = logon_token(
        account=config.account,
        key_id=config.key_id,
        secret=config.secret,
        method=config.jwt_method,
        digest_param=config.jwt_digest_param or config.account,
        lifetime_s=config.jwt_lifetime_s,
        now_s=time.time(),
    )
    message.setField(95, str(len(token)))
    message.setField(96, token)


def _field(text: str, tag: str) -> str | None:
    """Read one field of a message's text."""
    start = text.find(f"{SOH}{tag}=")
    if start < 0:
        return None
    start += len(tag) + 2
    return _plain(text[start : text.index(SOH, start)])


def _plain(text: str) -> str:
    """Write bytes that were no UTF-8 as \\xNN: QuickFIX gives them as surrogates, which no file takes."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _readable(text: str) -> str:
    return masked(_plain(text)).replace(SOH, "|")
