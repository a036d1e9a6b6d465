"""Types made ready to be read into, one at a time.

msgspec learns how a type is read when that is first asked for, and keeps it where another thread finds it half done:
two threads that meet there end the process by a segmentation fault (msgspec 0.22). Several speak to a venue at once
from the daemon's first second on, so whatever they read goes through here.
"""

import functools
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_one_at_a_time = threading.Lock()


def decoder(shape: type[T]) -> "msgspec.json.Decoder[T]":
    """Give what reads JSON as `shape`, numbers as text too. From the first time on `shape` is safe in every thread."""
    return _made(shape)


def _make(shape: type[T]) -> "msgspec.json.Decoder[T]":
    with _one_at_a_time:
        return msgspec.json.Decoder(shape, strict=False)


_made: "Callable[..., msgspec.json.Decoder[Any]]" = functools.cache(_make)
