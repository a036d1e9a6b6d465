"""The kinds of venues: how each is started and configured, what is ordered there, and what it declares to do otherwise.

A kind that is added here is told every story. Nothing of the project is imported.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.contract.relay import Relay
from tests.sim.apifiny_http.document_client import Rest
from tests.system.harness import ACCOUNT, KEY_ID, SECRET, Process

OTHER, OTHER_KEY, OTHER_SECRET = "STA-00000016", "KEY2", "another-secret-0123456789abcdef-xyz"
Terms = Mapping[str, str]


class Sim(Process):
    """A simulated venue, each of its ports behind a relay."""

    def __init__(self, folder: Path, arguments: list[str]) -> None:
        """Start it; its ready line names the ports."""
        self.record = folder / "venue.jsonl"
        super().__init__(["sim", *arguments, "--record", str(self.record)])
        self.await_ready()
        self.ports = {name: int(port) for name, port in re.findall(r"(\w+)=(\d+)", self.ready)}
        self.relays = {name: Relay(port) for name, port in self.ports.items()}

    def cut(self) -> None:
        """Let nobody reach it."""
        for relay in self.relays.values():
            relay.cut()

    def heal(self) -> None:
        """Let it be reached again."""
        for relay in self.relays.values():
            relay.heal()

    def _reap(self) -> None:
        self.cut()
        super()._reap()

    def entries(self) -> list[dict[str, Any]]:
        """Read its own record of what happened."""
        text = self.record.read_text(encoding="utf-8") if self.record.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of venue.

    Attributes:
        name: for people.
        arguments: of `oms sim`, without faults.
        session: makes the `[[session]]` of the configuration; the ports are the relays'.
        terms: what is ordered in which story, in the words of POST /v1/orders.
        filled: CumQty and AvgPx of the order `taking`, CumQty of `halved` and of `partly`.
        trade: has another account trade with a resting order of ours: side (BUY or SELL), quantity, price.
        faults: what `oms sim` is told in the stories about faults.
        known: gives the ids of all orders that were taken on from us, from the venue's record.
        named_by: the id of ours that these are.
        differs: stories that go otherwise here, each with the reason.

    """

    name: str
    arguments: list[str]
    session: Callable[[Sim], str]
    terms: Mapping[str, Terms]
    filled: Mapping[str, str]
    trade: Callable[[Sim, str, str, str], None]
    faults: Mapping[str, list[str]]
    known: Callable[[Sim], list[str]]
    named_by: str = "cl_ord_id"
    differs: Mapping[str, str] = field(default_factory=dict)


# --- Apifiny --------------------------------------------------------------------------------------------------------

BUY_FOR_CASH = {"cash_order_qty": "75000", "order_qty": "", "price": ""}
_APIFINY = {"symbol": "BTCUSDT", "exchange": "VENUE1", "side": "BUY"}
APIFINY_TERMS: dict[str, Terms] = {
    "resting": {**_APIFINY, "order_qty": "1", "price": "29000"},
    "best": {**_APIFINY, "order_qty": "1", "price": "29995"},
    "taking": {**_APIFINY, "order_qty": "2.5", "price": "30020"},
    "partly": {**_APIFINY, "order_qty": "3", "price": "30010"},
    "halved": {**_APIFINY, "order_qty": "4", "price": "30010", "time_in_force": "IOC"},
    "wrong": {**_APIFINY, "order_qty": "0.00001", "price": "30000"},
    "market": {**_APIFINY, "exchange": "HUOBI", "ord_type": "MARKET", **BUY_FOR_CASH},
}
APIFINY_FILLED = {"taking": "2.5", "taking_px": "30008", "halved": "2", "partly": "2"}


def _apifiny_trade(sim: Sim, side: str, qty: str, price: str) -> None:
    other = Rest(sim.ports["http"], OTHER, OTHER_KEY, OTHER_SECRET)
    other.insert(venue="VENUE1", orderSide=side, quantity=qty, limitPrice=price)


def _apifiny_known(sim: Sim) -> list[str]:
    mine = [entry for entry in sim.entries() if entry.get("account") == ACCOUNT]
    return [entry["cl_ord_id"] for entry in mine if entry["event"] == "accepted"]


def _apifiny_arguments(*ports: str) -> list[str]:
    arguments = ["apifiny", "--background", "off", "--http-timeout-s", "0.2"]
    arguments += [word for port in ports for word in (f"--{port}-port", "0")]
    return [
        *arguments,
        *(
            "--credential",
            f"{ACCOUNT}:{KEY_ID}:{SECRET}",
            "--credential",
            f"{OTHER}:{OTHER_KEY}:{OTHER_SECRET}",
        ),
    ]


_KEYS = f'key_id = "{KEY_ID}"\nsecret_env = "OMS_TEST_SECRET"\n'
_POLLS = "order_wait_s = 1\nquick_poll_s = 0.1\nslow_poll_s = 0.4\nidle_poll_s = 0.4\nread_timeout_s = 2\n"


def _fix(sim: Sim) -> str:
    session = f'name = "main"\nhost = "127.0.0.1"\nport = {sim.relays["fix"].port}\naccount = "{ACCOUNT}"\n'
    return f"[[session]]\n{session}{_KEYS}reconnect_s = 1\n"


def _fix_and_rest(sim: Sim) -> str:
    url = f'url = "http://127.0.0.1:{sim.relays["http"].port}"\ncancel_over_rest = true\n'
    return f"{_fix(sim)}[session.rest]\n{_KEYS}{url}{_POLLS}"


def _rest(sim: Sim) -> str:
    url = f'url = "http://127.0.0.1:{sim.relays["http"].port}"\n'
    return f'[[session]]\nkind = "apifiny-rest"\nname = "main"\naccount = "{ACCOUNT}"\n{_KEYS}{url}{_POLLS}'


FIX_AND_REST = Kind(
    name="apifiny-fix",
    arguments=_apifiny_arguments("fix", "http"),
    session=_fix_and_rest,
    terms=APIFINY_TERMS,
    filled=APIFINY_FILLED,
    trade=_apifiny_trade,
    faults={
        "done, no answer": ["--fault", "silent=1"],
        "not done, no answer": ["--fault", "silent-lost=1"],
        "cancel refused": ["--fault", "cancel-reject-9=1"],
    },
    known=_apifiny_known,
)
REST = Kind(
    name="apifiny-rest",
    arguments=_apifiny_arguments("http"),
    session=_rest,
    terms=APIFINY_TERMS,
    filled=APIFINY_FILLED,
    trade=_apifiny_trade,
    faults={
        "done, no answer": ["--fault", "http-timeout-after@order.insertOrderLite=1"],
        "not done, no answer": ["--fault", "http-timeout-before@order.insertOrderLite=1"],
        "cancel refused": ["--fault", "cancel-reject-9=1"],
    },
    known=_apifiny_known,
)
KINDS = (FIX_AND_REST, REST)
