"""The web process and the clock are killed."""

import pytest

from config.supervisor import System
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.waiting import eventually
from tests.faults.conftest import ask_many, kill
from tests.faults.promises import assert_promises_kept

pytestmark = pytest.mark.faults


def test_web_killed_between_storing_a_notification_and_enqueueing_it(system: System, workspace: Workspace) -> None:
    system.redis.stop()
    conversations = ask_many(workspace, 3)
    eventually(lambda: workspace.webhooks_under_way() == 0, "the notifications are acknowledged without a broker")
    kill(system, "web")
    system.redis.start()
    assert_promises_kept(system, workspace, conversations)


def test_web_killed_while_notifications_arrive(system: System, workspace: Workspace) -> None:
    conversations = ask_many(workspace, 6)
    system.kill("web")
    conversations += ask_many(workspace, 6)
    system.wait_ready()
    assert_promises_kept(system, workspace, conversations)


def test_beat_killed(system: System, workspace: Workspace) -> None:
    kill(system, "beat")
    workspace.set_faults(webhooks={"drop": True})
    conversations = ask_many(workspace, 3)
    assert_promises_kept(system, workspace, conversations)
