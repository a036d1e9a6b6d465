"""A client written from the venue's document alone: it shares no code with the project."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def escaped(params: Mapping[str, str]) -> str:
    """Sort by byte order, escape, join: "Concatenate the parameters and their values"."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(params.items()))


def signature(secret: str, text: str) -> str:
    """Sign the canonical text, as in "Calculate the Signature"."""
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


class Problem(Exception):  # noqa: N818 - the venue's answer
    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(f"{answer['err-code']}: {answer['err-msg']}")
        self.code = answer["err-code"]
        self.answer = answer


class Client:
    """Signs, asks, and reads numbers as decimals."""

    def __init__(
        self,
        send: Callable[[str, str, dict[str, str], bytes], tuple[int, bytes]],
        *,
        key: str,
        secret: str,
        host: str = "127.0.0.1",
        prefix: str = "/api",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.send = send
        self.key, self.secret = key, secret
        self.host, self.prefix = host, prefix
        self.clock = clock

    def target(self, method: str, path: str, params: Mapping[str, str], *, signed_path: str = "") -> str:
        """Return the path with its signed query."""
        query = escaped(
            {
                **params,
                "AccessKeyId": self.key,
                "SignatureMethod": "HmacSHA256",
                "SignatureVersion": "2",
                "Timestamp": self.clock().strftime("%Y-%m-%dT%H:%M:%S"),
            }
        )
        full = self.prefix + path
        text = f"{method}\n{self.host.lower()}\n{signed_path or full}\n{query}"
        return f"{full}?{query}&Signature={quote(signature(self.secret, text), safe='')}"

    def public(self, path: str, **params: object) -> Any:
        target = self.prefix + path + "?" + escaped(_texts(params))
        return self.read(*self.send("GET", target, self.headers(), b""))

    def get(self, path: str, **params: object) -> Any:
        target = self.target("GET", path, _texts(params))
        headers = {**self.headers(), "Content-Type": "application/x-www-form-urlencoded"}
        return self.read(*self.send("GET", target, headers, b""))["data"]

    def post(self, path: str, **params: object) -> Any:
        body = json.dumps({_name(name): value for name, value in params.items()}).encode()
        headers = {**self.headers(), "Content-Type": "application/json"}
        return self.read(*self.send("POST", self.target("POST", path, {}), headers, body))["data"]

    def headers(self) -> dict[str, str]:
        return {"Host": self.host}

    @staticmethod
    def read(status: int, body: bytes) -> Any:
        assert status == 200, (status, body)
        answer = json.loads(body, parse_float=Decimal)
        if answer["status"] != "ok":
            raise Problem(answer)
        return answer

    # What the tests below ask most.

    def account(self) -> str:
        return str(next(each["id"] for each in self.get("/v1/account/accounts") if each["type"] == "spot"))

    def place(
        self, kind: str, amount: str, price: str | None = None, symbol: str = "btcusdt", **more: str
    ) -> str:
        params: dict[str, object] = {"account_id": self.account(), "amount": amount, "source": "api"}
        params |= {"symbol": symbol, "type": kind} | ({} if price is None else {"price": price})
        number = self.post("/v1/order/orders/place", **(params | more))
        assert isinstance(number, str)
        return number

    def order(self, number: str) -> dict[str, Any]:
        row: dict[str, Any] = self.get(f"/v1/order/orders/{number}")
        return row

    def state(self, number: str) -> str:
        return str(self.order(number)["state"])

    def cancel(self, number: str) -> str:
        return str(self.post(f"/v1/order/orders/{number}/submitcancel"))

    def balance(self, currency: str, kind: str = "trade", account: str = "") -> Decimal:
        rows = self.get(f"/v1/account/accounts/{account or self.account()}/balance")["list"]
        (amount,) = (row["balance"] for row in rows if (row["currency"], row["type"]) == (currency, kind))
        return Decimal(amount)


def _texts(params: Mapping[str, object]) -> dict[str, str]:
    return {_name(name): str(value) for name, value in params.items()}


def _name(name: str) -> str:
    """`account_id` as `account-id`, `from_` as `from`."""
    return name.rstrip("_").replace("_", "-")
