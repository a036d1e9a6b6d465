"""A process that appends without end and says what was acknowledged: something to kill. `writer.py JOURNAL`."""

import sys

from oms.journal.sqlite import SqliteJournal
from tests.journal.builders import filled

if __name__ == "__main__":
    journal = SqliteJournal(sys.argv[1])
    while True:
        number = journal.append([filled(n) for n in range(journal.head[0] % 7 + 1)])
        sys.stdout.write("{}:{}\n".format(*journal.head))
        sys.stdout.flush()
        assert number == journal.head[0]
