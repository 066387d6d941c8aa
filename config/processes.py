"""Ending processes, and their groups, within a stated time."""

import os
import signal
import time

import psutil


def end_process(process_id: int, *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn until the process is gone, waiting so many seconds after each. Need not be a child."""
    try:
        process = psutil.Process(process_id)
        for number, seconds in steps:
            process.send_signal(number)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if has_ended(process):
                    return
                time.sleep(0.02)
    except psutil.NoSuchProcess:
        return


def has_ended(process: psutil.Process) -> bool:
    """Whether it works no more. A zombie has ended: it waits for its parent only, which may never look."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def signal_group(group: int, number: int) -> bool:
    """Signal every process of a group; False when it has none left."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return False
    return True
