"""Ending processes, and their groups, within a stated time."""

import contextlib
import os
import signal

import psutil


def end_process(process_id: int, *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn until the process is gone, waiting so many seconds after each. Need not be a child."""
    try:
        process = psutil.Process(process_id)
        for number, seconds in steps:
            process.send_signal(number)
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(seconds)
                return
    except psutil.NoSuchProcess:
        return


def signal_group(group: int, number: signal.Signals) -> bool:
    """Signal every process of a group; False when it has none left."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return False
    return True
