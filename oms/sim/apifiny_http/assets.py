"""The account and asset methods: balances, addresses, withdrawals, transfers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from oms.sim.apifiny_http import codes, fields
from oms.sim.apifiny_http.codes import Problem
from oms.sim.market import OPENING_BALANCES, VENUES
from oms.sim.tape import EPOCH
from oms.sim.venue import now
from oms.sim.wallet import COINS, INCOMING, NoAddress, NoMoney, NoTicket, Place, address

if TYPE_CHECKING:
    from oms.sim.apifiny_http.fields import Body
    from oms.sim.apifiny_http.rows import Row
    from oms.sim.venue import Venue
    from oms.sim.wallet import Activity, Coin

ADDRESS_LASTS = timedelta(days=7)
ROWS_A_PAGE = 10
MOST_ROWS_A_PAGE = 500


class Assets:
    """Answers for an account's money. Call it under the venue's lock."""

    def __init__(self, venue: Venue) -> None:
        """Use the venue's wallet and ledger."""
        self._venue = venue
        self._wallet = venue.wallet

    def account(self, account: str, body: Body) -> Row:
        """Return an account's status, with its sub-accounts."""
        status, opened = self._venue.standing.account(account), fields.ms(self._venue.opened_at)
        common = {"accountStatus": status, "createdAt": opened, "updatedAt": opened}
        subs = [
            {"accountId": fields.sub_account(account, venue), "venue": venue, **common}
            for venue in fields.venues(body)
        ]
        return {"accountId": account, **common, "subAccountInfo": subs}

    def balances(self, account: str, body: Body) -> list[Row]:
        """Return every currency on every venue."""
        return [
            self._balance(account, venue, currency)
            for venue in fields.venues(body)
            for currency in OPENING_BALANCES
        ]

    def address(self, account: str, body: Body) -> Row:
        """Return where to send money to."""
        coin = _coin(fields.text(body, "coin"))
        place = Place(account, fields.venue(body))
        return {
            "venue": place.venue,
            "currency": coin.currency,
            "coin": coin.coin,
            "address": address(place, coin.coin),
            "memo": None,
            "expiredAt": fields.ms(now() + ADDRESS_LASTS),
        }

    def ticket(self, account: str, body: Body) -> Row:
        """Return a ticket for one withdrawal."""
        ticket, expires_at = self._wallet.ticket(Place(account, fields.venue(body)), now())
        return {"ticket": ticket, "expiredAt": fields.ms(expires_at)}

    def withdraw(self, account: str, body: Body) -> Row:
        """Send money out."""
        # The table lists currency and coin, the sample has only coin.
        coin = _coin(fields.optional_text(body, "coin") or fields.text(body, "currency"))
        if fields.optional_text(body, "currency") not in {"", coin.currency}:
            raise Problem(codes.UNKNOWN_CURRENCY)
        place = Place(account, fields.venue(body))
        amount = _amount(body, coin)
        to, ticket = fields.text(body, "address"), fields.text(body, "ticket")
        try:
            activity = self._wallet.withdraw(place, coin, amount, to=to, paper=(ticket, now()))
        except NoTicket:
            raise Problem(codes.WRONG_TICKET) from None
        except NoAddress:
            raise Problem(codes.NO_ADDRESS) from None
        except NoMoney:
            raise Problem(codes.NOT_ENOUGH_ASSET) from None
        return {
            "accountId": _sub(place),
            "venue": place.venue,
            "currency": coin.currency,
            "coin": coin.coin,
            "amount": amount,
            "fee": activity.fee,
            "fromAddress": None,
            "targetAddress": to,
            "type": activity.kind,
            "actionType": activity.action,
            "actionNote": activity.action,
            "logId": _log_id(activity),
            "txId": activity.tx_id,
            "status": activity.status,
            "logCreatedAt": fields.ms(activity.created_at),
            "logUpdatedAt": fields.ms(activity.updated_at),
        }

    def transfer(self, account: str, body: Body) -> Row:
        """Send money to another venue."""
        currency = fields.text(body, "currency")
        if currency not in OPENING_BALANCES:
            raise Problem(codes.UNKNOWN_CURRENCY)
        place, target = Place(account, fields.venue(body)), fields.text(body, "targetVenue")
        if target not in VENUES or target == place.venue:
            raise Problem(codes.NO_MARKET, target)
        coin = COINS[currency]
        amount = _amount(body, coin)
        try:
            activity = self._wallet.transfer(place, coin, amount, venue=target, now=now())
        except NoMoney:
            raise Problem(codes.NOT_ENOUGH_ASSET) from None
        return {
            "accountId": account,
            "venue": place.venue,
            "currency": currency,
            "amount": amount,
            "fee": activity.fee,
            "targetVenue": target,
            "logId": _log_id(activity),
            "status": activity.status,
            "logCreatedAt": fields.ms(activity.created_at),
            "logUpdatedAt": fields.ms(activity.updated_at),
        }

    def activities(self, account: str, body: Body) -> Row:
        """Return one page of an account's movements, newest first."""
        start, end = fields.moment(body, "startTimeDate", EPOCH), fields.moment(body, "endTimeDate", now())
        size, page = fields.whole(body, "limit", ROWS_A_PAGE), fields.whole(body, "page", 1)
        if not 1 <= size <= MOST_ROWS_A_PAGE or page < 1:
            raise Problem(codes.BAD_REQUEST, f"limit must be from 1 to {MOST_ROWS_A_PAGE}, page from 1")
        activities = self._wallet.activities(account)
        found = [each for each in activities if start <= fields.whole_ms(each.created_at) <= end]
        found.sort(key=lambda each: each.created_at, reverse=True)
        return {
            "records": [_activity(each) for each in found[(page - 1) * size : page * size]],
            "total": len(found),
            "size": size,
            "current": page,
            "orders": [],
            "hitCount": False,
            "searchCount": True,
            "pages": -(-len(found) // size),
        }

    def _balance(self, account: str, venue: str, currency: str) -> Row:
        balance = self._venue.exchange.balance(account, venue, currency)
        return {
            "accountId": fields.sub_account(account, venue),
            "venue": venue,
            "currency": currency,
            "amount": balance.total,
            "available": balance.available,
            "frozen": balance.frozen,
            "updatedAt": fields.ms(now()),
        }


def _coin(name: str) -> Coin:
    if name not in COINS:
        raise Problem(codes.UNKNOWN_COIN)
    return COINS[name]


def _amount(body: Body, coin: Coin) -> Decimal:
    amount = fields.number(body, "amount")
    if not coin.smallest <= amount <= coin.largest:
        raise Problem(codes.BAD_REQUEST, f"amount must be from {coin.smallest:f} to {coin.largest:f}")
    if amount % Decimal(1).scaleb(-coin.precision):
        raise Problem(codes.BAD_REQUEST, f"amount has at most {coin.precision} decimals")
    return amount


def _activity(each: Activity) -> Row:
    row: Row = {
        "accountId": _sub(each.place),
        "currency": each.coin.currency,
        "status": each.status,
        # "IMCOMING for deposits": so printed in the table of this method.
        "type": "IMCOMING" if each.kind == INCOMING else each.kind,
        "amount": each.amount,
        "fee": each.fee,
        "fromAddress": None,
        "targetAddress": each.address,
        "txId": each.tx_id,
        "coin": each.coin.coin,
        "logId": _log_id(each),
        "logCreatedAt": str(fields.ms(each.created_at)),
        "logUpdatedAt": str(fields.ms(each.updated_at)),
        "actionType": each.action,
        "actionNote": each.action,
        "fromAccountId": _sub(each.source),
        "toAccountId": _sub(each.target if each.source else None),
    }
    return row


def _log_id(activity: Activity) -> str:
    return f"{_sub(activity.place)}.{activity.log_id}"


def _sub(place: Place | None) -> str | None:
    return None if place is None else fields.sub_account(place.account, place.venue)
