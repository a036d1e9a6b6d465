"""Nonces: never twice, never lower, whatever happens (the invariants of oms.rest.weex.nonce)."""

import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.core.errors import JournalError, VenueRefused, VenueUnavailable
from oms.rest.keys import KeySpent, KeyUsedUp
from oms.rest.weex.nonce import (
    HIGHEST,
    SPENT_FROM,
    WARN_FROM,
    WELL_AFTER,
    NonceKeys,
    Nonces,
    may_have_been_taken,
)

Life = list[tuple[str, int, int]]

STEPS = st.lists(
    st.tuples(st.sampled_from(["use", "crash", "fail", "invalid"]), st.integers(0, 200), st.integers(1, 9)),
    max_size=40,
)


class Disk:
    """What is durable: the highest number reserved for each key."""

    def __init__(self) -> None:
        self.reserved: dict[str, int] = {}
        self.broken = False
        self.writes = 0

    def reserve(self, key: str, up_to: int) -> None:
        if self.broken:
            message = "the disk is full"
            raise JournalError(message)
        assert up_to > self.reserved.get(key, 0)
        self.reserved[key] = up_to
        self.writes += 1


def allocator(disk: Disk, key: str = "K", block: int = 8) -> Nonces:
    return NonceKeys(disk.reserve, disk.reserved, block=block).of(key)


@given(life=STEPS)
def test_a_life_with_crashes_gives_growing_numbers_each_reserved_before(life: Life) -> None:
    disk = Disk()
    nonces = allocator(disk)
    last = 0
    for what, number, block in life:
        if what == "crash":
            nonces = allocator(disk, block=block)
        elif what == "invalid":
            nonces.after_invalid(f"invalid nonce parameter; on key:{number}, you sent:'1'")
        else:
            disk.broken = what == "fail"
            for _ in range(number % 20):
                try:
                    given_out = nonces.next()
                except JournalError:
                    assert disk.broken
                    break
                assert given_out > last
                assert given_out <= disk.reserved["K"]
                last = given_out
            disk.broken = False


@given(threads=st.integers(2, 6), each=st.integers(1, 60), block=st.integers(1, 10))
def test_threads_share_one_row_of_numbers(threads: int, each: int, block: int) -> None:
    disk = Disk()

    def reserve(key: str, up_to: int) -> None:
        time.sleep(0)  # another thread may run now, as while a disk writes
        disk.reserve(key, up_to)
        time.sleep(0)

    keys = NonceKeys(reserve, {}, block=block)
    found: list[list[int]] = [[] for _ in range(threads)]

    def take(mine: list[int]) -> Callable[[], None]:
        def run() -> None:
            mine.extend(keys.of("K").next() for _ in range(each))

        return run

    running = [threading.Thread(target=take(mine)) for mine in found]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert all(mine == sorted(set(mine)) for mine in found)
    assert sorted(number for mine in found for number in mine) == list(range(1, threads * each + 1))


def test_keys_count_each_for_themselves() -> None:
    disk = Disk()
    keys = NonceKeys(disk.reserve, {"B": 500}, block=3)
    assert [keys.of("A").next(), keys.of("B").next(), keys.of("A").next()] == [1, 501, 2]
    assert keys.of("A") is keys.of("A")
    assert disk.reserved == {"A": 3, "B": 503}


def test_a_block_is_reserved_once_and_a_restart_skips_its_rest() -> None:
    disk = Disk()
    nonces = allocator(disk, block=10)
    assert [nonces.next() for _ in range(10)] == list(range(1, 11))
    assert disk.writes == 1
    assert nonces.next() == 11
    assert allocator(disk, block=10).next() == 21


def test_nothing_is_given_out_that_could_not_be_reserved() -> None:
    disk = Disk()
    nonces = allocator(disk, block=2)
    disk.broken = True
    with pytest.raises(JournalError):
        nonces.next()
    disk.broken = False
    assert nonces.next() == 1


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("invalid nonce parameter; on key:4, you sent:'3', you should send:5", 5),
        ("invalid nonce parameter; on key:4, you sent:'3'", 5),
        ("invalid nonce parameter; on key:4, you sent:'3', you should send:7", 7),
        ("Invalid nonce parameter; on key:900, you sent:'3', you should send:901", 901),
    ],
)
def test_it_goes_on_above_the_number_that_the_venue_names(text: str, following: int) -> None:
    disk = Disk()
    nonces = allocator(disk, block=2)
    assert nonces.after_invalid(text)
    assert nonces.next() == following
    assert disk.reserved["K"] >= following


def test_a_lower_number_of_the_venue_does_not_lower_ours() -> None:
    disk = Disk()
    disk.reserved["K"] = 100
    nonces = allocator(disk)
    assert nonces.after_invalid("invalid nonce parameter; on key:4, you sent:'3', you should send:5")
    assert nonces.next() == 101


def test_it_recovers_once_until_a_number_is_accepted() -> None:
    nonces = allocator(Disk())
    text = "invalid nonce parameter; on key:{}, you sent:'3'"
    assert nonces.after_invalid(text.format(10))
    assert not nonces.after_invalid(text.format(2000))
    assert nonces.next() == 11
    nonces.accepted()
    assert nonces.after_invalid(text.format(2000))
    assert nonces.next() == 2001


def shared(told: list[tuple[str, int]]) -> Nonces:
    keys = NonceKeys(lambda _key, _up_to: None, {}, is_shared=lambda *what: told.append(what))
    return keys.of("K", "key 2 (J2UF...)")


def test_a_number_on_the_key_that_nobody_here_gave_out_is_told_once_until_well_again() -> None:
    told: list[tuple[str, int]] = []
    nonces = shared(told)

    def collide() -> None:
        text = f"invalid nonce parameter; on key:{nonces.last + 1}, you sent:'{nonces.last}'"
        nonces.after_invalid(text)

    nonces.next()
    nonces.accepted()
    for _ in range(5):
        collide()
        for _ in range(4):
            nonces.next()
            nonces.accepted()
    assert told == [("key 2 (J2UF...)", 2)]
    for _ in range(WELL_AFTER):
        nonces.next()
        nonces.accepted()
    collide()
    assert len(told) == 2


def test_a_number_of_ours_or_of_an_earlier_life_is_no_sign_of_somebody_else() -> None:
    told: list[tuple[str, int]] = []
    nonces = shared(told)
    nonces.after_invalid("invalid nonce parameter; on key:900, you sent:'1', you should send:901")
    assert nonces.next() == 901
    nonces.accepted()
    nonces.after_invalid("invalid nonce parameter; on key:901, you sent:'901'")
    assert told == []


@pytest.mark.parametrize("text", ["", "invalid sign", "invalid nonce", "invalid nonce parameter; on key:x"])
def test_other_texts_recover_nothing(text: str) -> None:
    assert not allocator(Disk()).after_invalid(text)


def test_the_last_numbers_are_kept_for_cancels_and_questions() -> None:
    warnings: list[tuple[str, int]] = []
    nonces = Nonces(
        "K",
        lambda _key, _up_to: None,
        reserved=SPENT_FROM - 2,
        warn=lambda key, used: warnings.append((key, used)),
        label="key 2 (J2UF...)",
    )
    nonces.check_for_order()
    assert nonces.next() == SPENT_FROM - 1
    with pytest.raises(KeySpent, match=r"key 2 \(J2UF"):
        nonces.check_for_order()
    assert nonces.next() == SPENT_FROM
    assert [number for _, number in warnings] == [SPENT_FROM - 1, SPENT_FROM]
    used_up = Nonces("K", lambda _key, _up_to: None, reserved=HIGHEST, label="key 2 (J2UF...)")
    with pytest.raises(KeyUsedUp, match=r"key 2 \(J2UF"):
        used_up.next()


def test_it_warns_once_from_nine_tenths_on() -> None:
    disk = Disk()
    warnings: list[tuple[str, int]] = []
    nonces = Nonces(
        "K", disk.reserve, reserved=WARN_FROM - 2, warn=lambda key, used: warnings.append((key, used))
    )
    nonces.next()
    assert warnings == []
    nonces.next()
    nonces.next()
    assert warnings == [("K", 3_865_470_564)]


def test_the_end_is_refused_with_what_to_do() -> None:
    disk = Disk()
    nonces = Nonces("K", disk.reserve, reserved=HIGHEST - 1, block=10)
    assert nonces.next() == 4_294_967_294
    assert disk.reserved["K"] == 4_294_967_294
    with pytest.raises(VenueUnavailable, match="make a new API key"):
        nonces.next()


@pytest.mark.parametrize("on_key", [4_294_967_294, 4_294_967_295, 9_999_999_999])
def test_a_venue_that_is_at_the_end_ends_it_here_too(on_key: int) -> None:
    disk = Disk()
    nonces = allocator(disk)
    with pytest.raises(VenueRefused, match="make a new API key"):
        nonces.after_invalid(f"invalid nonce parameter; on key:{on_key}, you sent:'3'")
    with pytest.raises(VenueUnavailable):
        nonces.next()
    assert disk.reserved == {}


@pytest.mark.parametrize(
    ("text", "sent", "taken"),
    [
        ("invalid nonce parameter; on key:4, you sent:'3', you should send:5", 3, False),
        ("invalid nonce parameter; on key:3, you sent:'3', you should send:4", 3, True),
        ("invalid nonce parameter; on key:4, you sent:'3', you should send:5", 2, True),
        ("invalid nonce parameter", 3, True),
    ],
)
def test_a_number_that_is_on_the_key_already_may_have_come_by_this_very_request(
    text: str, sent: int, taken: bool
) -> None:
    assert may_have_been_taken(text, sent) is taken
