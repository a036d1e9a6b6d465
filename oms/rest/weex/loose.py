"""JSON as CancelOrders' example prints it: keys that are numbers may stand without quotes."""

import re
from typing import Final

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|(?<![\w.+-])(\d+)(?=\s*:)', re.DOTALL)


def quoted(content: bytes) -> bytes:
    """Put quotes around numbers that stand as keys; text in quotes stays as it is."""
    return _TOKEN.sub(lambda found: b'"%b"' % found[1] if found[1] else found[0], content)
