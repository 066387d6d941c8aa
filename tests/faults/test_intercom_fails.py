"""Intercom's REST API refuses, breaks, hangs, or carries a reply out without saying so."""

from typing import Any

import pytest

from config.supervisor import System
from tests.acceptance.articles import PASSWORD
from tests.acceptance.running_system import running_system
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.waiting import eventually
from tests.faults.conftest import ask_many
from tests.faults.promises import assert_promises_kept

pytestmark = pytest.mark.faults


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "reset_seconds": 2, "times": 4},
        {"status": 500, "times": 8},
        {"status": 401, "times": 4},
        {"mode": "close", "times": 8},
        {"mode": "close", "probability": 0.3},
        {"mode": "accept_then_close", "path": "/reply", "times": 4},
        {"mode": "accept_then_500", "path": "/reply", "times": 4},
        {"mode": "accept_then_500", "path": "/parts", "times": 3},
    ],
    ids=lambda fault: "-".join(str(value).strip("/") for value in fault.values()),
)
def test_every_question_is_answered_once(system: System, workspace: Workspace, fault: dict[str, Any]) -> None:
    workspace.set_faults(rest=fault)
    conversations = ask_many(workspace, 6)
    assert_promises_kept(system, workspace, conversations)


@pytest.mark.parametrize("mode", ["hang", "accept_then_hang"])
def test_a_reply_that_is_never_answered_is_said_once(system: System, workspace: Workspace, mode: str) -> None:
    workspace.set_faults(rest={"mode": mode, "path": "/reply", "times": 1})
    conversation = workspace.ask(PASSWORD.question)
    assert_promises_kept(system, workspace, [conversation])


def test_the_first_message_of_all_waits_for_an_intercom_that_cannot_say_whose_token_this_is(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A new installation learns its workspace from the first notification."""
    folder = tmp_path_factory.mktemp("first")
    with running_system(folder, durable=False, RECONCILE_SECONDS="3600") as system:
        workspace = Workspace(system.sandbox_url)
        workspace.set_faults(rest={"status": 503})
        conversation = workspace.ask(PASSWORD.question)
        eventually(lambda: workspace.strikes("rest") >= 3, "Intercom is asked, and asked again")
        workspace.clear_faults()
        assert_promises_kept(system, workspace, [conversation])
        workspace.close_connections()


def test_a_look_that_hangs_delays_the_answer_and_nothing_else(system: System, workspace: Workspace) -> None:
    conversation = workspace.ask(PASSWORD.question)
    workspace.set_faults(rest={"mode": "hang", "path": conversation, "times": 1})
    assert_promises_kept(system, workspace, [conversation])
