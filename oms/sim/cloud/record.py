"""The venue's own record: what really happened, whatever clients were told. JSON lines, as `oms.sim.record`.

Each line is one object with `event`, `time` and `account` (the account-id); decimals are text. `accepted`, `fill` and
`canceled` are the exchange's doing; `fault` names what was done to a request on its way.
"""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, TextIO

from oms.sim.book import ZERO

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from oms.sim.cloud.orders import Entry, Match


class Record:
    """Appends to a file, flushed line by line; without a file it keeps nothing. Safe for threads."""

    def __init__(self, path: Path | None) -> None:
        """Open the file; an OSError is the caller's to tell."""
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None
        self._lock = threading.Lock()

    def happened(self, event: str, entry: Entry, at: datetime, match: Match | None) -> None:
        """Note what the exchange did."""
        terms = entry.terms
        facts = {
            "order_id": str(entry.number),
            "symbol": terms.symbol.name,
            "side": terms.side,
            "type": terms.type,
            "amount": terms.amount,
            "price": terms.price,
            "cum_qty": sum((each.amount for each in entry.matches), ZERO),
        }
        if match:
            facts |= {"exec_id": str(match.number), "match_id": str(match.match_number)}
            facts |= {"last_qty": match.amount, "last_px": match.price, "fee": match.fee}
        self._write(event, terms.account.owner, at, facts)

    def fault(self, name: str, operation: str, at: datetime) -> None:
        """Note what goes wrong on purpose with a request."""
        self._write("fault", "", at, {"fault": name, "operation": operation})

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _write(self, event: str, account: str, at: datetime, facts: dict[str, object]) -> None:
        line = {"event": event, "time": at.isoformat(timespec="milliseconds"), "account": account, **facts}
        text = json.dumps({name: value for name, value in line.items() if value is not None}, default=_text)
        with self._lock:
            if self._file is not None:
                self._file.write(text + "\n")
                self._file.flush()


def _text(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
