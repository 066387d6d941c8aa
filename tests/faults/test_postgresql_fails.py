"""PostgreSQL is the truth: while it is away nothing is acknowledged, and nothing that was acknowledged is lost."""

import time

import pytest

from config.supervisor import System
from tests.acceptance.sandbox_workspace import Workspace
from tests.faults.conftest import ask_many
from tests.faults.promises import assert_promises_kept

pytestmark = pytest.mark.faults


def test_killed_under_load(system: System, workspace: Workspace) -> None:
    conversations = ask_many(workspace, 6)
    time.sleep(0.4)
    system.postgres.kill()
    conversations += ask_many(workspace, 6)
    system.postgres.wait_ready()
    assert_promises_kept(system, workspace, conversations)


def test_restarted_under_load(system: System, workspace: Workspace) -> None:
    conversations = ask_many(workspace, 6)
    time.sleep(0.4)
    system.postgres.restart()
    conversations += ask_many(workspace, 6)
    assert_promises_kept(system, workspace, conversations)


def test_away_for_longer_than_webhooks_are_repeated(system: System, workspace: Workspace) -> None:
    system.postgres.stop()
    conversations = ask_many(workspace, 4)
    time.sleep(4.0)
    system.postgres.start()
    assert_promises_kept(system, workspace, conversations)
