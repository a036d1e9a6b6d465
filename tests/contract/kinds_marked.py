"""Venues without client order ids: WEEX, and an exchange of the Cloud API."""

import http.client
import itertools

from tests.contract.kinds import BUY_FOR_CASH, Kind, Sim, Terms
from tests.sim.cloud.document_client import Client as CloudClient
from tests.sim.weex.weex_client import Client as WeexClient
from tests.system.harness import SECRET

KEY, OTHER, OTHER_SECRET = "46G9R9D6-WJ77XOIP", "J2UF00BF-OZ8X02EW", "another-secret-0123456789abcdef-xyz"
_numbers = itertools.count(1)
_SESSION = f"""
[[session]]
kind = "%s"
name = "main"
account = "desk-7"
key_id = "{KEY}"
secret_env = "OMS_TEST_SECRET"
url = "http://127.0.0.1:%d"
quick_poll_s = 0.1
slow_poll_s = 0.4
idle_poll_s = 0.4
read_timeout_s = 2
"""


def _arguments(name: str, *more: str) -> list[str]:
    credentials = ("--credential", f"{KEY}:{SECRET}@desk", "--credential", f"{OTHER}:{OTHER_SECRET}@other")
    return [name, "--port", "0", "--background", "off", "--http-timeout-s", "0.2", *credentials, *more]


def _terms(symbol: str, market: Terms) -> dict[str, Terms]:
    """Say what is ordered; the fixed books of the simulated venues are alike. `market`: how a market buy is sized."""
    buy = {"symbol": symbol, "side": "BUY", "exchange": ""}
    return {
        "resting": {**buy, "order_qty": "1", "price": "29000"},
        "best": {**buy, "order_qty": "1", "price": "29995"},
        "taking": {**buy, "order_qty": "2.5", "price": "30020"},
        "partly": {**buy, "order_qty": "3", "price": "30010"},
        "halved": {**buy, "order_qty": "4", "price": "30010", "time_in_force": "IOC"},
        "wrong": {**buy, "order_qty": "5000", "price": "30000"},
        "market": {**buy, "ord_type": "MARKET", **market},
    }


FILLED = {"taking": "2.5", "taking_px": "30008", "halved": "2", "partly": "2"}


def _faults(place: str, *cancel_refused: str) -> dict[str, list[str]]:
    return {
        "done, no answer": ["--fault", f"http-timeout-after@{place}=1"],
        "not done, no answer": ["--fault", f"http-timeout-before@{place}=1"],
        "cancel refused": ["--fault", *cancel_refused],
    }


# --- WEEX -----------------------------------------------------------------------------------------------------------


def _weex_trade(sim: Sim, side: str, qty: str, price: str) -> None:
    other = WeexClient(sim.ports["http"], OTHER, OTHER_SECRET, nonce=next(_numbers))
    other.result("Trade", pair="btc_usd", type=side.lower(), rate=price, amount=qty)


def _known(account: str, sim: Sim) -> list[str]:
    taken = [entry for entry in sim.entries() if entry["event"] == "accepted"]
    return [str(entry["order_id"]) for entry in taken if entry["account"] == account]


WEEX = Kind(
    name="weex",
    arguments=_arguments("weex", "--cache", "off"),
    session=lambda sim: _SESSION % ("weex", sim.relays["http"].port),
    terms=_terms("btc_usd", {"order_qty": "2.4993", "price": "30020"}),  # a limit order at the worst price
    filled=FILLED,
    trade=_weex_trade,
    faults=_faults("Trade"),
    known=lambda sim: _known("desk", sim),
    named_by="order_id",
    differs={
        "an ioc order": "TIME_IN_FORCE",  # it has none
        "a refused cancel": "it has no text that says so of an order that is open",
    },
)

# --- Cloud API ------------------------------------------------------------------------------------------------------


def _cloud_trade(sim: Sim, side: str, qty: str, price: str) -> None:
    def send(method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", sim.ports["http"], timeout=10)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    host = f"127.0.0.1:{sim.ports['http']}"
    CloudClient(send, key=OTHER, secret=OTHER_SECRET, host=host).place(f"{side.lower()}-limit", qty, price)


CLOUD = Kind(
    name="cloud",
    arguments=_arguments("cloud"),
    session=lambda sim: _SESSION % ("cloud", sim.relays["http"].port) + "fence_s = 3\n",
    terms=_terms("btcusdt", BUY_FOR_CASH),
    filled=FILLED,
    trade=_cloud_trade,
    faults=_faults("place", "cancel-reject=1"),
    known=lambda sim: _known("100009", sim),  # as the simulated exchange numbers the first account
    named_by="order_id",
)
MARKED = (WEEX, CLOUD)
