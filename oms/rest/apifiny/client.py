"""Everything that Apifiny answers over REST, with one key: start here."""

from collections.abc import Callable
from typing import Self

from oms.rest.apifiny.accounts import AccountClient
from oms.rest.apifiny.calls import HOST, Caller, Manner
from oms.rest.apifiny.clock import ClockDifference, VenueTime
from oms.rest.apifiny.market import MarketClient
from oms.rest.apifiny.orders import OrderClient
from oms.rest.apifiny.reference import ReferenceClient
from oms.rest.apifiny.signing import Credentials
from oms.rest.apifiny.unread import Unread
from oms.rest.transport import Transport


class ApifinyClient:
    """The clients of all chapters over one connection, for one thread.

    Attributes:
        accounts: balances, addresses, withdrawals, transfers.
        orders: orders and fills.
        reference: venues, currencies, symbols, the time.
        market: order books, trades, candles, tickers.
        clock: what is known of the venue's clock.

    """

    def __init__(
        self,
        credentials: Credentials,
        transport: Transport | None = None,
        manner: Manner | None = None,
        clock: VenueTime | None = None,
    ) -> None:
        """Ask with `credentials`, by `transport` (None: the document's host), in this `manner`.

        `clock`: shared by all who use the key at that host; None: by nobody else.
        """
        self.transport = transport or Transport(HOST, secrets=[credentials.secret.reveal()])
        self._caller = Caller(self.transport, credentials, manner, clock)
        self.clock = self._caller.clock
        self.accounts = AccountClient(self._caller)
        self.orders = OrderClient(self._caller)
        self.reference = ReferenceClient(self._caller)
        self.market = MarketClient(self.transport, credentials)

    def measure_clock(self, times: int = 3) -> ClockDifference:
        """Compare the venue's clock with ours, and sign by the venue's from now on: call this first, and now and then.

        Raises:
            VenueError: no answer.

        """
        return self._caller.measure_clock(times)

    def measure_if_doubted(self) -> None:
        """Compare the clocks once more where the venue refused a token, unless that was done just now."""
        self._caller.measure_if_doubted()

    def on_unread(self, tell: Callable[[Unread], None]) -> None:
        """Have `tell` told of rows that cannot be read; the others of a list are taken all the same from now on."""
        self._caller.unread = tell

    def __enter__(self) -> Self:
        """Use it until the end of a block."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close the connection."""
        self.transport.close()
