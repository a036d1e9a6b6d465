"""WEEX as a venue of the engine: one adapter for each key of an account.

1. Trade is sent once. It is sent a second time only where the first was refused for its nonce (see the client).
2. An order that filled at once has the number 0: its executions are looked for above its mark, and name it.
3. A poll is one ActiveOrders for all orders. What changed there, or left it, is asked for by TradeHistory and
   OrderInfo, a few orders at a time, so that a cancel need not wait behind many questions.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import msgspec
import structlog

from oms.core.errors import VenueError, VenueRefused, VenueUnavailable
from oms.core.inputs import Look, Looked
from oms.core.messages import CancelOrder, Mark, NewOrder, OrderSnapshot, StatusRequest
from oms.core.order import Order
from oms.core.values import OrdStatus
from oms.rest.adapter import Outcome, Told, unknown_order
from oms.rest.keys import KeyRefused
from oms.rest.line import Line
from oms.rest.patience import Patience
from oms.rest.refusal import NotTakenError
from oms.rest.strangers import Strangers
from oms.rest.submits import Left
from oms.rest.weex.account import Account
from oms.rest.weex.client import TradeClient
from oms.rest.weex.executions import Listed
from oms.rest.weex.look import filled_at_once, look, number_of, take_mark
from oms.rest.weex.models import ActiveOrder, Placed
from oms.rest.weex.nonce import HIGHEST, Nonces
from oms.rest.weex.patient import PatientQuestions, Questions
from oms.rest.weex.public import PublicClient
from oms.rest.weex.refusals import Reason, WeexInDoubt, WeexRefused
from oms.rest.weex.rules import check_pair, request_of
from oms.rest.weex.snapshots import is_news, report_of_placed, with_fees
from oms.rest.weex.terms import pair_of, symbol_of
from oms.rest.weex.venue_cancels import cancel_many, canceling, in_parts
from oms.rest.worker import VenueBanned

MOST_CANCELS: Final = 50
RULES_S: Final = 3600.0
_log = structlog.get_logger()


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key at work: its place among the account's keys, its client, its public API, its numbers."""

    number: int
    client: TradeClient
    public: PublicClient
    nonces: Nonces


class WeexAdapter:
    """Implements `oms.rest.marked.MarkedAdapter` with one key."""

    most_cancels = MOST_CANCELS

    def __init__(self, key: Key, line: Line, account: Account) -> None:
        """Ask by `key`, whose transport is `line`."""
        self.line = line
        self._key = key
        self._client = key.client
        self._patient = PatientQuestions(key.client, Patience(line))
        self._account = account
        self._rules_at: float | None = None
        self._proven = 0

    def greet(self) -> None:
        """Ask what the key may do; read the pairs' rules, now and then."""
        at = time.monotonic()
        if self._rules_at is None or at - self._rules_at > RULES_S:
            self._account.pairs = self._key.public.info().pairs
            self._rules_at = at
        self.line.about = "getInfo"
        rights = self._client.get_info().rights
        if not (rights.info and rights.trade):
            told = "WEEX: the key lacks the right `info` or `trade`; grant it in the venue's profile"
            raise KeyRefused(told)
        self._prove(self._client)

    # --- submits

    def take_mark(self, symbol: str) -> Mark:
        """ActiveOrders and TradeHistory; nothing of a pair that the venue does not have."""
        refusal = check_pair(pair_of(symbol), self._account.pairs) if self._account.pairs else None
        if refusal is not None:
            raise NotTakenError(refusal)
        self._key.nonces.check_for_order()
        mark = take_mark(self._client, symbol)
        return msgspec.structs.replace(mark, keys=self._account.key_names)

    def place(self, message: NewOrder) -> Told:
        """Trade."""
        request = request_of(message, self._account.pairs)
        self.line.about = "Trade"
        try:
            placed = self._client.trade(request)
        except (VenueRefused, VenueUnavailable):
            raise
        except BaseException:
            left = Left(key=self._key.number, number=self._key.nonces.last)
            self._account.submits.in_doubt(message.cl_ord_id, left)
            raise
        return self._placed(message, placed, self.line.said)

    def _placed(self, message: NewOrder, placed: Placed, raw: str) -> Told:
        mark = self._account.submits.mark_of(message.cl_ord_id)
        report = report_of_placed(message, placed)
        if placed.order_id:
            self._account.tie(report.order_id, message.cl_ord_id)
            if mark is not None:
                self._account.executions.begin(placed.order_id, number_of(mark.trade_id))
            told = Told(report, raw)
            return self._with_executions(message, placed.order_id, told) if report.cum_qty else told
        shown = None if mark is None else self._found_at_once(message, mark)
        if shown is not None:
            return Told(shown, raw)
        placed_for_sure = Left(
            key=self._key.number, number=HIGHEST
        )  # no look may find that it was not placed
        self._account.submits.in_doubt(message.cl_ord_id, placed_for_sure)
        why = "WEEX Trade: filled at once, without a number; its executions cannot be read yet and are looked for"
        raise WeexInDoubt(why, None, cum_qty=message.order_qty)

    def _with_executions(self, message: NewOrder, number: int, placed: Told) -> Told:
        """Have an order that was executed in part told with its executions; without them where they cannot be read."""
        try:
            shown = self._told(number, message.symbol, message.cl_ord_id)
        except VenueError:  # the order stands, whatever becomes of the question
            return placed
        return Told(shown.report, placed.raw)

    def _found_at_once(self, message: NewOrder, mark: Mark) -> OrderSnapshot | None:
        """Look for the executions; the order was filled, whatever becomes of these questions."""
        others = self._account.others(message.cl_ord_id)
        try:
            shown = filled_at_once(self._client, message, mark, others)
        except VenueError as error:
            _log.warning(
                "the executions of an order that filled at once are not known yet",
                cl_ord_id=message.cl_ord_id,
                reason=str(error),
            )
            return None
        if shown is None:
            return None
        self._account.tie(shown.report.order_id, message.cl_ord_id)
        return with_fees(shown, self._account.pairs)

    def look(self, effect: Look) -> Looked:
        """Look for a submit in doubt. Before that, have a later number of its key accepted, so that it cannot start."""
        left = self._account.submits.left(effect.message.cl_ord_id)
        under_way = left is None and self._account.submits.mark_of(effect.message.cl_ord_id) is not None
        past_fence = not under_way and self._passes_fence(left, effect.mark.keys)
        found = tuple(
            msgspec.structs.replace(each, snapshot=with_fees(each.snapshot, self._account.pairs))
            for each in look(self._patient, effect.message, effect.mark)
        )
        for candidate in found:
            if candidate.order_id.isdigit():
                self._account.executions.begin(int(candidate.order_id), number_of(effect.mark.trade_id))
        return Looked(
            session=effect.session,
            order=effect.order,
            request=effect.request,
            candidates=found,
            past_fence=past_fence,
            raw=msgspec.json.encode(found).decode(),
        )

    def _passes_fence(self, left: Left | None, keys: Collection[str]) -> bool:
        """Whether the submit cannot start any more, from here on.

        One of an earlier process left by one of the `keys` of then, under a number below all of this process: each
        must have had a number accepted since. That of a key that is no more can start for ever, for all that is known.
        """
        if left is None:
            self._prove(self._patient)
            return self._account.all_heard and self._account.has_all(keys)
        if left.key == self._key.number and self._proven <= left.number:
            self._prove(self._patient)
        return left.key == self._key.number and self._proven > left.number

    def _prove(self, questions: Questions) -> None:
        """Have a number of this key accepted, by a question whose answer is not from a cache."""
        self.line.about = "ActiveOrders"
        questions.active_orders()
        self._proven = self._client.accepted
        self._account.heard(self._key.number)

    # --- cancels

    def cancel(self, messages: Sequence[CancelOrder]) -> Sequence[Outcome]:
        """CancelOrder, or CancelOrders for several."""
        numbers = [_number(message.order_id) for message in messages]
        wanted = list(dict.fromkeys(number for number in numbers if number is not None))
        if len(messages) == len(wanted) == 1:
            return [self._cancel_one(messages[0], wanted[0])]
        self.line.about = "CancelOrders"
        errors = cancel_many(self._client, wanted)
        raw = self.line.said
        nameless = VenueUnavailable("the order has no number at the venue to cancel it by; nothing was sent")
        ends = [nameless if number is None else errors[number] for number in numbers]
        return [end or Told(canceling(message), raw) for message, end in zip(messages, ends, strict=True)]

    def cancel_open(self, messages: Sequence[CancelOrder], _symbol: str | None) -> Sequence[Outcome]:
        """CancelOrders, some at a time: the venue cancels nothing that is not named."""
        return in_parts(messages, MOST_CANCELS, self.cancel)

    def _cancel_one(self, message: CancelOrder, number: int) -> Told:
        """Cancel an order, and ask what of it was executed; it is canceled, whatever becomes of the question."""
        self.line.about = "CancelOrder"
        self._client.cancel_order(number)
        raw = self.line.said
        try:
            shown = self._told(number, message.symbol, message.orig_cl_ord_id or None)
        except VenueError:
            return Told(canceling(message), raw)
        return shown if shown.state.ord_status == OrdStatus.CANCELED else Told(canceling(message), raw)

    # --- questions

    def query(self, message: StatusRequest) -> Told:
        """TradeHistory, then OrderInfo."""
        number = _number(message.order_id)
        if number is None:
            told = f"order {message.cl_ord_id} has no number at the venue that it could be asked for by"
            raise VenueUnavailable(told)
        try:
            return self._told(number, message.symbol, message.cl_ord_id or None)
        except WeexRefused as refusal:
            if refusal.reason is not Reason.UNKNOWN_ORDER:
                raise
            unknown = unknown_order(message.cl_ord_id, refusal.text, message.order_id)
            return Told(unknown, self.line.said)

    def _told(self, number: int, symbol: str, cl_ord_id: str | None, listed: Listed | None = None) -> Told:
        self._account.tie(str(number), cl_ord_id)
        shown = self._account.executions.snapshot(self._client, number, pair_of(symbol), listed)
        shown = with_fees(shown, self._account.pairs)
        report = msgspec.structs.replace(shown.report, cl_ord_id=cl_ord_id)
        return Told(msgspec.structs.replace(shown, report=report), self.line.said)

    @property
    def more_polls(self) -> int:
        """See `Turns` and `Strangers`."""
        return max(self._account.turns.more, self._account.strangers.more)

    def poll(self, orders: Sequence[Order]) -> Iterator[Told]:
        """ActiveOrders for all of them; a question for each that changed or is gone, or is new, a few at a time."""
        self.line.about = "ActiveOrders"
        active = self._client.active_orders()
        self._account.strangers.listed(_symbols(active))
        changed = {
            order.order_id: order for order in orders if order.order_id is not None and is_news(order, active)
        }
        listed = Listed(self._client)
        for order_id in self._account.turns.next(changed):
            order = changed[order_id]
            number = int(order_id)
            try:
                yield self._told(number, order.symbol, order.cl_ord_id, listed)
            except VenueBanned:
                raise
            except VenueError as error:
                _log.warning("an order could not be asked for", cl_ord_id=order.cl_ord_id, reason=str(error))
        yield from self._account.strangers.told(lambda found, symbol: self._told(int(found), symbol, None))

    def strangers(self, symbol: str | None) -> Strangers:
        """ActiveOrders: those that are none of ours, to be asked for by `stranger`."""
        self.line.about = "ActiveOrders"
        active = self._client.active_orders(None if symbol is None else pair_of(symbol))
        found = Strangers(self._account.awaiting)
        found.listed(_symbols(active))
        return found

    def stranger(self, number: str, symbol: str) -> Told:
        """TradeHistory, then OrderInfo."""
        return self._told(int(number), symbol, None)

    def catch_up(self) -> Iterator[Told]:
        """Give the open orders there that are none of ours; never one that may be a submit without an answer."""
        strangers = self._account.strangers
        strangers.listed(_symbols(self._client.active_orders()), afresh=True)
        yield from strangers.told(lambda number, symbol: self._told(int(number), symbol, None))


def _symbols(active: dict[int, ActiveOrder]) -> dict[str, str]:
    return {str(number): symbol_of(row.pair) for number, row in active.items()}


def _number(order_id: str | None) -> int | None:
    return int(order_id) if order_id is not None and order_id.isdigit() else None
