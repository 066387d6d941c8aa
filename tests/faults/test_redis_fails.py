"""Redis is a convenience: it may forget everything, die and come back."""

import time

import pytest

from config.supervisor import System
from tests.acceptance.sandbox_workspace import Workspace
from tests.faults.conftest import ask_many
from tests.faults.promises import assert_promises_kept

pytestmark = pytest.mark.faults


def test_flushed_under_load(system: System, workspace: Workspace) -> None:
    conversations: list[str] = []
    for _ in range(4):
        conversations += ask_many(workspace, 4)
        time.sleep(0.2)
        system.redis.flush()
    assert_promises_kept(system, workspace, conversations)


def test_killed_under_load(system: System, workspace: Workspace) -> None:
    conversations = ask_many(workspace, 6)
    system.redis.kill()
    conversations += ask_many(workspace, 6)
    assert_promises_kept(system, workspace, conversations)


def test_away_for_a_while(system: System, workspace: Workspace) -> None:
    conversations = ask_many(workspace, 3)
    system.redis.stop()
    conversations += ask_many(workspace, 3)
    time.sleep(2.0)
    system.redis.start()
    conversations += ask_many(workspace, 3)
    assert_promises_kept(system, workspace, conversations)
