"""`manage.py` as a person runs it: its own process, with the settings given and no others."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent.parent


def clean_environment(data_directory: Path, **settings: str) -> dict[str, str]:
    """Nothing of this test run's own services; `.env` is overruled by empty settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    empty = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "MODEL_URL", "INTERCOM_TOKEN", "INTERCOM_CLIENT_SECRET"), "")
    return kept | empty | {"HANDRAIL_DATA_DIR": str(data_directory), "EMBEDDED_DURABLE": "false"} | settings


def manage(data_directory: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), *arguments],
        cwd=PROJECT,
        env=clean_environment(data_directory, **settings),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def assert_one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """The command failed with a single line that holds all of `words`."""
    assert done.returncode != 0
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in lines[0], f"{word!r} is not in {lines[0]!r}"
