"""What the venue says of itself, taken in: instruments are state and journaled, prices are neither."""

from oms.core import events as ev
from oms.core import money
from oms.core.inputs import Answer
from oms.core.instruments import news
from oms.core.venue_inputs import (
    InstrumentsSeen,
    MoneyAnswered,
    MoveMoney,
    PricesSeen,
    ResolveMoney,
    TakeBack,
)
from oms.core.work import Work


def instructed(work: Work, command: MoveMoney | TakeBack | ResolveMoney) -> tuple[None, Answer]:
    """Do what somebody wants done with money; no order is concerned."""
    match command:
        case MoveMoney():
            return None, money.move(work, command)
        case TakeBack():
            return None, money.take_back(work, command)
        case ResolveMoney():
            return None, money.resolve(work, command)


def take(work: Work, message: InstrumentsSeen | PricesSeen | MoneyAnswered) -> None:
    """Take in what the venue says."""
    match message:
        case MoneyAnswered():
            money.answered(work, message)
        case InstrumentsSeen():
            _instruments(work, message)
        case PricesSeen():
            known = work.quotes.setdefault(message.session, {})
            known.update((quote.key, quote) for quote in message.quotes)


def _instruments(work: Work, message: InstrumentsSeen) -> None:
    """Put on record what is new; a list that says what was known leaves no trace."""
    known = work.blotter.book(message.session).instruments
    changed = news(known, message.instruments, message.exchanges)
    if changed:
        work.emit(ev.InstrumentsKnown(session=message.session, time_ns=work.now, instruments=changed))
