"""One running system for all faults of this folder: each test breaks it, and leaves it whole for the next."""

from collections.abc import Iterator

import pytest

from config.supervisor import System
from tests.acceptance.articles import INVOICES, KETTLE, PASSWORD, RETURNS, UNANSWERABLE
from tests.acceptance.prometheus_server import METRICS_TOKEN
from tests.acceptance.running_system import running_system
from tests.acceptance.sandbox_workspace import Workspace

#: What customers ask under load: answered, held and handed over.
QUESTIONS = (
    PASSWORD.question,
    KETTLE.question,
    UNANSWERABLE,
    INVOICES.question,
    "I want a human",
    RETURNS.question,
)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Durable, because PostgreSQL is killed; with the sandbox's model, so that a worker dies while it thinks."""
    folder = tmp_path_factory.mktemp("faults")
    # The same questions are asked again and again, and the model must be asked each time.
    quickly = {"ANSWER_CACHE": "false", "MODEL_FAILURES_IN_A_ROW": "3", "MODEL_REST_SECONDS": "1"}
    quickly["METRICS_TOKEN"] = METRICS_TOKEN
    with running_system(folder, durable=True, with_model=True, threshold=0.3, **quickly) as running:
        yield running


@pytest.fixture
def workspace(system: System) -> Iterator[Workspace]:
    """The sandbox, without faults; afterwards every program runs again and no fault is left."""
    opened = Workspace(system.sandbox_url)
    opened.clear_faults()
    yield opened
    opened.clear_faults()
    opened.close_connections()
    system.postgres.start()
    system.redis.start()
    system.wait_ready()


def kill(system: System, name: str) -> None:
    """SIGKILL, and wait until the supervisor has put another process in its place."""
    system.kill(name)
    system.wait_ready()


def ask_many(workspace: Workspace, count: int) -> list[str]:
    """`count` customers, each with one question."""
    return [workspace.ask(QUESTIONS[number % len(QUESTIONS)]) for number in range(count)]
