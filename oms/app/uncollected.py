"""Long work that makes many objects, none of which refers to itself."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Do not look for cycles meanwhile: there are none, and looking for them costs up to a fifth of the time.

    What was made is not looked through afterwards either, not even when the program ends.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
