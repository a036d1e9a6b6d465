"""What a session remembers of the numbers its messages left under: the last ones, and that others are too old."""

from oms.core.blotter import Blotter
from oms.core.book import KEPT_SEQS, Book
from oms.core.intake import receive
from oms.core.messages import Reject


def test_the_last_numbers_are_kept_and_no_more() -> None:
    book = Book()
    for seq in range(1, 3 * KEPT_SEQS):
        book.note_sent(seq, seq + 5, 7)
    assert len(book.sent) == KEPT_SEQS
    last = 3 * KEPT_SEQS - 1
    assert book.sent_under(last) == (last + 5, 7)
    assert book.sent_under(last - KEPT_SEQS + 1) == (last - KEPT_SEQS + 6, 7)
    assert book.sent_under(last - KEPT_SEQS) is None


def test_a_reject_of_a_message_too_old_says_so() -> None:
    blotter = Blotter()
    blotter.book("S").note_sent(KEPT_SEQS + 3, 1, 1)
    for seq, why in ((3, "too old to be remembered"), (4, "not on record"), (None, "not on record")):
        reject = Reject(msg_type="3", ref_seq_num=seq)
        (outcome,) = receive(blotter, "S", reject, now_ns=1, ref=1)
        assert outcome.anomaly is not None
        assert why in outcome.anomaly.text
