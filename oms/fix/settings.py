"""QuickFIX's settings, as the venue's document prints them, built from plain values."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final

import quickfix as fix
from msgspec import Struct

from oms.core.errors import ConfigError
from oms.core.secret import Secret

BEGIN_STRING: Final = "FIX.4.2"
DICTIONARY: Final = "FIX42-oms.xml"


def _in_step() -> float:
    """Say that the venue's clock shows what ours does, as far as anybody knows."""
    return 0.0


class SessionConfig(Struct, frozen=True, kw_only=True):
    """One endpoint; `name` is also QuickFIX's SessionQualifier, so that endpoints may have equal CompIDs.

    With `tls`, QuickFIX verifies that the venue's certificate comes from an authority in `ca_file`, and from no other.
    It compares no host names: whoever has a certificate of such an authority, for whatever name, passes as the venue.
    So `ca_file` should hold the narrowest authority that signs for the venue, not a system's whole collection; where
    that is a public one, put a TLS proxy that does compare names in front (stunnel with checkHost).

    `clock_ahead_s`: how far the venue's clock is ahead of ours, seconds; a Logon's token expires by the venue's.
    """

    name: str
    host: str
    port: int
    sender_comp_id: str
    account: str
    key_id: str
    secret: Secret
    target_comp_id: str = "APIFINY"
    tls: bool = False
    ca_file: Path | None = None
    heartbeat_s: int = 30
    reconnect_s: int = 5
    dialect: str = "apifiny"
    jwt_method: str = "new_gbbo_order"
    jwt_digest_param: str | None = None
    jwt_lifetime_s: int = 30
    cash_order_qty_tag: int = 152
    clock_ahead_s: Callable[[], float] = _in_step


def session_id(config: SessionConfig) -> "fix.SessionID":
    """Name the session as QuickFIX does; the qualifier tells endpoints with equal CompIDs apart."""
    return fix.SessionID(BEGIN_STRING, config.sender_comp_id, config.target_comp_id, config.name)


def engine_groups(configs: Iterable[SessionConfig]) -> list[list[SessionConfig]]:
    """Group the sessions that one QuickFIX engine can run: it has one way to connect, one trust, one interval."""
    groups: dict[object, list[SessionConfig]] = {}
    for config in configs:
        key = (config.tls, config.ca_file if config.tls else None, config.reconnect_s)
        groups.setdefault(key, []).append(config)
    return list(groups.values())


def session_settings(group: Sequence[SessionConfig]) -> "fix.SessionSettings":
    """Build the settings of one engine, for the sessions of one of `engine_groups`.

    Raises:
        ConfigError: `tls` without a readable file of certificates to trust.

    """
    settings = fix.SessionSettings()
    settings.set(_dictionary({**_COMMON, **_of_the_engine(group[0])}))
    for config in group:
        settings.set(session_id(config), _dictionary(_of_the_session(config)))
    return settings


_COMMON: Final = {
    "ConnectionType": "initiator",
    "StartTime": "00:00:00",  # equal times: a session of 24 hours, which QuickFIX ends and begins anew at midnight UTC
    "EndTime": "00:00:00",
    "UseDataDictionary": "Y",
    "ResetOnLogon": "Y",
    "ResetOnLogout": "Y",
    "ResetOnDisconnect": "Y",
    "AllowUnknownMsgFields": "Y",
    "ValidateUserDefinedFields": "N",
    "ValidateFieldsHaveValues": "N",
    "ValidateFieldsOutOfOrder": "N",
    "CheckLatency": "N",  # a wrong clock, ours or theirs, must not log a desk out again and again
    "SocketNodelay": "Y",
    "TimestampPrecision": "3",
}


def _of_the_engine(config: SessionConfig) -> dict[str, str]:
    """Give what QuickFIX reads in [DEFAULT] alone; in [SESSION] it passes over `ca_file` and verifies nothing."""
    values = {
        "DataDictionary": str(files("oms.fix") / DICTIONARY),
        "ReconnectInterval": str(config.reconnect_s),
    }
    if config.tls:
        values["CertificationAuthoritiesFile"] = str(_trusted(config))
        values["SSLProtocol"] = "+TLSv1_2 +TLSv1_3"
    return values


def _trusted(config: SessionConfig) -> Path:
    if config.ca_file is None:
        message = (
            f"session {config.name}: tls needs ca_file; without certificates to trust nothing is verified"
        )
        raise ConfigError(message)
    try:
        text = config.ca_file.read_bytes()
    except OSError as error:
        message = f"session {config.name}: ca_file: cannot read {config.ca_file}: {error.strerror}"
        raise ConfigError(message) from error
    if b"-----BEGIN CERTIFICATE-----" not in text:
        message = f"session {config.name}: ca_file: {config.ca_file} holds no certificate in PEM format"
        raise ConfigError(message)
    return config.ca_file


def _of_the_session(config: SessionConfig) -> dict[str, str]:
    return {
        "SocketConnectHost": config.host,
        "SocketConnectPort": str(config.port),
        "HeartBtInt": str(config.heartbeat_s),
        "LogonTimeout": "10",
        "LogoutTimeout": "2",
    }


def _dictionary(values: dict[str, str]) -> "fix.Dictionary":
    dictionary = fix.Dictionary()
    for key, value in values.items():
        dictionary.setString(key, value)
    return dictionary


@contextmanager
def trusting_only(ca_file: Path | None) -> Iterator[None]:
    """Keep the system's own collection of authorities out while an engine starts; None changes nothing.

    QuickFIX adds OpenSSL's default collection to `ca_file` (it calls SSL_CTX_set_default_verify_paths), and compares
    no host names: together that would accept any certificate of any public authority. OpenSSL takes its defaults from
    these two variables, at the moment when the engine starts.
    """
    if ca_file is None:
        yield
        return
    nowhere = ca_file / "none"  # no directory can be below a file
    pinned = {"SSL_CERT_FILE": str(ca_file), "SSL_CERT_DIR": str(nowhere)}
    before = {name: os.environ.get(name) for name in pinned}
    os.environ.update(pinned)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _keep_ctrl_c() -> None:
    """Install the handler of SIGINT again: importing quickfix takes it away behind Python's back."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)


_keep_ctrl_c()
