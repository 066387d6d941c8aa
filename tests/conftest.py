"""PostgreSQL and Redis for the whole test run, under `var/test`; Django reads their addresses, and no others.

Nothing here comes from the operator's own settings: tests never meet a real database, workspace or model server.
"""

import os
import sys
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
import pytest_django

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
from config.embedded_postgres import DATABASE  # noqa: E402
from config.errors import ConfigurationError  # noqa: E402
from tests.prepared_cluster import brought_up_to_date  # noqa: E402

_redis = EmbeddedServices(DATA, postgres=False, redis=True)
_postgres = EmbeddedServices(DATA, postgres=True, redis=False, durable=False)


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
        _redis.acquire()
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from error
    os.environ.update(_redis.environment() | _postgres.environment())
    from django.conf import settings

    assert settings.DATABASES  # read now, so that pytest-django finds them
    # Hundreds of tests make a colleague whose password nobody types; where one signs in, the whole system runs.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """PostgreSQL, started for the first test that needs it; its database is a copy of one that is migrated already."""
    from django.db import connections

    is_migrated = brought_up_to_date(DATA, models=DATA / "models")
    _postgres.acquire()
    if is_migrated:
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = DATABASE


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """Tests that commit are cleaned up after with TRUNCATE, which the audit log refuses everywhere else."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sessions_app_auditentry DISABLE TRIGGER audit_is_not_emptied")


#: Tests that share one running system of their folder, which takes longer to start than most of them.
WHOLE_SYSTEMS = ("browser", "acceptance")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, None, None]:
    """What stays together, and the order in which groups begin: the long ones early, so that no half ends long before
    the other.

    A file's tests stay together, and so do those of one running system. Those that empty the tables come last, in each
    half as in a whole run: they take away the rows that migrations made, on which the others rely.
    """
    for item in items:
        group = str(item.path)
        if _empties_tables(item):
            group += " last"
        elif folder := next((one for one in WHOLE_SYSTEMS if BASE_DIR / "tests" / one in item.path.parents), ""):
            group = folder
        item.add_marker(pytest.mark.xdist_group(group))
    yield  # pytest-xdist reads the groups, and pytest-django puts the tests in an order of its own
    if getattr(config.option, "loadgroup", False) and not all("@" in item.nodeid for item in items):
        raise pytest.UsageError(
            "pytest-xdist did not see the groups: each half would start every system; see pytest<9.2"
        )
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """The browser waits much, so that the other half has the processor for what needs no database; then the rest."""
    if _empties_tables(item):
        return 4
    if "db" in getattr(item, "fixturenames", ()) or item.get_closest_marker("django_db"):
        return 3
    folders = item.path.relative_to(BASE_DIR / "tests").parts
    return {"browser": 0, "acceptance": 2}.get(folders[0], 1)


def _empties_tables(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return "transactional_db" in getattr(item, "fixturenames", ()) or (
        marker is not None and bool(marker.kwargs.get("transaction") or marker.args[:1] == (True,))
    )


def pytest_unconfigure() -> None:
    _postgres.release()
    _redis.release()


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
