"""PostgreSQL and Redis for the whole test run, under `var/test`, started before Django reads its settings.

Nothing here comes from the operator's own settings: tests never meet a real database, workspace or model server.
"""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parent.parent
#: Settings (perhaps from `.env`) that would lead tests to the operator's own systems.
OPERATORS_OWN = (
    "DATABASE_URL",
    "REDIS_URL",
    "MODEL_URL",
    "MODEL_TOKEN",
    "INTERCOM_TOKEN",
    "INTERCOM_CLIENT_SECRET",
    "SECRET_KEY",
)

if "config.settings" in sys.modules:
    raise pytest.UsageError(
        "Django read its settings before tests/conftest.py could start the services; "
        "run `make test`, or `python -m pytest -o DJANGO_SETTINGS_MODULE=`"
    )
#: Which half of a run this process is; "" where the run is not parted (see `make test`).
HALF = os.environ.get("PYTEST_XDIST_WORKER", "")
DATA = BASE_DIR / "var" / "test" / HALF
#: What `make setup` built; tests build their own only where it is missing.
MODELS = Path(os.environ.get("HANDRAIL_DATA_DIR") or BASE_DIR / "var").resolve() / "models"

os.environ.update(dict.fromkeys(OPERATORS_OWN, ""))
os.environ["HANDRAIL_DATA_DIR"] = str(DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
if str(BASE_DIR) not in sys.path:
    sys.path.insert(0, str(BASE_DIR))

from config.embedded import EmbeddedServices  # noqa: E402 (the environment must be set first)
from config.errors import ConfigurationError  # noqa: E402

_services = EmbeddedServices(DATA, postgres=True, redis=True, durable=False)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.option.help or config.option.version:
        return
    DATA.mkdir(parents=True, exist_ok=True)
    if MODELS.is_dir() and not (DATA / "models").exists():
        (DATA / "models").unlink(missing_ok=True)  # a link to what was cleaned away
        (DATA / "models").symlink_to(MODELS)
    if not HALF and getattr(config.option, "numprocesses", None):
        # This process only hands the tests out; the others must not find a setting that they have not made themselves.
        del os.environ["DJANGO_SETTINGS_MODULE"]
        return
    try:
        _services.acquire()
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from error
    os.environ.update(_services.environment())
    from django.conf import settings

    assert settings.DATABASES  # read now, so that pytest-django finds them


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In each half as in a whole run: a file's tests stay together, and those that empty the tables come last.

    They take away the rows that migrations made, on which the others rely.
    """
    for item in items:
        marker = item.get_closest_marker("django_db")
        empties_tables = "transactional_db" in getattr(item, "fixturenames", ()) or (
            marker is not None and bool(marker.kwargs.get("transaction") or marker.args[:1] == (True,))
        )
        item.add_marker(pytest.mark.xdist_group(f"{item.path}{' last' if empties_tables else ''}"))


def pytest_unconfigure() -> None:
    _services.release()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say plainly what this run did not prove."""
    skipped: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        skipped[reason.removeprefix("Skipped: ")] += 1
    deselected = len(terminalreporter.stats.get("deselected", []))
    if not skipped and not deselected:
        return
    terminalreporter.section("left out")
    for reason, count in sorted(skipped.items()):
        terminalreporter.line(f"{count:5}  {reason}")
    if deselected:
        terminalreporter.line(f"{deselected:5}  deselected (`make test-faults` runs those that kill processes)")
