"""The worker is killed with SIGKILL in each stage of a conversation."""

import random
import time

import pytest

from config.supervisor import System
from tests.acceptance.articles import PASSWORD
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.waiting import eventually
from tests.faults.conftest import ask_many, kill
from tests.faults.promises import assert_promises_kept

pytestmark = pytest.mark.faults


def test_killed_while_the_model_thinks(system: System, workspace: Workspace) -> None:
    workspace.set_faults(model={"delay": 3.0, "times": 1})
    conversation = workspace.ask(PASSWORD.question)
    eventually(lambda: workspace.strikes("model"), "the model is asked")
    kill(system, "worker")
    assert_promises_kept(system, workspace, [conversation])


def test_killed_while_it_looks_before_sending(system: System, workspace: Workspace) -> None:
    conversation = workspace.ask(PASSWORD.question, webhook=True)
    workspace.set_faults(rest={"delay": 3.0, "times": 1, "path": conversation})
    eventually(lambda: workspace.strikes("rest"), "Intercom is asked for the conversation")
    kill(system, "worker")
    assert_promises_kept(system, workspace, [conversation])


def test_killed_before_its_reply_is_carried_out(system: System, workspace: Workspace) -> None:
    """The request has left, so Intercom carries it out after our death: looking at once would not find it yet."""
    workspace.set_faults(rest={"delay": 8.0, "times": 1, "path": "/reply"})
    conversation = workspace.ask(PASSWORD.question)
    eventually(lambda: workspace.strikes("rest"), "the reply is on its way")
    kill(system, "worker")
    eventually(
        lambda: any(call["fault"] == "delay" for call in workspace.calls(conversation)),
        "Intercom has carried out what the dead worker asked for",
    )
    assert_promises_kept(system, workspace, [conversation])


def test_killed_after_its_reply_was_carried_out(system: System, workspace: Workspace) -> None:
    workspace.set_faults(rest={"mode": "accept_then_hang", "times": 1, "path": "/reply"})
    conversation = workspace.ask(PASSWORD.question)
    workspace.bot_says(conversation)
    kill(system, "worker")
    assert_promises_kept(system, workspace, [conversation])


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_moments_under_load(system: System, workspace: Workspace, seed: int) -> None:
    """Understanding, searching and deciding take milliseconds; among twenty conversations, kills meet them all."""
    chance = random.Random(seed)
    conversations: list[str] = []
    for _ in range(3):
        conversations += ask_many(workspace, 7)
        time.sleep(chance.uniform(0.05, 0.9))
        kill(system, "worker")
    assert_promises_kept(system, workspace, conversations)
