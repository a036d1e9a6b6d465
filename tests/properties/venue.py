"""A venue made up by Hypothesis: it executes orders and reports what it did, field by field, as the wire carries it."""

from decimal import Decimal

from hypothesis import strategies as st

Fields = dict[str, str]

QTY = 100


class Venue:
    """One order of 100 at a venue that reports in the full form, or in the documented short one."""

    def __init__(self, *, full: bool = True) -> None:
        self.full = full
        self.fills: dict[str, tuple[Decimal, Decimal]] = {}
        self.count = 0

    @property
    def cum_qty(self) -> Decimal:
        return sum((shares for shares, _ in self.fills.values()), Decimal(0))

    @property
    def notional(self) -> Decimal:
        return sum((shares * price for shares, price in self.fills.values()), Decimal(0))

    def report(self, exec_type: str, **more: str) -> Fields:
        """Report an event: everything else as it stands now."""
        self.count += 1
        cum = self.cum_qty
        status = exec_type if exec_type in "0346789C" else "2" if cum == QTY else "1" if cum else "0"
        fields = {"35": "8", "37": "O", "17": f"E{self.count}", "55": "BTCUSDT", "54": "1", "150": exec_type}
        fields |= {"39": status, "60": f"20260301-09:{self.count // 60:02d}:{self.count % 60:02d}", "32": "0"}
        if self.full or exec_type == "0":
            fields["11"] = "X"
        if self.full:
            leaves = Decimal(0) if exec_type in "4C8" else QTY - cum
            fields |= {"20": "0", "38": str(QTY), "14": str(cum), "151": str(leaves), "31": "0"}
        return fields | more

    def fill(self, shares: int, price: int) -> Fields:
        """Execute some of what is left."""
        exec_id = f"E{self.count + 1}"
        self.fills[exec_id] = Decimal(shares), Decimal(price)
        kind = "2" if self.cum_qty == QTY else "1"
        return self.report(kind, **{"32": str(shares), "31" if self.full else "44": str(price)})

    def bust(self, exec_id: str) -> Fields:
        """Take an execution back."""
        del self.fills[exec_id]
        return self.report("1", **{"20": "1", "19": exec_id})

    def correct(self, exec_id: str, shares: int, price: int) -> Fields:
        """Give an execution other shares and another price; reports still name it by its first id."""
        self.fills[exec_id] = Decimal(shares), Decimal(price)
        return self.report("1", **{"20": "2", "19": exec_id, "32": str(shares), "31": str(price)})


@st.composite
def lives(draw: st.DrawFn, *, full: bool = True, revisions: bool = False) -> tuple[Venue, list[Fields]]:
    """Draw the reports of an order's life in the order in which they happened, with the venue that made them."""
    venue = Venue(full=full)
    reports = [venue.report("0")]
    for _ in range(draw(st.integers(0, 8))):
        left = int(QTY - venue.cum_qty)
        choice = draw(st.integers(0, 3 if revisions and venue.fills else 1))
        if choice <= 1 and left:
            shares = left if draw(st.integers(0, 4)) == 0 else draw(st.integers(1, left))
            reports.append(venue.fill(shares, draw(st.integers(1, 5))))
        elif choice > 1:
            exec_id = draw(st.sampled_from(sorted(venue.fills)))
            if choice == 2:
                reports.append(venue.bust(exec_id))
            else:
                shares = draw(st.integers(1, left + int(venue.fills[exec_id][0])))
                reports.append(venue.correct(exec_id, shares, draw(st.integers(1, 5))))
    return venue, reports


_CODES = [
    *list("01234568 9ADE"),
    "X",
    "Y",
    "O",
    "E1",
    "BTCUSDT",
    "NONE",
    "10",
    "99999",
    "20260301-09:00:00.001",
]
_ODD = ["", "-1", "abc", "1e-8", "NaN", "é", "\x00", "0." + "0" * 37 + "1", "9" * 40, "20260301-09:00:00"]
_WORDS = st.sampled_from(_CODES + _ODD)
_IDS = ["11", "17", "19", "37", "41", "45", "55", "54", "207", "379"]
_KINDS = ["20", "39", "150", "60", "97", "102", "103", "372", "378", "434", "58"]
_TAGS = st.sampled_from(_IDS + _KINDS + ["6", "14", "31", "32", "38", "44", "151"])
_TEXT = st.one_of(
    _WORDS, st.text(st.characters(exclude_characters="\x01", exclude_categories=["Cs"]), max_size=12)
)
_PLAUSIBLE = st.fixed_dictionaries(
    {
        "11": st.sampled_from(["X", "Y", "Q"]),
        "17": st.sampled_from(["E1", "E2", "E3", "0"]),
        "150": st.sampled_from(list("0123456789ABCDE")),
        "39": st.sampled_from(list("0123456789ABCDE")),
    },
    optional={
        "20": st.sampled_from(list("0123")),
        "37": st.sampled_from(["O", "P"]),
        "41": st.sampled_from(["X", "Y"]),
        "19": st.sampled_from(["E1", "E2", "E3"]),
        "32": st.integers(0, 60).map(str),
        "31": st.integers(0, 9).map(str),
        "38": st.integers(0, 120).map(str),
        "14": st.integers(0, 120).map(str),
        "151": st.integers(0, 120).map(str),
        "103": st.sampled_from(["5", "6"]),
        "378": st.sampled_from(["0", "1"]),
        "60": st.integers(0, 59).map(lambda second: f"20260301-09:00:{second:02d}"),
    },
)


def wild() -> st.SearchStrategy[Fields]:
    """Any message that a venue could send, sane or not."""
    kinds = st.sampled_from(["8", "8", "8", "8", "8", "9", "3", "j", "B"])
    noise = st.dictionaries(_TAGS, _TEXT, max_size=8)
    return st.builds(
        lambda kind, sane, odd: {**sane, **odd, "35": kind}, kinds, st.one_of(_PLAUSIBLE, st.just({})), noise
    )


def ours() -> st.SearchStrategy[Fields]:
    """Any message that we could have sent."""
    ids = st.sampled_from(["X", "Y", "Z", "W"])
    return st.fixed_dictionaries(
        {
            "35": st.sampled_from(list("DFGH")),
            "11": ids,
            "41": ids,
            "55": st.just("BTCUSDT"),
            "54": st.just("1"),
        },
        optional={"38": st.integers(1, 200).map(str), "44": st.integers(1, 9).map(str), "97": st.just("Y")},
    )
