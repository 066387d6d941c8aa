"""Running one program: its output, and its whole process group."""

import os
import sys
import time
from pathlib import Path
from signal import SIGKILL, SIGSTOP, SIGTERM

import psutil

from config.program import Program, Running


def run(script: str, seen: list[str], **options: object) -> Running:
    program = Program(name="one", command=(sys.executable, "-c", script), **options)  # type: ignore[arg-type]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return Running(program, environment=environment, folder=Path.cwd(), write=lambda name, line: seen.append(line))


def test_every_line_of_both_outputs_arrives() -> None:
    seen: list[str] = []
    running = run(
        "import sys; print('out'); sys.stderr.write('err\\n'); sys.stdout.buffer.write(b'\\xff no newline')", seen
    )
    assert running.wait(10) == 0
    running.close()
    assert sorted(seen) == ["err", "out", "\ufffd no newline"]
    assert sorted(running.lines) == sorted(seen)


def test_it_is_ready_once_it_says_so() -> None:
    running = run("import time; print('worker ready.'); time.sleep(30)", [], ready_words=" ready.")
    deadline = time.monotonic() + 10
    while not running.ready() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running.ready()
    running.signal_all(SIGKILL)
    running.wait(5)
    assert not running.ready()


def test_what_a_program_started_ends_with_its_group_though_the_program_itself_died() -> None:
    seen: list[str] = []
    running = run(
        "import subprocess, sys, os; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); os._exit(3)", seen
    )
    assert running.wait(10) == 3
    deadline = time.monotonic() + 5
    while not seen and time.monotonic() < deadline:
        time.sleep(0.02)
    stray = psutil.Process(int(seen[0]))
    assert running.anything_left()
    running.signal_all(SIGTERM)
    psutil.wait_procs([stray], timeout=5)
    assert not running.anything_left()


def test_control_characters_and_empty_lines_never_reach_the_log() -> None:
    seen: list[str] = []
    running = run(r"import sys; sys.stdout.buffer.write(b'a\x00b\x1b[31m\tc\n\n\r\nend\n')", seen)
    assert running.wait(10) == 0
    running.close()
    assert seen == ["a\ufffdb\ufffd[31m\tc", "end"]


def test_it_is_not_ready_from_the_moment_of_a_signal_that_ends_it() -> None:
    """Though the process itself may still look alive."""
    running = run(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('worker ready.'); time.sleep(30)",
        [],
        ready_words=" ready.",
    )
    deadline = time.monotonic() + 10
    while not running.ready() and time.monotonic() < deadline:
        time.sleep(0.02)
    running.signal(SIGSTOP)
    assert running.ready(), "it only stands still"
    running.signal(SIGTERM)
    assert running.exit_code is None
    assert not running.ready()
    running.signal_all(SIGKILL)
    running.wait(5)
