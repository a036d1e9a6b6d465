"""WEEX's Trade API v1, one method for each of its methods.

A client has one key, and one request at a time is on its way. What raises:
VenueUnavailable: nothing left; WeexRefused: the venue did not do it, or does not answer the question;
VenueBanned: HTTP 403 to a question; WeexInDoubt: sent, and nobody knows.
Nothing is sent twice, but for a request whose nonce the venue refused: once, with another.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Final, Literal, TypeVar

import msgspec

from oms.core.errors import OutcomeUnknown
from oms.core.secret import Secret
from oms.rest.transport import Reply, Transport
from oms.rest.weex.models import (
    ActiveOrder,
    Canceled,
    CanceledMany,
    CouponMade,
    CouponRedeemed,
    DepositAddress,
    Info,
    OrderRow,
    Placed,
    TradeRow,
    TradeSide,
    Transaction,
    Withdrawn,
)
from oms.rest.weex.nonce import Nonces, may_have_been_taken
from oms.rest.weex.question import Question
from oms.rest.weex.refusals import PAST_THE_NONCE, Reason, WeexInDoubt, WeexRefused, reason_of
from oms.rest.weex.signing import form, sign

T = TypeVar("T")
Value = str | int | Decimal | None

FORM: Final = "application/x-www-form-urlencoded"


class _OldNonceError(WeexRefused):
    """Refused for its nonce alone, and worth another."""


class TradeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Trade. `mode` None is left out, which the venue reads as `limit`; `amount` is in base currency."""

    pair: str
    type: TradeSide
    rate: Decimal | None = None
    amount: Decimal | None = None
    mode: Literal["market", "limit"] | None = None


class HistoryRequest(msgspec.Struct, frozen=True, kw_only=True):
    """TradeHistory and TransHistory; what is None is left out.

    Attributes:
        from_: how many rows are skipped (the document: "ID, from which the display starts").
        count: how many rows at most; 1000 where left out.
        from_id: the lowest id.
        end_id: the highest id.
        order: `ASC` or `DESC` by id; with `since` or `end` the venue takes `ASC` whatever is asked.
        since: the earliest time, seconds since the epoch; TradeHistory reaches back one week at most with it.
        end: the latest time, likewise.
        pair: of TradeHistory only; all pairs where left out.

    """

    from_: int | None = None
    count: int | None = None
    from_id: int | None = None
    end_id: int | None = None
    order: Literal["ASC", "DESC"] | None = None
    since: int | None = None
    end: int | None = None
    pair: str | None = None


class TradeClient:
    """The Trade API for one key."""

    def __init__(
        self, transport: Transport, *, key: str, secret: Secret, nonces: Nonces, path: str = "/tapi"
    ) -> None:
        """Use `nonces`, the only allocator of this key, and sign with `secret`."""
        self._transport = transport
        self._key = key
        self._secret = secret
        self._nonces = nonces
        self._path = path
        self._accepted = 0

    @property
    def accepted(self) -> int:
        """The highest nonce that the venue is known to have accepted from here; 0 for none.

        A request sent before under a lower one cannot start any more.
        """
        return self._accepted

    # --- account ----------------------------------------------------------------------------------------------------

    def get_info(self) -> Info:
        """Ask for funds, rights and the number of open orders; the venue caches them for 60 s."""
        return self._ask("getInfo", Info, {})

    def trans_history(self, request: HistoryRequest | None = None) -> dict[int, Transaction]:
        """Ask for deposits, withdrawals and other transactions, by id."""
        parameters = _history(request or HistoryRequest())
        parameters.pop("pair")
        return self._ask("TransHistory", dict[int, Transaction], parameters, empty={})

    def coin_deposit_address(self, coin_name: str) -> DepositAddress:
        """Ask for the address that deposits of a currency go to."""
        return self._ask("CoinDepositAddress", DepositAddress, {"coinName": coin_name})

    # --- orders -----------------------------------------------------------------------------------------------------

    def trade(self, request: TradeRequest) -> Placed:
        """Place an order."""
        self._nonces.check_for_order()
        parameters: dict[str, Value] = {
            "pair": request.pair,
            "type": request.type,
            "rate": request.rate,
            "amount": request.amount,
            "mode": request.mode,
        }
        return self._move("Trade", Placed, parameters)

    def active_orders(self, pair: str | None = None) -> dict[int, ActiveOrder]:
        """Ask for the open orders, by id."""
        return self._ask("ActiveOrders", dict[int, ActiveOrder], {"pair": pair}, empty={})

    def order_info(self, order_id: int) -> OrderRow:
        """Ask for one order, open or ended."""
        rows = self._ask("OrderInfo", dict[int, OrderRow], {"order_id": order_id})
        row = rows.get(order_id)
        if row is None:
            message = (
                f"WEEX OrderInfo: asked for order {order_id}, the answer is about {sorted(rows) or 'none'}"
            )
            raise WeexInDoubt(message, None)
        return row

    def cancel_order(self, order_id: int) -> Canceled:
        """Cancel one order."""
        answer = self._move("CancelOrder", Canceled, {"order_id": order_id})
        if answer.order_id != order_id:
            message = f"WEEX CancelOrder: asked for order {order_id}, the answer is about {answer.order_id}"
            raise WeexInDoubt(message, self._accepted)
        return answer

    def cancel_orders(self, order_ids: Sequence[int]) -> CanceledMany:
        """Cancel several orders; each has its own result, and one that is missing there is in doubt."""
        listed = ",".join(str(order_id) for order_id in order_ids)
        return self._move("CancelOrders", CanceledMany, {"order_id": listed})

    def trade_history(self, request: HistoryRequest | None = None) -> dict[int, TradeRow]:
        """Ask for executions, by trade id."""
        parameters = _history(request or HistoryRequest())
        return self._ask("TradeHistory", dict[int, TradeRow], parameters, empty={})

    # --- money ------------------------------------------------------------------------------------------------------

    def withdraw_coin(self, *, coin_name: str, amount: Decimal, address: str) -> Withdrawn:
        """Withdraw at once: the venue asks nobody to confirm."""
        parameters: dict[str, Value] = {"coinName": coin_name, "amount": amount, "address": address}
        return self._move("WithdrawCoin", Withdrawn, parameters)

    def create_coupon(self, *, coin_name: str, amount: Decimal, receiver: str | None = None) -> CouponMade:
        """Make a coupon; whoever has its code has the money, unless a receiver is named."""
        parameters: dict[str, Value] = {"coinName": coin_name, "amount": amount, "receiver": receiver}
        question = Question("CreateCoupon", moves=True, shows_answer=False)
        return self._call(question, CouponMade, parameters)

    def redeem_coupon(self, coupon: str) -> CouponRedeemed:
        """Redeem a coupon; no error shows its code."""
        question = Question("RedeemCoupon", moves=True, hidden=coupon)
        return self._call(question, CouponRedeemed, {"coupon": coupon})

    # --- one request ------------------------------------------------------------------------------------------------

    def _ask(
        self, method: str, shape: type[T], parameters: Mapping[str, Value], *, empty: T | None = None
    ) -> T:
        try:
            return self._call(Question(method, moves=False), shape, parameters)
        except WeexRefused as refusal:
            if refusal.reason is Reason.EMPTY and empty is not None:
                return empty  # `no orders`, `no trades`: the list has no rows
            raise

    def _move(self, method: str, shape: type[T], parameters: Mapping[str, Value]) -> T:
        return self._call(Question(method, moves=True), shape, parameters)

    def _call(self, question: Question, shape: type[T], parameters: Mapping[str, Value]) -> T:
        with suppress(_OldNonceError):
            return self._once(question, shape, parameters)
        return self._once(question, shape, parameters)

    def _once(self, question: Question, shape: type[T], parameters: Mapping[str, Value]) -> T:
        self._transport.await_turn(
            moves=question.moves
        )  # before the number: others may leave while this waits
        with self._nonces.turn:
            return self._at_once(question, shape, parameters)

    def _at_once(self, question: Question, shape: type[T], parameters: Mapping[str, Value]) -> T:
        nonce = self._nonces.next()
        envelope = question.envelope(self._send(question, nonce, parameters), nonce)
        if envelope.success == 1:
            self._note_accepted(nonce)
            return question.answer(envelope, nonce, shape)
        self._judge(question, envelope.error, nonce)
        raise question.refused(envelope.error, nonce)

    def _send(self, question: Question, nonce: int, parameters: Mapping[str, Value]) -> Reply:
        body = form(question.method, nonce, parameters)
        headers = {"Content-Type": FORM, "Key": self._key, "Sign": sign(self._secret.reveal(), body)}
        try:
            return self._transport.call("POST", self._path, body=body, headers=headers)
        except OutcomeUnknown as error:
            raise question.in_doubt(str(error), nonce) from None

    def _judge(self, question: Question, text: str, nonce: int) -> None:
        """Learn from a refusal what it says of the nonce."""
        reason = reason_of(text)
        if reason in PAST_THE_NONCE:
            self._note_accepted(nonce)
        if reason is not Reason.NONCE:
            return
        worth = self._nonces.after_invalid(text)
        if question.moves and may_have_been_taken(text, nonce):
            raise question.in_doubt(text, nonce)
        if worth:
            raise _OldNonceError(question.method, reason, text)

    def _note_accepted(self, nonce: int) -> None:
        self._accepted = max(self._accepted, nonce)
        self._nonces.accepted()


def _history(request: HistoryRequest) -> dict[str, Value]:
    return {
        "from": request.from_,
        "count": request.count,
        "from_id": request.from_id,
        "end_id": request.end_id,
        "order": request.order,
        "since": request.since,
        "end": request.end,
        "pair": request.pair,
    }
