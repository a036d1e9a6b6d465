"""One request to the Trade API, from its answer's side: what the answer is, and what its errors say."""

from typing import Final, TypeVar

from oms.rest.rows import Unreadable, read, shown
from oms.rest.transport import Reply
from oms.rest.weex.loose import quoted
from oms.rest.weex.models import Envelope
from oms.rest.weex.refusals import Reason, WeexInDoubt, WeexKeyRefused, WeexRefused, reason_of
from oms.rest.worker import VenueBanned

T = TypeVar("T")

OK: Final = 200
FORBIDDEN: Final = 403


class Question:
    """A method, and whether it moves something: then what is not certain is in doubt."""

    def __init__(self, method: str, *, moves: bool, hidden: str = "", shows_answer: bool = True) -> None:
        """Name the method; `hidden` is a text that no error shows, and the answer may be such a text itself."""
        self.method = method
        self.moves = moves
        self._hidden = hidden
        self._shows_answer = shows_answer

    def envelope(self, reply: Reply, nonce: int) -> Envelope:
        """Read what stands around every answer.

        Raises:
            VenueBanned: HTTP 403 to a question. The document knows no such status, so that for a request that moves
                something even this proves nothing.
            WeexInDoubt: another HTTP status than 200, or text that is no JSON (limits, unknown faults).

        """
        if reply.status == FORBIDDEN and not self.moves:
            message = f"WEEX {self.method}: HTTP 403, the venue turns us away: {self._shown(reply)}"
            raise VenueBanned(message)
        if reply.status != OK:
            told = f"HTTP {reply.status}: {self._shown(reply)}"
            raise self.in_doubt(told, nonce)
        for content in (reply.body, quoted(reply.body)):
            try:
                return read(content, Envelope)
            except Unreadable:
                continue
        told = f"no JSON of this API: {self._shown(reply)}"
        raise self.in_doubt(told, nonce)

    def answer(self, envelope: Envelope, nonce: int, shape: type[T]) -> T:
        """Read what a success returned.

        Raises:
            WeexInDoubt: it is not what the document prints.

        """
        try:
            return read(envelope.return_, shape)
        except Unreadable as error:
            fault = f"it succeeded, but its answer cannot be read: {error}"
        raise self.in_doubt(fault, nonce)

    def refused(self, text: str, nonce: int) -> WeexRefused | WeexInDoubt:
        """Make the error of a refusal: one that proves nothing leaves a request that moves something in doubt."""
        reason = reason_of(text)
        if self.moves and reason is Reason.OTHER:
            told = f"an error that does not say what was done: {text or 'without a text'}"
            return self.in_doubt(told, nonce)
        kind = WeexKeyRefused if reason in (Reason.KEY, Reason.PERMISSION) else WeexRefused
        return kind(self.method, reason, self._masked(text))

    def in_doubt(self, message: str, nonce: int) -> WeexInDoubt:
        """Make the error of a request whose outcome is not known."""
        return WeexInDoubt(f"WEEX {self.method} (nonce {nonce}): {self._masked(message)}", nonce)

    def _masked(self, text: str) -> str:
        return text.replace(self._hidden, "***") if self._hidden else text

    def _shown(self, reply: Reply) -> str:
        return shown(reply.body) if self._shows_answer else f"{len(reply.body)} bytes, which are not shown"
