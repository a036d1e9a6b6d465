"""Who may do what over the API: a bearer token, and the scope it has."""

from typing import Annotated, Final

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer as BearerModel
from fastapi.security.base import SecurityBase

from oms.app.api_errors import ApiError
from oms.app.tokens import MONEY, READ, TRADE, Token, Tokens

_MISSING: Final = "no valid token: send the header Authorization: Bearer TOKEN; oms token new makes one"


def token_of(request: Request) -> Token | None:
    """Give the token that a request presents, if it is one of ours."""
    scheme, _, presented = request.headers.get("authorization", "").partition(" ")
    tokens: Tokens = request.app.state.tokens
    return tokens.check(presented.strip()) if scheme.lower() == "bearer" else None


class Needs(SecurityBase):
    """Lets a request pass that presents a token with a scope."""

    def __init__(self, scope: str) -> None:
        """Ask for this scope."""
        self.scope = scope
        self.scheme_name = "token"
        self.model = BearerModel(description="Made by `oms token new`.")

    async def __call__(self, request: Request) -> Token:
        """Give the token, whose name is the actor of what is done."""
        token = token_of(request)
        if token is None:
            raise ApiError(401, "UNAUTHORIZED", _MISSING, headers={"WWW-Authenticate": 'Bearer realm="oms"'})
        if self.scope not in token.scopes:
            text = f"token {token.name} lacks the scope {self.scope}; make one that has it"
            raise ApiError(403, "FORBIDDEN", text)
        return token


Reader = Annotated[Token, Security(Needs(READ))]
Trader = Annotated[Token, Security(Needs(TRADE))]
Mover = Annotated[Token, Security(Needs(MONEY))]
