"""A person writes while the bot thinks."""

import pytest

from config.supervisor import System
from tests.acceptance.articles import KETTLE, PASSWORD
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.waiting import eventually
from tests.faults.promises import assert_promises_kept

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("webhook", [True, False], ids=["webhook comes", "webhook lost"])
def test_a_teammate_who_writes_while_the_bot_thinks_silences_it(
    system: System, workspace: Workspace, webhook: bool
) -> None:
    workspace.set_faults(model={"delay": 2.0, "times": 1}, rest={"status": 503, "path": "/search"})
    conversation = workspace.ask(PASSWORD.question)
    eventually(lambda: workspace.strikes("model"), "the model is asked")
    workspace.teammate_writes(conversation, "Mira here, I take this.", webhook=webhook)
    assert_promises_kept(system, workspace, [conversation], answers=0)


def test_a_teammate_who_closes_while_the_bot_thinks_silences_it(system: System, workspace: Workspace) -> None:
    workspace.set_faults(model={"delay": 2.0, "times": 1})
    conversation = workspace.ask(PASSWORD.question)
    eventually(lambda: workspace.strikes("model"), "the model is asked")
    workspace.teammate_closes(conversation)
    assert_promises_kept(system, workspace, [conversation], answers=0)


@pytest.mark.parametrize("webhook", [True, False], ids=["webhook comes", "webhook lost"])
def test_a_customer_who_writes_on_while_the_bot_thinks_gets_one_answer_to_both(
    system: System, workspace: Workspace, webhook: bool
) -> None:
    workspace.set_faults(model={"delay": 2.0, "times": 1}, rest={"status": 503, "path": "/search"})
    conversation = workspace.ask(f"I need help with two things. {KETTLE.question}")
    eventually(lambda: workspace.strikes("model"), "the model is asked")
    workspace.write(conversation, PASSWORD.question, webhook=webhook)
    assert_promises_kept(system, workspace, [conversation])
