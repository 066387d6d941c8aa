"""Reading settings: a variable set to nothing is no setting, whatever its kind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import env
from config.errors import ConfigurationError

NAME = "HANDRAIL_TESTED_SETTING"


@pytest.mark.parametrize("nothing", ["", "  "])
def test_a_variable_set_to_nothing_takes_its_default(monkeypatch: pytest.MonkeyPatch, nothing: str) -> None:
    monkeypatch.setenv(NAME, nothing)
    assert env.text(NAME, "default") == "default"
    assert env.flag(NAME, True) is True
    assert env.whole_number(NAME, 3, least=1, most=9) == 3
    assert env.number(NAME, 2.5, least=1.0, most=9.0) == 2.5
    assert env.url(NAME, "https://example.com", schemes=("https",)) == "https://example.com"
    assert env.path(NAME, Path("/somewhere")) == Path("/somewhere").resolve()


def test_a_variable_with_a_value_wins_over_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "0")
    assert env.text(NAME, "default") == "0"
    assert env.flag(NAME, True) is False
    assert env.whole_number(NAME, 3, least=0, most=9) == 0


@pytest.mark.parametrize("wrong", ["ten", "10", "1.5"])
def test_an_unusable_number_is_told_with_its_name_and_bounds(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv(NAME, wrong)
    with pytest.raises(ConfigurationError, match=rf"{NAME}.*1 to 9"):
        env.whole_number(NAME, 3, least=1, most=9)


def test_all_settings_set_to_nothing_give_the_defaults(tmp_path: Path) -> None:
    """In a process of its own, as settings are read once; only the data directory and the key are given."""
    settings = (
        "HANDRAIL_PORT",
        "INTERCOM_URL",
        "INTERCOM_VERSION",
        "DEBUG",
        "ALLOWED_HOSTS",
        "STATIC_ROOT",
        "PUBLIC_URL",
    )
    empty = dict.fromkeys((*settings, "SWEEP_SECONDS", "LOG_LEVEL", "TIME_ZONE", "PROMETHEUS_MULTIPROC_DIR"), "")
    script = (
        "import os; from config import settings as s; "
        "print(s.HANDRAIL_PORT, s.INTERCOM_URL, s.INTERCOM_VERSION, s.DEBUG, s.ALLOWED_HOSTS[0], s.SWEEP_SECONDS, "
        "s.LOGGING['root']['level'], s.TIME_ZONE, s.STATIC_ROOT == s.HANDRAIL_DATA_DIR / 'static', "
        "'PROMETHEUS_MULTIPROC_DIR' in os.environ)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=env.BASE_DIR,
        env={**os.environ, **empty, "HANDRAIL_DATA_DIR": str(tmp_path), "SECRET_KEY": "x"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == [
        *("8000", "https://api.intercom.io", "2.16", "False", "localhost", "5.0", "INFO", "UTC", "True", "False")
    ]


def test_a_data_directory_set_to_nothing_is_the_one_beside_the_program() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from config import env; print(env.path('HANDRAIL_DATA_DIR', env.BASE_DIR / 'var'))"],
        cwd=env.BASE_DIR,
        env={**os.environ, "HANDRAIL_DATA_DIR": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert Path(done.stdout.strip()) == env.BASE_DIR / "var"
