"""One running system for all acceptance tests; each test brings its own customers."""

from collections.abc import Iterator

import pytest

from config.supervisor import System
from tests.acceptance.prometheus_server import METRICS_TOKEN
from tests.acceptance.running_system import running_system
from tests.acceptance.sandbox_workspace import Workspace


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("acceptance")
    settings = {"METRICS_TOKEN": METRICS_TOKEN, "SANDBOX_API_VERSION": "2.16"}
    with running_system(folder, durable=False, **settings) as running:
        yield running


@pytest.fixture
def workspace(system: System) -> Iterator[Workspace]:
    opened = Workspace(system.sandbox_url)
    opened.clear_faults()
    yield opened
    opened.clear_faults()
    opened.close_connections()
