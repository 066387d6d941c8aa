"""A benchmark that was stopped goes on with what it had not measured yet, and says what it had."""

from pathlib import Path

import pytest

from benchmarks.steps import Steps


def test_a_stopped_run_is_gone_on_with(tmp_path: Path) -> None:
    first = Steps(tmp_path, is_kept=True)
    assert first.once("fill", lambda: {"seconds": 1.5}) == {"seconds": 1.5}
    with pytest.raises(KeyboardInterrupt):
        first.once("ask", stopped)
    again = Steps(tmp_path, is_kept=True)
    assert again.once("fill", stopped) == {"seconds": 1.5}
    assert again.once("ask", lambda: [1, 2]) == [1, 2]
    assert again.taken == ["fill"]


def test_a_run_that_is_not_kept_takes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    Steps(tmp_path, is_kept=True).once("fill", lambda: 1)
    plain = Steps(tmp_path, is_kept=False)
    assert plain.once("fill", lambda: 2) == 2
    assert Steps(tmp_path, is_kept=True).once("fill", stopped) == 1


def stopped() -> object:
    raise KeyboardInterrupt
