"""QuickFIX's settings, as the venue's document prints them, built from plain values."""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Final

import quickfix as fix
from msgspec import Struct

from oms.core.errors import ConfigError
from oms.fix.logon import Secret

BEGIN_STRING: Final = "FIX.4.2"
DICTIONARY: Final = "FIX42-oms.xml"


class SessionConfig(Struct, frozen=True, kw_only=True):
    """One endpoint. QuickFIX compares no host names: `ca_file` should hold the venue's own authority only."""

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


def session_id(config: SessionConfig) -> "fix.SessionID":
    """Name the session as QuickFIX does; the qualifier tells endpoints with equal CompIDs apart."""
    return fix.SessionID(BEGIN_STRING, config.sender_comp_id, config.target_comp_id, config.name)


def session_settings(configs: Iterable[SessionConfig]) -> "fix.SessionSettings":
    """Build the settings of one initiator.

    Raises:
        ConfigError: `tls` without a file of certificates to trust.

    """
    settings = fix.SessionSettings()
    common = fix.Dictionary()
    for key, value in _COMMON.items():
        common.setString(key, value)
    common.setString("DataDictionary", str(files("oms.fix") / DICTIONARY))
    settings.set(common)
    for config in configs:
        settings.set(session_id(config), _section(config))
    return settings


_COMMON: Final = {
    "ConnectionType": "initiator",
    "StartTime": "00:00:00",
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


def _section(config: SessionConfig) -> "fix.Dictionary":
    section = fix.Dictionary()
    values = {
        "SocketConnectHost": config.host,
        "SocketConnectPort": str(config.port),
        "HeartBtInt": str(config.heartbeat_s),
        "ReconnectInterval": str(config.reconnect_s),
        "LogonTimeout": "10",
        "LogoutTimeout": "2",
    }
    if config.tls:
        if config.ca_file is None:
            message = f"session {config.name}: tls needs ca_file; without certificates to trust nothing is verified"
            raise ConfigError(message)
        values["CertificationAuthoritiesFile"] = str(config.ca_file)
        values["SSLProtocol"] = "+TLSv1_2 +TLSv1_3"
    for key, value in values.items():
        section.setString(key, value)
    return section
