"""FIX logs as they are found."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from oms.core.errors import CommandError
from oms.fix.logs import Line, LogReader, byte_sum


def framed(body: str) -> str:
    """Put a message into its frame."""
    body = body.replace("|", "\x01")
    head = f"8=FIX.4.2\x019={len(body)}\x01{body}"
    return f"{head}10={byte_sum(head.encode()) % 256:03d}\x01"


ONE, TWO = framed("35=8|34=1|58=one|"), framed("35=8|34=2|58=two|")


def read(path: Path, content: str | bytes) -> tuple[list[Line], LogReader]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reader = LogReader(path)
    return list(reader), reader


def test_a_quickfix_message_log(tmp_path: Path) -> None:
    lines, reader = read(tmp_path / "log", f"20260301-09:00:07.123456 : {ONE}\n20260301-09:00:08 : {TWO}\n")
    assert lines == [Line("20260301-09:00:07.123456", ONE), Line("20260301-09:00:08", TWO)]
    assert (reader.counts.fix, reader.counts.not_fix, reader.counts.torn) == (2, 0, 0)


@pytest.mark.parametrize("end", ["\n", "\r\n", " \n", ""])
def test_plain_lines_with_soh_or_pipes(tmp_path: Path, end: str) -> None:
    for text in (ONE, ONE.replace("\x01", "|"), ONE.replace("\x01", "|")[:-1]):
        lines, _ = read(tmp_path / "log", text + end)
        assert lines == [Line(None, ONE)]


def test_a_pipe_inside_a_text_stays_where_soh_separates(tmp_path: Path) -> None:
    message = framed("35=8|58=a").replace("58=a", "58=a|b")
    body = message.split("\x01", 2)[2].rsplit("10=", 1)[0]
    lines, _ = read(tmp_path / "log", framed(body.replace("|", "\x02")).replace("\x02", "|") + "\n")
    assert "a|b" in lines[0].text


def test_a_line_may_begin_with_another_logs_words(tmp_path: Path) -> None:
    lines, _ = read(tmp_path / "log", f"2026-03-01 09:00:07,123 INFO <- {ONE}\n")
    assert lines == [Line(None, ONE)]


def test_gzip_is_recognised_by_its_content(tmp_path: Path) -> None:
    lines, reader = read(tmp_path / "log", gzip.compress(f"{ONE}\n{TWO}\n".encode()))
    assert [line.text for line in lines] == [ONE, TWO]
    assert reader.position() == (tmp_path / "log").stat().st_size


@pytest.mark.parametrize("cut", [-1, -8, 12])
def test_a_damaged_gzip_file_is_named(tmp_path: Path, cut: int) -> None:
    with pytest.raises(CommandError, match="log"):
        read(tmp_path / "log", gzip.compress(f"{ONE}\n{TWO}\n".encode())[:cut])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        list(LogReader(tmp_path / "nowhere"))


def test_lines_that_are_not_fix_are_counted(tmp_path: Path) -> None:
    lines, reader = read(tmp_path / "log", b"\n  \nhello\n\xff\xfe\x00\n" + ONE.encode() + b"\n")
    assert (len(lines), reader.counts.not_fix, reader.counts.fix) == (1, 2, 1)


@pytest.mark.parametrize("cut", [5, 20, 30, len(TWO) - 4])
def test_a_torn_last_line_is_counted_and_not_read(tmp_path: Path, cut: int) -> None:
    lines, reader = read(tmp_path / "log", f"{ONE}\n{TWO[:cut]}")
    assert ([line.text for line in lines], reader.counts.torn) == ([ONE], 1)


def test_a_whole_last_line_needs_no_newline(tmp_path: Path) -> None:
    lines, reader = read(tmp_path / "log", f"{ONE}\n{TWO}")
    assert (len(lines), reader.counts.torn) == (2, 0)


@pytest.mark.parametrize("before", ["", f"{TWO}\n"])
@pytest.mark.parametrize("gap", ["", " ", "20260301-09:00:08 : "])
def test_whole_messages_on_one_line_are_read_each(tmp_path: Path, before: str, gap: str) -> None:
    for end in ("\n", ""):
        lines, reader = read(tmp_path / "log", f"{before}{ONE}{gap}{TWO}{gap}{ONE}{end}")
        assert [line.text for line in lines] == [TWO] * bool(before) + [ONE, TWO, ONE]
        assert not any(line.damage for line in lines)
        assert (reader.counts.fix, reader.counts.torn) == (len(lines), 0)
    lines, _ = read(tmp_path / "log", f"{ONE}{TWO}".replace("\x01", "|"))
    assert [line.text for line in lines] == [ONE, TWO]


def test_of_messages_on_one_line_a_garbled_one_takes_no_other_with_it(tmp_path: Path) -> None:
    lines, reader = read(tmp_path / "log", f"{ONE}{TWO.replace('two', 'tvo')}{ONE}\n")
    assert [line.damage is None for line in lines] == [True, False, True]
    assert reader.counts.torn == 0


def test_a_whole_message_quoted_in_a_text_is_text(tmp_path: Path) -> None:
    text = f"35=3|34=9|58={ONE.replace(chr(1), '/')}8=FIX|"
    lines, _ = read(tmp_path / "log", framed(text) + "\n")
    assert [line.text for line in lines] == [framed(text)]


def test_a_line_of_very_many_beginnings_is_torn_so_often(tmp_path: Path) -> None:
    lines, reader = read(tmp_path / "log", f"{ONE}\n" + "8=FIX.4.2\x01" * 5000 + "\n")
    assert (lines[0], len(lines), reader.counts.torn) == (Line(None, ONE), 2, 4999)


def test_the_message_behind_a_torn_one_on_the_same_line_is_read(tmp_path: Path) -> None:
    stamp = "20260301-09:00:08.000"
    lines, reader = read(
        tmp_path / "log", f"{stamp} : {ONE}\n{stamp} : {TWO[:30]}{stamp} : {TWO}\n{ONE[:9]}{ONE}\n"
    )
    assert ([line.text for line in lines], reader.counts.torn) == ([ONE, TWO, ONE], 2)
    assert [line.stamp for line in lines] == [stamp, stamp, None]


@pytest.mark.parametrize(
    "damaged",
    [
        TWO.replace("two", "TWO"),
        TWO.replace("34=2", "34=22"),
        TWO.replace("9=", "9=1"),
        TWO[:-5] + "\x01",
        TWO.replace("35=8\x01", ""),
        TWO.replace("9=", "99="),
    ],
)
def test_a_garbled_line_is_told_with_what_is_wrong(tmp_path: Path, damaged: str) -> None:
    lines, reader = read(tmp_path / "log", f"{ONE}\n{damaged}\n{TWO}\n")
    assert [line.damage is None for line in lines] == [True, False, True]
    assert reader.counts.torn == 0


def test_invented_lengths_and_sums_are_tolerated_where_none_is_right(tmp_path: Path) -> None:
    lines, _ = read(
        tmp_path / "log", "8=FIX.4.2|9=1|35=8|58=a|10=000|\n8=FIX.4.2|35=8|58=b|\n8=FIX.4.2|35=8|58=c|\n"
    )
    assert [line.damage for line in lines] == [None, None, None]


@pytest.mark.parametrize("logon", ["", framed("35=A|34=1|108=30|") + "\n"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_garbled_line_before_the_first_right_one_is_told_too(
    tmp_path: Path, logon: str, pack: Callable[[bytes], bytes]
) -> None:
    garbled = ONE.replace("one", "onf")
    lines, _ = read(tmp_path / "log", pack(f"{logon}{garbled}\n{TWO}\n".encode()))
    assert [line.damage is None for line in lines] == [True] * bool(logon) + [False, True]


def test_a_right_logon_shows_that_lengths_and_sums_can_be_trusted(tmp_path: Path) -> None:
    logon = framed("35=A|34=1|108=30|")
    lines, _ = read(tmp_path / "log", f"{logon}\n{ONE.replace('one', 'onf')}\n")
    assert [line.damage is None for line in lines] == [True, False]


def test_a_torn_line_shows_by_its_missing_checksum_where_others_have_one(tmp_path: Path) -> None:
    lines, reader = read(tmp_path / "log", "8=FIX.4.2|35=8|58=a|10=000|\n8=FIX.4.2|35=8|38=1")
    assert (len(lines), reader.counts.torn) == (1, 1)


def test_a_logon_may_have_its_secret_masked(tmp_path: Path) -> None:
    logon = framed("35=A|96=secret|").replace("secret", "***")
    lines, _ = read(tmp_path / "log", f"{ONE}\n{logon}\n")
    assert [line.damage for line in lines] == [None, None]


@pytest.mark.parametrize(
    "data", [b"", b"abc", b"\xff" * 255, b"a" * 511, b"\xff" * 511, b"\x7f" * 511, b"x" * 5000]
)
def test_byte_sum_is_the_sum_of_the_bytes(data: bytes) -> None:
    assert byte_sum(data) == sum(data)


STAMP = "20260301-09:00:08.000"
TEXTS = [
    "a\nb",
    "\n",
    "a\n\nb\n",
    "\n\n\n",
    "a\r\nb",
    "a\n 9=x|10=000|\n",
    "a\nb" * 50,
    "20260301-09:00:08 : \nx",
]


def with_text(text: str) -> str:
    """Put a text, which may hold anything, into a framed message."""
    body = f"35=8\x0134=3\x0158={text}\x01"
    head = f"8=FIX.4.2\x019={len(body.encode())}\x01{body}"
    return f"{head}10={byte_sum(head.encode()) % 256:03d}\x01"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("around", [("", ""), (f"{STAMP} : {ONE}\n", f"{STAMP} : {TWO}\n")])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_message_whose_text_holds_newlines_is_one_message(
    tmp_path: Path, text: str, around: tuple[str, str], end: str
) -> None:
    before, after = around
    message = with_text(text)
    lines, reader = read(tmp_path / "log", f"{before}{STAMP} : {message}{end if after else ''}\n{after}")
    assert [line.text for line in lines] == [*[ONE] * bool(before), message, *[TWO] * bool(after)]
    assert {line.stamp for line in lines} == {STAMP}
    assert {line.damage for line in lines} == {None}
    assert (reader.counts.fix, reader.counts.not_fix, reader.counts.torn) == (len(lines), 0, 0)


def test_messages_with_newlines_follow_each_other(tmp_path: Path) -> None:
    messages = [with_text(text) for text in TEXTS * 3]
    lines, reader = read(tmp_path / "log", "".join(f"{STAMP} : {message}\n" for message in messages))
    assert [line.text for line in lines] == messages
    assert (reader.counts.fix, reader.counts.not_fix, reader.counts.torn) == (len(messages), 0, 0)


def test_a_newline_where_pipes_separate(tmp_path: Path) -> None:
    message = with_text("a\nb")
    for piped in (message.replace("\x01", "|"), message.replace("\x01", "|")[:-1]):
        lines, reader = read(tmp_path / "log", f"{piped}\n{TWO}\n")
        assert [line.text for line in lines] == [message, TWO]
        assert reader.counts.not_fix == 0


@pytest.mark.parametrize("text", ["a\nb\n\nc", "\n"])
def test_a_file_that_ends_anywhere_in_such_a_message_ends_torn(tmp_path: Path, text: str) -> None:
    whole = with_text(text)
    for end in range(5, len(whole) - 1):
        lines, reader = read(tmp_path / "log", f"{ONE}\n{whole[:end]}")
        assert ([line.text for line in lines], reader.counts.torn) == ([ONE], 1), whole[:end]
        assert (reader.counts.fix, reader.counts.not_fix) == (2, 0), whole[:end]


def test_a_garbled_line_is_not_joined_with_what_is_none_of_its_own(tmp_path: Path) -> None:
    garbled = with_text("x" * 20)[:-20]  # its end is missing, and the newline is not in a field of it
    for tail, not_fix in (("hello\n", 1), ("hello\nworld\n\n", 2), ("", 0), ("y" * 500 + "\nz\n", 2)):
        lines, reader = read(tmp_path / "log", f"{ONE}\n{garbled}\n{tail}{TWO}\n")
        assert [line.damage is None for line in lines] == [True, False, True]
        assert lines[1].text == garbled + "\x01"
        assert (reader.counts.fix, reader.counts.not_fix, reader.counts.torn) == (3, not_fix, 0)


def test_a_joined_message_is_held_against_its_checksum(tmp_path: Path) -> None:
    damaged = with_text("a\nb").replace("a\nb", "a\nc")
    lines, reader = read(tmp_path / "log", f"{ONE}\n{damaged}\n{TWO}\n")
    assert [line.damage is None for line in lines] == [True, False, True]
    assert lines[1].text == damaged
    assert (reader.counts.fix, reader.counts.not_fix, reader.counts.torn) == (3, 0, 0)


def test_a_damaged_length_does_not_make_one_message_of_the_rest(tmp_path: Path) -> None:
    damaged = ONE.replace("\x019=", "\x019=99999")[:-8]
    lines, reader = read(tmp_path / "log", f"{damaged}\n" + "hello\n" * 30_000 + f"{TWO}\n")
    assert [line.damage is None for line in lines] == [False, True]
    assert (reader.counts.fix, reader.counts.not_fix, reader.counts.torn) == (2, 30_000, 0)
