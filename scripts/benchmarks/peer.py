"""A FIX acceptor that does as little as possible: it logs on, notes ClOrdIDs, and sends prebuilt text.

Run as a process of its own; it speaks to its parent by lines on standard input and output:
`port N`, then `orders N` when N orders have come, `built` when the reports are prepared; on `go` it sends them.
"""

import argparse
import socket
import sys
from datetime import UTC, datetime

SOH = "\x01"


def stamp() -> str:
    """Write the present as a FIX UTCTimestamp."""
    return datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


def frame(body: str) -> bytes:
    """Put header and trailer around a body that begins with MsgType."""
    head = f"8=FIX.4.2{SOH}9={len(body)}{SOH}"
    total = sum((head + body).encode()) % 256
    return f"{head}{body}10={total:03d}{SOH}".encode()


class Peer:
    """One connection, one session."""

    def __init__(self, connection: socket.socket, sender: str) -> None:
        """Serve `connection` as CompID `sender`."""
        self.connection = connection
        self.sender = sender
        self.target = ""
        self.seq = 0
        self.rest = b""

    def text(self, msg_type: str, fields: str, when: str) -> bytes:
        """Build one message with the next MsgSeqNum."""
        self.seq += 1
        header = (
            f"35={msg_type}{SOH}34={self.seq}{SOH}49={self.sender}{SOH}52={when}{SOH}56={self.target}{SOH}"
        )
        return frame(header + fields)

    def messages(self) -> list[dict[str, str]]:
        """Read what has come, as dicts; an empty list at the end of the connection."""
        chunk = self.connection.recv(1 << 16)
        if not chunk:
            raise SystemExit
        whole, mark, self.rest = (self.rest + chunk).rpartition(b"\x0110=")
        if not mark or len(self.rest) < 4:
            self.rest = whole + mark + self.rest
            return []
        whole, self.rest = whole + mark + self.rest[:4], self.rest[4:]
        texts = whole.decode().split("8=FIX.4.2" + SOH)[1:]
        return [dict(part.split("=", 1) for part in text.split(SOH) if part) for text in texts]

    def log_on(self) -> None:
        """Wait for the Logon and answer it."""
        while True:
            for message in self.messages():
                if message["35"] == "A":
                    self.target = message["49"]
                    reply = f"98=0{SOH}108={message['108']}{SOH}141=Y{SOH}"
                    self.connection.sendall(self.text("A", reply, stamp()))
                    return


def reports(peer: Peer, ids: list[str], count: int, *, qty: int) -> list[bytes]:
    """Prepare `count` reports over the orders: an acknowledgement each, then fills of 1 in turn."""
    when = stamp()
    prepared = []
    for number in range(count):
        round_number, index = divmod(number, len(ids))
        common = f"37=V{index}{SOH}11={ids[index]}{SOH}17=E{number}{SOH}20=0{SOH}55=BTCUSDT{SOH}54=1{SOH}38={qty}{SOH}"
        if round_number == 0:
            rest = f"150=0{SOH}39=0{SOH}44=30000.5{SOH}32=0{SOH}31=0{SOH}151={qty}{SOH}14=0{SOH}6=0{SOH}60={when}{SOH}"
        else:
            kind = "2" if round_number == qty else "1"
            rest = (
                f"150={kind}{SOH}39={kind}{SOH}44=30000.5{SOH}32=1{SOH}31=30000.5{SOH}151={qty - round_number}{SOH}"
                f"14={round_number}{SOH}6=30000.5{SOH}60={when}{SOH}"
            )
        prepared.append(peer.text("8", common + rest, when))
    return prepared


def ping_pong(peer: Peer) -> None:
    """Acknowledge every order at once."""
    while True:
        for message in peer.messages():
            if message["35"] == "D":
                fields = (
                    f"37=V{message['11']}{SOH}11={message['11']}{SOH}17=A{message['11']}{SOH}20=0{SOH}150=0{SOH}39=0{SOH}"
                    f"55={message['55']}{SOH}54={message['54']}{SOH}38={message['38']}{SOH}44={message['44']}{SOH}"
                    f"32=0{SOH}31=0{SOH}151={message['38']}{SOH}14=0{SOH}6=0{SOH}60={stamp()}{SOH}"
                )
                peer.connection.sendall(peer.text("8", fields, stamp()))


def main() -> None:
    """Serve one connection as the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--orders", type=int, default=0, help="wait for so many orders first; 0: invent their ids"
    )
    parser.add_argument("--reports", type=int, default=0)
    parser.add_argument("--ping-pong", action="store_true")
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0))
    print("port", listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer = Peer(connection, "APIFINY")
    peer.log_on()
    if options.ping_pong:
        ping_pong(peer)
    ids: list[str] = []
    while len(ids) < options.orders:
        ids += [message["11"] for message in peer.messages() if message["35"] == "D"]
    print("orders", len(ids), flush=True)
    ids = ids or [f"15{number:016d}" for number in range(5000)]
    prepared = reports(peer, ids, options.reports, qty=max(options.reports // len(ids) - 1, 1))
    chunks = [b"".join(prepared[start : start + 200]) for start in range(0, len(prepared), 200)]
    print("built", flush=True)
    sys.stdin.readline()
    for chunk in chunks:
        connection.sendall(chunk)
    while connection.recv(1 << 16):
        pass


if __name__ == "__main__":
    main()
