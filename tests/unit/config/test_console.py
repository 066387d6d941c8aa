"""One log for many processes."""

import io
from pathlib import Path

from config.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_carries_its_processs_name() -> None:
    stream = io.StringIO()
    Console(stream, {}).line("web", "hello")
    assert stream.getvalue() == "web      | hello\n"


def test_two_processes_have_two_colours_on_a_terminal() -> None:
    stream = Terminal()
    console = Console(stream, {})
    console.line("web", "a")
    console.line("worker", "b")
    first, second = stream.getvalue().splitlines()
    assert first.startswith("\x1b[")
    assert first.split("m", 1)[0] != second.split("m", 1)[0]


def test_no_colours_in_a_file_or_where_NO_COLOR_is_set() -> None:
    for stream, environment in ((io.StringIO(), {}), (Terminal(), {"NO_COLOR": "1"})):
        Console(stream, environment).line("web", "hello")
        assert "\x1b" not in stream.getvalue()


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_terminal_that_is_gone_stops_nobody() -> None:
    Console(Gone(), {}).line("web", "hello")


def test_a_log_that_somebody_empties_meanwhile_stays_text(tmp_path: Path) -> None:
    """A file that was opened as the shell's `>` does; else a gap of NUL bytes would come before the next line."""
    log = tmp_path / "log.txt"
    with log.open("w") as stream:
        console = Console(stream, {})
        console.line("web", "before")
        log.write_bytes(b"")
        console.line("web", "after")
    assert log.read_text() == "web      | after\n"
