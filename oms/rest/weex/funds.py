"""What an account of WEEX has, and money that goes: withdrawals and coupons.

1. The venue caches getInfo for 60 s, and says of when its answer is: a younger order holds nothing there yet.
2. What moves money is sent once. A list decides about what was not answered only where exactly one row of it fits.
3. A coupon's code is money: it is in no text of ours, but for the one answer that hands it over.
"""

import time
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Final

from oms.core.balances import Balance
from oms.core.movements import Movement, MovementKind, MovementStatus
from oms.core.secret import Secret, fingerprint
from oms.core.times import NS_PER_S
from oms.core.values import ZERO, format_decimal
from oms.rest.gathering import Moved, not_here, outcome_of
from oms.rest.weex.client import HistoryRequest, TradeClient
from oms.rest.weex.gather import WeexGatherer
from oms.rest.weex.models import ActiveOrder, Transaction
from oms.rest.weex.paging import PAGE
from oms.rest.weex.public import PublicClient

CACHED_S: Final = 61.0
SLACK_S: Final = 60  # by how much the venue's stamp of a movement may lie before our record of it
# TransHistory: "1/2 - deposit/withdrawal, 4/5 - credit/debit"; "0 - canceled/failed, ... 2 - successful".
_TYPES: Final = {MovementKind.WITHDRAWAL: 2, MovementKind.REDEMPTION: 4, MovementKind.COUPON: 5}
_STATUSES: Final = {0: MovementStatus.REFUSED, 2: MovementStatus.DONE}


class WeexAccountGatherer(WeexGatherer):
    """Implements `oms.rest.gathering.Gatherer` and `Redeemer` with one key, which has the rights for what is asked."""

    has_balances = True
    cached_s = CACHED_S
    tells_fees = False

    def __init__(
        self, public: PublicClient, client: TradeClient, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        """Ask by these clients; both belong to this gatherer's thread."""
        super().__init__(public, now_ns)
        self._trade = client

    def balances(self) -> tuple[Balance, ...]:
        """Read getInfo's funds, and what open orders hold beyond them."""
        active = self._trade.active_orders()
        info = self._trade.get_info()
        held = held_by(active, info.server_time)
        return tuple(
            Balance(
                currency=currency,
                amount=info.funds.get(currency, ZERO) + held.get(currency, ZERO),
                available=info.funds.get(currency, ZERO),
                frozen=held.get(currency, ZERO),
            )
            for currency in sorted({*info.funds, *held})
        )

    # --- money

    def carry_out(self, movement: Movement) -> Moved:
        """WithdrawCoin, or CreateCoupon."""
        moves = {MovementKind.WITHDRAWAL: self._withdraw, MovementKind.COUPON: self._make_coupon}
        move = moves.get(MovementKind(movement.kind))
        return not_here(movement) if move is None else outcome_of(lambda: move(movement))

    def redeem(self, movement: Movement, code: Secret) -> Moved:
        """RedeemCoupon."""
        return outcome_of(lambda: self._redeem(movement, code))

    def _withdraw(self, movement: Movement) -> Moved:
        sent = self._trade.withdraw_coin(
            coin_name=movement.currency.upper(), amount=movement.amount, address=movement.address or ""
        )
        told = f"the venue took it on: transaction {sent.tx_id}, {format_decimal(sent.amount_sent)} sent"
        return _done(told, sent.tx_id, sent.amount_sent)

    def _make_coupon(self, movement: Movement) -> Moved:
        made = self._trade.create_coupon(
            coin_name=movement.currency.upper(), amount=movement.amount, receiver=movement.target
        )
        code = Secret(made.coupon)
        told = f"the venue made it: transaction {made.trans_id}, coupon {fingerprint(code)}"
        return _done(told, made.trans_id, movement.amount, code)

    def _redeem(self, movement: Movement, code: Secret) -> Moved:
        redeemed = self._trade.redeem_coupon(code.reveal())
        told = (
            f"the venue redeemed it: transaction {redeemed.trans_id}, {format_decimal(redeemed.amount)}"
            f" {redeemed.currency}"
        )
        is_as_told = redeemed.currency.lower() == movement.currency
        return _done(told, redeemed.trans_id, redeemed.amount if is_as_told else ZERO)

    def look_for(self, movement: Movement, claimed: Collection[str]) -> Moved | None:
        """Exactly one transaction that can be it decides; absence never does."""
        since = movement.time_ns // NS_PER_S - SLACK_S
        rows = self._trade.trans_history(HistoryRequest(since=since, count=PAGE))
        fits = {
            number: row
            for number, row in rows.items()
            if str(number) not in claimed and is_movement(row, movement)
        }
        if len(rows) >= PAGE or len(fits) != 1:
            return None
        ((number, row),) = fits.items()
        if row.status not in _STATUSES:
            return None  # it is not decided there either
        told = f"the venue's list has it: transaction {number}, status {row.status}"
        if movement.kind == MovementKind.COUPON:
            told = f"{told}; its code was not told, and cannot be asked for: the venue's people may know it"
        return Moved(status=_STATUSES[row.status], reason=told, log_id=str(number))


def held_by(active: Mapping[int, ActiveOrder], until: int) -> dict[str, Decimal]:
    """Add up by currency what orders hold that were there at a time, seconds since the epoch by the venue's clock."""
    found: dict[str, Decimal] = {}
    for row in active.values():
        if row.timestamp_created <= until:
            base, _, quote = row.pair.partition("_")
            currency, amount = (base, row.amount) if row.type == "sell" else (quote, row.amount * row.rate)
            found[currency] = found.get(currency, ZERO) + amount
    return found


def is_movement(row: Transaction, movement: Movement) -> bool:
    """Whether a row of TransHistory can be this movement; it names no address, and no coupon to rely on."""
    same_kind = row.type == _TYPES.get(MovementKind(movement.kind))
    return same_kind and row.currency.lower() == movement.currency and row.amount == movement.amount


def _done(told: str, number: int, moved: Decimal, code: Secret | None = None) -> Moved:
    return Moved(
        status=MovementStatus.DONE, reason=told, log_id=str(number), raw=told, moved=moved, code=code
    )
