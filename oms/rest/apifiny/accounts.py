"""Chapter "Account API": balances, addresses, withdrawals, transfers. What moves money leaves once at most."""

from decimal import Decimal
from typing import Final

from oms.rest.apifiny import params
from oms.rest.apifiny.answers import ApifinyUnknown
from oms.rest.apifiny.calls import Caller
from oms.rest.apifiny.history import Span
from oms.rest.apifiny.models import (
    AccountInfo,
    Activity,
    ActivityPage,
    Balance,
    DepositAddress,
    VenueTransfer,
    Withdrawal,
    WithdrawTicket,
)

_PAGE: Final = 100
_MOST_PAGES: Final = 10_000


class AccountClient:
    """One method for each of the chapter. All raise what `Caller.read` and `Caller.change` raise."""

    def __init__(self, caller: Caller) -> None:
        """Ask by `caller`."""
        self._caller = caller
        self._account_id = caller.credentials.account_id

    def account_info(self, venue: str | None = None) -> AccountInfo:
        """account.queryAccountInfoLite: the account, at all venues or at one."""
        asked = params.Account(account_id=self._account_id, venue=venue)
        return self._caller.read("account.queryAccountInfoLite", asked, AccountInfo)

    def balances(self, venue: str | None = None) -> tuple[Balance, ...]:
        """asset.listBalanceByLite: what the account has, at all venues or at one."""
        asked = params.Account(account_id=self._account_id, venue=venue)
        return self._caller.rows("asset.listBalanceByLite", asked, Balance)

    def deposit_address(self, venue: str, coin: str) -> DepositAddress:
        """asset.queryAddressLite: where to deposit a coin (the venue's code for a currency on one chain)."""
        asked = params.Address(account_id=self._account_id, venue=venue, coin=coin)
        return self._caller.read("asset.queryAddressLite", asked, DepositAddress)

    def create_withdraw_ticket(self, venue: str) -> WithdrawTicket:
        """asset.createWithdrawTicketLite: what the next withdrawal needs."""
        asked = params.Account(account_id=self._account_id, venue=venue)
        return self._caller.change("asset.createWithdrawTicketLite", asked, WithdrawTicket)

    def withdraw(  # noqa: PLR0913 - one for each field of the document
        self, venue: str, *, coin: str, amount: Decimal, address: str, ticket: str, memo: str = ""
    ) -> Withdrawal:
        """asset.withdrawLite: send coins away, for good. Never repeated."""
        asked = params.Withdraw(
            account_id=self._account_id,
            venue=venue,
            coin=coin,
            amount=params.amount(amount),
            memo=memo,
            address=address,
            ticket=ticket,
        )
        return self._caller.change("asset.withdrawLite", asked, Withdrawal)

    def transfer(self, venue: str, target_venue: str, *, currency: str, amount: Decimal) -> VenueTransfer:
        """asset.transferToVenue: move an amount from one venue to another. Never repeated."""
        asked = params.Transfer(
            account_id=self._account_id,
            venue=venue,
            currency=currency,
            amount=params.amount(amount),
            target_venue=target_venue,
        )
        return self._caller.change("asset.transferToVenue", asked, VenueTransfer)

    def activity_page(self, span: Span, *, limit: int = _PAGE, page: int = 1) -> ActivityPage:
        """asset.queryAssetActivityListLite: one page of deposits, withdrawals and transfers.

        Args:
            span: from and to, milliseconds since the epoch.
            limit: records on a page.
            page: counted from 1.

        """
        asked = params.Activities(
            account_id=self._account_id,
            start_time_date=str(span[0]),
            end_time_date=str(span[1]),
            limit=str(limit),
            page=str(page),
        )
        return self._caller.read("asset.queryAssetActivityListLite", asked, ActivityPage)

    def activities(self, span: Span, *, limit: int = _PAGE) -> tuple[Activity, ...]:
        """asset.queryAssetActivityListLite, all its pages; a record that moves from one to the next is taken once.

        Raises:
            ApifinyUnknown: besides the usual: the pages together are not what the venue counts.

        """
        answer = self.activity_page(span, limit=limit)
        records = {record.log_id: record for record in answer.records}
        page = 1
        while answer.records and page < min(answer.pages, _MOST_PAGES):
            page += 1
            answer = self.activity_page(span, limit=limit, page=page)
            records.update((record.log_id, record) for record in answer.records)
        if len(records) < answer.total:
            told = (
                f"asset.queryAssetActivityListLite: {answer.total} records are announced, and all pages together"
                f" have {len(records)}; ask again, or for a shorter time"
            )
            raise ApifinyUnknown(told)
        return tuple(records.values())
