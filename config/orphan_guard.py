"""Ends what a killed supervisor leaves behind. Run as a script, without the project: small, and quick to start.

Its arguments are the process groups that live already: a guard that replaces another knows them from its first moment.
Then it reads lines on standard input: `+GROUP` when a group begins, `-GROUP` when it is gone. End of input means that
the supervisor is gone, however it ended: every group still listed gets SIGTERM, and after GRACE_SECONDS SIGKILL.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 2.0


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups = {int(group) for group in sys.argv[1:]}
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    deadline = time.monotonic() + GRACE_SECONDS
    living = {group for group in groups if _signal(group, signal.SIGTERM)}
    while living and time.monotonic() < deadline:
        time.sleep(0.05)
        living = {group for group in living if _signal(group, 0)}
    for group in living:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
