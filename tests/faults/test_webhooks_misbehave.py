"""Webhooks come twice, in the wrong order, late, or never."""

import time
from typing import Any

import pytest

from config.supervisor import System
from tests.acceptance.articles import KETTLE, PASSWORD
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.waiting import eventually
from tests.faults.conftest import ask_many
from tests.faults.promises import assert_promises_kept

pytestmark = pytest.mark.faults


@pytest.mark.parametrize(
    "fault",
    [
        {"duplicate": True},
        {"duplicate": True, "delay": 1.5},
        {"reorder": True, "probability": 0.5},
        {"delay": 3.0, "probability": 0.5},
        {"drop": True},
        {"drop": True, "probability": 0.5},
        {"status": 500},
    ],
    ids=lambda fault: "-".join(fault),
)
def test_every_question_is_answered_once(system: System, workspace: Workspace, fault: dict[str, Any]) -> None:
    workspace.set_faults(webhooks=fault)
    conversations = ask_many(workspace, 6)
    assert_promises_kept(system, workspace, conversations)


def test_of_two_messages_the_first_comes_to_light_just_before_the_answer_leaves(
    system: System, workspace: Workspace
) -> None:
    """The look before sending finds an older message that no webhook brought: one answer to both, and not none."""
    conversation = workspace.ask(KETTLE.question)
    workspace.bot_says(conversation)
    workspace.set_faults(rest={"status": 503, "path": "/search"})  # no poll finds it earlier
    workspace.write(conversation, "One more thing, about my account.", webhook=False)
    time.sleep(1.1)  # the sender's clock has whole seconds; the order of the two must be plain
    workspace.write(conversation, PASSWORD.question)
    assert_promises_kept(system, workspace, [conversation], answers=2)
    assert PASSWORD.url in workspace.said_by("bot", conversation)[-1].body


def test_a_message_written_in_the_very_second_of_our_last_look_is_found_by_the_poll(
    system: System, workspace: Workspace
) -> None:
    """Intercom's clock has whole seconds: "nothing since this second" is not "nothing new"."""
    conversations: list[str] = []
    is_met = False
    while not is_met and len(conversations) < 10:
        conversation = workspace.ask(KETTLE.question)
        workspace.bot_says(conversation)
        workspace.write(conversation, PASSWORD.question, webhook=False)
        conversations.append(conversation)
        _, answer, written = workspace.thread(conversation)[:3]
        is_met = answer.sent_at == written.sent_at
    assert is_met, "never was the customer quick enough"
    assert_promises_kept(system, workspace, conversations, answers=2)


def test_a_closing_that_comes_late_does_not_swallow_what_the_customer_wrote_after_it(
    system: System, workspace: Workspace
) -> None:
    """The bot has the conversation: the closing comes to light in the look before its answer leaves."""
    conversation = workspace.ask(KETTLE.question)
    workspace.bot_says(conversation)
    workspace.set_faults(rest={"status": 503, "path": "/search"}, webhooks={"delay": 4.0, "times": 1})
    workspace.teammate_closes(conversation)
    time.sleep(1.1)
    workspace.write(conversation, PASSWORD.question)
    assert_promises_kept(system, workspace, [conversation], answers=2)


def test_a_closing_that_comes_late_gives_the_bot_what_the_customer_wrote_after_it(
    system: System, workspace: Workspace
) -> None:
    """A teammate has the conversation: until the closing comes, what the customer writes seems to be the teammate's."""
    conversation = workspace.ask(KETTLE.question)
    workspace.bot_says(conversation)
    workspace.teammate_writes(conversation, "Mira here. Is there anything else?")
    eventually(lambda: workspace.webhooks_under_way() == 0, "the teammate's words are known")
    workspace.set_faults(rest={"status": 503, "path": "/search"}, webhooks={"delay": 3.0, "times": 1})
    workspace.teammate_closes(conversation)
    time.sleep(1.1)
    workspace.write(conversation, PASSWORD.question)
    assert_promises_kept(system, workspace, [conversation], answers=2, is_given_back=True)
