"""Whoever starts the system for the first time is told the password, whatever happens meanwhile."""

import signal
from typing import Any

import pytest

from config import run
from config.errors import ConfigurationError


class _FirstStart:
    """A system that has made the account, and then `error` happens."""

    admin_password, url, processes, failure = "made-just-now", "http://127.0.0.1:8000", (), "gave up"

    def __init__(self, error: BaseException | None) -> None:
        self._error = error

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def wait(self) -> None: ...

    def wait_ready(self) -> None:
        if self._error:
            raise self._error


@pytest.mark.parametrize("error", [None, ConfigurationError("worker not ready"), KeyboardInterrupt()])
def test_the_password_is_shown_once_even_if_the_start_fails_or_is_broken_off(
    error: BaseException | None, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setattr(run, "system_from_settings", lambda console: _FirstStart(error))
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    run.main()
    assert capsys.readouterr().err.count("made-just-now") == 1
