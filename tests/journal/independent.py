"""A verifier written from `spec/journal.md` alone. It imports nothing of the program, and must not."""

import hashlib
import json
import sqlite3
import struct
import sys


def head(path: str) -> tuple[int, str]:
    """Check a journal and give its head; fails with AssertionError where the chain breaks."""
    db = sqlite3.connect(path)
    try:
        meta = dict(db.execute("SELECT key, value FROM meta"))
        assert meta["format"] == "1"
        expected, digest = 0, b"\0" * 32
        for n, body, stored in db.execute("SELECT n, body, hash FROM records ORDER BY n"):
            expected += 1
            assert isinstance(body, bytes), f"record {expected} is damaged"
            assert n == expected, f"record {expected} is missing"
            digest = hashlib.sha256(digest + struct.pack(">Q", n) + body).digest()
            assert stored == digest, f"record {n} is damaged"
            assert json.loads(body)["v"] == 1
        return expected, digest.hex()
    finally:
        db.close()


if __name__ == "__main__":
    sys.stdout.write("{}:{}\n".format(*head(sys.argv[1])))
