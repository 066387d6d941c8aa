"""One log for many processes."""

import io

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
