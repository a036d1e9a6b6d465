"""Withdrawals, deposits, margin transfers and loans. What moves money or credit is sent once and never again."""

from decimal import Decimal
from typing import Literal

import msgspec

from oms.core.errors import OutcomeUnknown
from oms.rest.cloud.caller import Caller, present
from oms.rest.cloud.models import LoanRow, MarginAccount, TransferRow, WithdrawRequest

Direct = Literal["prev", "next"]
LoanState = Literal["created", "accrual", "cleared", "invalid"]


class LoanSearch(msgspec.Struct, frozen=True, kw_only=True):
    """/v1/margin/loan-orders; what is None is left out, dates are `yyyy-mm-dd`."""

    symbol: str
    states: tuple[LoanState, ...] = ()
    start_date: str | None = None
    end_date: str | None = None
    from_: int | None = None
    direct: Direct | None = None
    size: int | None = None


class MoneyClient:
    """The methods for money and credit. What raises is said in oms.rest.cloud.caller."""

    def __init__(self, caller: Caller) -> None:
        """Ask through `caller`, which has a key."""
        self._caller = caller

    # --- withdrawals and deposits -----------------------------------------------------------------------------------

    def withdraw(self, request: WithdrawRequest) -> int:
        """Submit a withdrawal; gives its id."""
        parameters = present(
            {
                "address": request.address,
                "amount": request.amount,
                "currency": request.currency,
                "fee": request.fee,
                "addr-tag": request.addr_tag,
            }
        )
        return self._caller.move("/v1/dw/withdraw/api/create", int, parameters)

    def cancel_withdraw(self, withdraw_id: int) -> None:
        """Cancel a withdrawal that has not left yet."""
        answered = self._caller.move(f"/v1/dw/withdraw-virtual/{withdraw_id}/cancel", int, {})
        if answered != withdraw_id:
            message = f"Cloud API cancel: asked for withdrawal {withdraw_id}, the answer is about {answered}"
            raise OutcomeUnknown(message)

    def deposit_withdraw(
        self,
        kind: Literal["deposit", "withdraw"],
        *,
        currency: str | None = None,
        from_: int | None = None,
        direct: Direct | None = None,
        size: int | None = None,
    ) -> list[TransferRow]:
        """Ask for records of deposits or withdrawals: one page. oms.rest.cloud.paging asks for all."""
        parameters = {"type": kind, "currency": currency, "from": from_, "direct": direct, "size": size}
        return self._caller.ask("/v1/query/deposit-withdraw", list[TransferRow], parameters)

    # --- margin -----------------------------------------------------------------------------------------------------

    def transfer_in(self, *, symbol: str, currency: str, amount: Decimal) -> int:
        """Move an asset from the spot account to a symbol's margin account; gives the transfer's id."""
        return self._transfer("/v1/dw/transfer-in/margin", symbol, currency, amount)

    def transfer_out(self, *, symbol: str, currency: str, amount: Decimal) -> int:
        """Move an asset from a symbol's margin account to the spot account; gives the transfer's id."""
        return self._transfer("/v1/dw/transfer-out/margin", symbol, currency, amount)

    def apply_for_loan(self, *, symbol: str, currency: str, amount: Decimal) -> int:
        """Take up a loan; gives its id."""
        return self._transfer("/v1/margin/orders", symbol, currency, amount)

    def repay(self, loan_id: int, amount: Decimal) -> None:
        """Repay of a loan."""
        answered = self._caller.move(f"/v1/margin/orders/{loan_id}/repay", int, present({"amount": amount}))
        if answered != loan_id:
            message = f"Cloud API repay: asked for loan {loan_id}, the answer is about {answered}"
            raise OutcomeUnknown(message)

    def loan_orders(self, search: LoanSearch) -> list[LoanRow]:
        """Search loans: one page. oms.rest.cloud.paging asks for all."""
        parameters = {
            "symbol": search.symbol,
            "states": ",".join(search.states) or None,
            "start-date": search.start_date,
            "end-date": search.end_date,
            "from": search.from_,
            "direct": search.direct,
            "size": search.size,
        }
        return self._caller.ask("/v1/margin/loan-orders", list[LoanRow], parameters)

    def margin_balance(self, symbol: str | None = None) -> list[MarginAccount]:
        """Ask what the margin accounts hold, and how near they are to liquidation."""
        return self._caller.ask("/v1/margin/accounts/balance", list[MarginAccount], {"symbol": symbol})

    def _transfer(self, path: str, symbol: str, currency: str, amount: Decimal) -> int:
        parameters = present({"symbol": symbol, "currency": currency, "amount": amount})
        return self._caller.move(path, int, parameters)
