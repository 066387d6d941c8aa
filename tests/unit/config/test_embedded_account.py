"""Which account runs PostgreSQL, and what it may reach, for root."""

import os
import pwd
import stat
import subprocess
from pathlib import Path

import pytest

from config.embedded_account import account_for, as_account, let_account_reach

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: ordinary users run PostgreSQL themselves")


@pytest.mark.skipif(os.geteuid() == 0, reason="needs an ordinary user")
def test_an_ordinary_user_runs_postgresql_itself(tmp_path: Path) -> None:
    assert account_for(tmp_path / "data") is None


@needs_root
def test_root_runs_postgresql_as_the_owner_of_its_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    nobody = pwd.getpwnam("nobody")
    os.chown(data, nobody.pw_uid, nobody.pw_gid)
    assert account_for(data) == nobody


@needs_root
def test_a_closed_folder_opens_for_that_account_to_pass_and_for_nothing_else(tmp_path: Path) -> None:
    secret = tmp_path / "home" / "secret"
    secret.mkdir(parents=True)
    (secret / "letter").write_text("dear")
    (secret / "letter").chmod(0o600)
    (tmp_path / "home").chmod(0o700)
    secret.chmod(0o700)
    nobody = pwd.getpwnam("nobody")

    let_account_reach(secret / "data", nobody)
    let_account_reach(secret / "data", nobody)  # a second time changes nothing

    def allowed(test: str, path: Path) -> bool:
        command = ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)]
        return subprocess.run(command, cwd="/", check=False, **as_account(nobody)).returncode == 0

    assert allowed("-x", secret)
    assert allowed("-f", secret / "letter")
    assert not allowed("-r", secret)
    assert not allowed("-w", secret)
    assert not allowed("-r", secret / "letter")
    assert secret.stat().st_mode & stat.S_IRWXO == 0, "others gained rights"
