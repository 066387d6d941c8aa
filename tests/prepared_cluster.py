"""A PostgreSQL cluster whose database is migrated already: made once, copied wherever a test run needs one.

Migrations take ten seconds and a copy a fraction of one; a run needs about eight. Whatever the copy is for, migrations
are asked again there and find nothing to do.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from config.embedded_service import locked

PROJECT = Path(__file__).resolve().parent.parent
#: Seconds for who waits until another process has made it.
MADE_SECONDS = 300.0
#: What the content of a migrated database follows from, beside the packages.
_SOURCES = ("*/migrations/**/*.*", "*/models/**/*.py", "*/models.py", "*/apps.py", "config/settings.py")


def prepared_cluster(*, models: Path) -> Path:
    """The folder of the migrated cluster, which is stopped: for copying only. `models` as for `running_system`."""
    folder = PROJECT / "var" / "test" / "prepared"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / _key()
    with locked(folder / "lock", seconds=MADE_SECONDS):
        if not (made / "done").exists():
            for old in folder.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            _make(made, models)
            (made / "done").touch()
    return made / "postgres" / "data"


def brought_up_to_date(data_directory: Path, *, models: Path) -> bool:
    """Replace the cluster that an earlier test run left, unless it is migrated as far or runs.

    Returns whether its database is migrated, so that it can be copied inside.
    """
    from config.embedded_postgres import Postgres

    postgres = Postgres(folder=data_directory / "postgres")
    mark = postgres.folder / "prepared"
    key = _key()
    if not mark.exists() or mark.read_text() != key:
        if postgres.process_id() is not None:
            return False
        shutil.rmtree(postgres.folder / "data", ignore_errors=True)
        copy_prepared_cluster(data_directory, models=models)
        mark.write_text(key)
    return True


def copy_prepared_cluster(data_directory: Path, *, models: Path) -> None:
    """Give a data directory that has no PostgreSQL yet the migrated one."""
    folder = data_directory / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    source = prepared_cluster(models=models)
    shutil.rmtree(folder / "data.new", ignore_errors=True)
    # `cp` keeps the owner, which is not root where root runs the tests; a copy cut short is not taken for a cluster.
    subprocess.run(["cp", "-a", str(source), str(folder / "data.new")], check=True, timeout=60)
    (folder / "data.new").rename(folder / "data")


def _make(made: Path, models: Path) -> None:
    made.mkdir()
    (made / "models").symlink_to(models)
    done = subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), "migrate", "--verbosity", "0"],
        cwd=PROJECT,
        env={**os.environ, "HANDRAIL_DATA_DIR": str(made), "EMBEDDED_DURABLE": "false", "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=MADE_SECONDS,
    )
    assert done.returncode == 0, f"the database for tests could not be migrated:\n{done.stderr}"


def _key() -> str:
    found = hashlib.sha256((PROJECT / "requirements.txt").read_bytes())
    for file in sorted({path for pattern in _SOURCES for path in PROJECT.glob(pattern) if path.suffix != ".pyc"}):
        found.update(str(file.relative_to(PROJECT)).encode() + b"\0" + file.read_bytes())
    return found.hexdigest()[:16]
