"""The HTTP client behind the command line: the API's objects as they come, its refusals as exceptions.

The token goes to the address that was named and nowhere else: no proxy or .netrc of the environment is looked at, and
no redirect is followed.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from oms.core.errors import CommandError, ConfigError

DEFAULT_URL: Final = "http://127.0.0.1:8765"
TIMEOUT_S: Final = 10.0
MOST_ORDERS: Final = 1000  # that a page can have
_UNSURE: Final = (
    "whether it was taken on is not known: ask for the order, or give the same command again, which is safe"
)


class NoDaemonError(CommandError):
    """No daemon answers at the address."""


class RefusedError(CommandError):
    """The daemon answered that it does not do it."""

    def __init__(self, status: int, code: str, text: str, field: str | None = None) -> None:
        """Take over what the API's error object says."""
        super().__init__(text)
        self.status = status
        self.code = code
        self.field = field


def find_token(file: Path | None) -> str | None:
    """Find the token: in the file named, else in OMS_TOKEN, else in the file that OMS_TOKEN_FILE names.

    Raises:
        ConfigError: a file cannot be read, or what is there cannot be a token.

    """
    text, where = os.environ.get("OMS_TOKEN"), "OMS_TOKEN"
    if file is None and not text and os.environ.get("OMS_TOKEN_FILE"):
        file = Path(os.environ["OMS_TOKEN_FILE"])
    if file is not None:
        where = str(file)
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            message = f"{file}: the token cannot be read: {error.strerror}"
            raise ConfigError(message) from error
        except UnicodeDecodeError as error:
            message = f"{file}: holds no token: it is not text"
            raise ConfigError(message) from error
    token = (text or "").strip()
    if not token and file is None:
        return None
    if not token:
        message = f"{file}: holds no token: it is empty"
        raise ConfigError(message)
    if not token.isascii() or not token.isprintable() or " " in token:
        message = (
            f"{where}: holds no token: a token is one word of letters and digits, as oms token new prints it"
        )
        raise ConfigError(message)
    return token


class Client:
    """Speaks to one daemon. Not for several threads at once."""

    def __init__(self, url: str = DEFAULT_URL, token: str | None = None) -> None:
        """Name the daemon.

        Raises:
            ConfigError: this is no URL of an API.

        """
        if not _is_address(url):
            shown = "an address with a password" if "@" in url else url
            message = f"{shown}: the address of the API has the form {DEFAULT_URL}"
            raise ConfigError(message)
        self.url = url.rstrip("/")
        self.was_there = False
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    # --- commands

    def place(
        self, terms: dict[str, Any], *, wait: str | None = None, timeout_s: float = 10.0
    ) -> dict[str, Any]:
        """Place an order; `terms` are the order object's fields. With `wait` "ack" wait for the venue's answer.

        `was_there` says afterwards whether this is an order placed before, with the same id.
        """
        return self._call("POST", "/v1/orders", body=terms, query=_wait(wait, timeout_s))

    def cancel(self, any_id: str, *, wait: str | None = None, timeout_s: float = 10.0) -> dict[str, Any]:
        """Cancel an order by any id; with `wait` "ack" wait for what comes of it."""
        return self._call("DELETE", _path(any_id), query=_wait(wait, timeout_s))

    def replace(
        self, any_id: str, terms: dict[str, str], *, wait: str | None = None, timeout_s: float = 10.0
    ) -> dict[str, Any]:
        """Give an order another `order_qty`, `price` or both; with `wait` "ack" wait for what comes of it."""
        return self._call("PATCH", _path(any_id), body=terms, query=_wait(wait, timeout_s))

    def cancel_all(self, **which: str | None) -> int:
        """Cancel every open order of a `session`, `exchange`, `symbol`, or all; gives how many have a cancel now."""
        return int(self._call("DELETE", "/v1/orders", query=_given(which))["canceling"])

    def resolve(self, any_id: str, decision: dict[str, str]) -> dict[str, Any]:
        """Decide what became of an order in doubt: `as`, `evidence`, and where needed `cum_qty` and `avg_px`."""
        return self._call("POST", _path(any_id) + "/resolve", body=decision)

    def listed(self, what: str, **which: str | None) -> dict[str, Any]:
        """Fetch what is known besides orders: `instruments`, `prices`, `balances`, `positions`, `venues`, `money`."""
        return self._call("GET", f"/v1/{quote(what)}", query=_given(which))

    def inquire(self, session: str, what: str, which: Mapping[str, str | None]) -> dict[str, Any]:
        """Ask the venue of a session, like `ticker` or `activity`; gives `rows`, as the venue says them."""
        query = {**_given(which), "timeout_s": 30}
        return self._call("GET", f"/v1/venues/{quote(session, safe='')}/{what}", query=query)

    def move(
        self, kind: str, body: dict[str, str], *, wait: str | None = None, timeout_s: float = 10.0
    ) -> dict[str, Any]:
        """Move money: `withdrawals` or `transfers`, with `id`, `label` and `amount`. The same id moves it once.

        With `wait` "ack" wait for the venue's answer.
        """
        return self._call("POST", f"/v1/money/{kind}", body=body, query=_wait(wait, timeout_s))

    def resolve_money(self, any_id: str, decision: dict[str, str]) -> dict[str, Any]:
        """Decide what became of a movement of money in doubt: `as` and `evidence`."""
        return self._call("POST", f"/v1/money/{quote(any_id, safe='')}/resolve", body=decision)

    def reconcile(self, session: str | None = None) -> int:
        """Begin a round of questions; gives for how many orders. `reconciliation` says when it has ended."""
        return int(self._call("POST", "/v1/reconcile", body=_given({"session": session}))["asking"])

    def resume(self, session: str) -> dict[str, Any]:
        """Let new orders leave again by a session; gives the session."""
        return self._call("POST", f"/v1/sessions/{quote(session, safe='')}/resume")

    def ask_status(self, any_id: str) -> dict[str, Any]:
        """Have the venue asked for an order's state; gives the order as it stands before the answer."""
        return self._call("POST", _path(any_id) + "/status")

    # --- questions

    def order(self, any_id: str) -> dict[str, Any]:
        """Fetch an order by any id."""
        return self._call("GET", _path(any_id))

    def page(self, **filters: str | int | None) -> dict[str, Any]:
        """Fetch a page of orders, newest first: `{"orders": [...], "next": id or None}`."""
        return self._call("GET", "/v1/orders", query=_given(filters))

    def orders(self, **filters: str | int | None) -> list[dict[str, Any]]:
        """Fetch the orders of one page, newest first."""
        found: list[dict[str, Any]] = self.page(**filters)["orders"]
        return found

    def every_order(self, **filters: str | int | None) -> list[dict[str, Any]]:
        """Fetch the orders of all pages, newest first."""
        page = self.page(**{"limit": MOST_ORDERS, **filters})
        found: list[dict[str, Any]] = page["orders"]
        while page["next"] is not None:
            page = self.page(**{"limit": MOST_ORDERS, **filters, "before": page["next"]})
            found += page["orders"]
        return found

    def reconciliation(self) -> list[dict[str, Any]]:
        """Fetch what is not agreed with the venues, session by session."""
        found: list[dict[str, Any]] = self._call("GET", "/v1/reconcile")["sessions"]
        return found

    def sessions(self) -> list[dict[str, Any]]:
        """Fetch the sessions."""
        found: list[dict[str, Any]] = self._call("GET", "/v1/sessions")["sessions"]
        return found

    # --- the wire

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        waits_s = query.get("timeout_s", 0.0) if query else 0.0
        try:
            response = self._session.request(
                method,
                self.url + path,
                params=query,
                json=body,
                timeout=(TIMEOUT_S, TIMEOUT_S + waits_s),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise self._silence(error, is_command=method != "GET") from error
        return self._read(response)

    def _silence(self, error: requests.RequestException, *, is_command: bool) -> NoDaemonError:
        """Say what is known when there was no answer; a command may have arrived all the same."""
        if isinstance(error, requests.exceptions.SSLError):
            return NoDaemonError(
                f"TLS with {self.url} failed: {_reason(error)}; REQUESTS_CA_BUNDLE names a CA file"
            )
        if _never_left(error):
            advice = "start it with: oms run --config FILE, or name another with --api or OMS_API"
            return NoDaemonError(f"no daemon answers at {self.url}; {advice}")
        told = (
            f"{self.url} did not answer in time"
            if isinstance(error, requests.Timeout)
            else (f"the connection to {self.url} broke before the answer")
        )
        return NoDaemonError(f"{told}; {_UNSURE}" if is_command else told)

    def _read(self, response: requests.Response) -> dict[str, Any]:
        try:
            content = response.json()
        except ValueError:
            content = None
        if response.ok and isinstance(content, dict):
            self.was_there = response.status_code == requests.codes.ok
            return content
        error = content.get("error") if isinstance(content, dict) else None
        if not isinstance(error, dict) or "text" not in error:
            message = f"what answers at {self.url} is not oms (HTTP {response.status_code}); name its API with --api"
            raise NoDaemonError(message)
        text = str(error["text"])
        if response.status_code == requests.codes.unauthorized:
            text = self._unknown_token()
        raise RefusedError(response.status_code, str(error.get("code")), text, error.get("field"))

    def _unknown_token(self) -> str:
        if "Authorization" in self._session.headers:
            return f"the daemon at {self.url} does not know this token; a new one counts after its next start"
        return (
            "no token: set OMS_TOKEN, or name a file with --token-file or OMS_TOKEN_FILE (see oms token new)"
        )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    has_more = parts.username is not None or parts.query or parts.fragment
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0 and not has_more


def _path(any_id: str) -> str:
    return f"/v1/orders/{quote(any_id, safe='')}"


def _wait(wait: str | None, timeout_s: float) -> dict[str, Any]:
    return {} if wait is None else {"wait": wait, "timeout_s": timeout_s}


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _never_left(error: requests.RequestException) -> bool:
    """Say whether no connection came about, so that nothing can have arrived."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _reason(error: BaseException) -> str:
    """Give the innermost text of a chain, on one line."""
    cause = error.args[0] if error.args else error
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return " ".join(str(reason).split())
