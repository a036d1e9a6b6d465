"""`oms` from its first moment to its exit code. The commands load slowly; what has to be there before them is here."""

import os
import signal
import sys
from types import FrameType
from typing import Final

from oms.app.standard_output import leave_standard_output

_DONE: Final = 0
_NEGATIVE: Final = 1
_USAGE: Final = 2
_STDOUT: Final = 1
_STDERR: Final = 2
_INTERRUPTED: Final = 130  # 128 and the signal's number, as shells have it


def main() -> None:
    """Run the command line; an error is one line, or one for each problem of a configuration."""
    _open_what_is_closed()
    if sys.argv[1:2] == ["run"]:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _not_started)
    code = _run()
    try:
        sys.stdout.flush()
    except OSError as error:
        code = _unwritten(error, code)
    sys.exit(code)


def _open_what_is_closed() -> None:
    """Take what is printed to nowhere, where a standard stream was closed: the journal would get its number."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        os.set_inheritable(number, True)
    os.close(number)
    sys.stdout = sys.stdout or os.fdopen(_STDOUT, "w")
    sys.stderr = sys.stderr or os.fdopen(_STDERR, "w")


def _not_started(number: int, _frame: FrameType | None) -> None:
    """End at once: until the daemon takes signals itself, it has sent nothing and shown nothing."""
    os.write(
        _STDERR, f"oms: {signal.Signals(number).name} came before the start: nothing was started\n".encode()
    )
    os._exit(_DONE)  # an exception could get lost where a module is being loaded


def _run() -> int:
    """Run the command; gives its exit code."""
    try:
        from oms.app.cli_commands import app  # noqa: PLC0415 - it takes most of a second
        from oms.core.errors import ConfigError, JournalError, OmsError  # noqa: PLC0415 - likewise

        try:
            app()
        except ConfigError as error:
            return _complain(error, code=_USAGE)
        except JournalError as error:
            return _complain(error, code=_NEGATIVE)
        except OmsError as error:
            return _complain(error, code=_USAGE)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except OSError as error:
        if not _is_of_output():
            raise
        return _unwritten(error, _NEGATIVE)
    return _DONE


def _complain(error: Exception, *, code: int) -> int:
    for line in str(error).splitlines():
        print(f"oms: {line}", file=sys.stderr)
    return code


# --- standard output that takes nothing -----------------------------------------------------------------------------


def _is_of_output() -> bool:
    """Whether it is standard output that failed: then it takes not even the end of a line."""
    try:
        os.write(sys.stdout.fileno(), b"\n")
    except OSError:
        return True
    return False


def _unwritten(error: OSError, code: int) -> int:
    """Say why the result is not there; who reads no further (`| head`) knows. Gives the exit code."""
    leave_standard_output()
    if isinstance(error, BrokenPipeError):
        return code
    told = f"cannot write to standard output: {error.strerror}; what was done stays done"
    print(f"oms: {told}", file=sys.stderr)
    return _USAGE
