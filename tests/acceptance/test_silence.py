"""When the bot says nothing: a person has the conversation, or nobody asked it."""

import pytest

from tests.acceptance.articles import KETTLE, PASSWORD, UNANSWERABLE
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.waiting import eventually


def _somebody_else_is_answered(workspace: Workspace) -> None:
    """Once a customer who wrote later has an answer, silence towards an earlier one is no slowness."""
    workspace.bot_says(workspace.ask(KETTLE.question))


def test_a_teammates_reply_silences_the_bot_and_closing_gives_the_conversation_back(workspace: Workspace) -> None:
    conversation = workspace.ask(PASSWORD.question)
    workspace.bot_says(conversation)
    workspace.teammate_writes(conversation, "Mira here, let me look into this myself.")
    workspace.write(conversation, KETTLE.question)
    _somebody_else_is_answered(workspace)
    assert len(workspace.said_by("bot", conversation)) == 1

    workspace.teammate_closes(conversation)
    workspace.write(conversation, KETTLE.question)
    _, second = workspace.bot_says(conversation, count=2)
    assert KETTLE.words in second.body


def test_a_teammates_reply_withdraws_the_waiting_draft(workspace: Workspace) -> None:
    conversation = workspace.ask(UNANSWERABLE)
    workspace.bot_says(conversation)
    workspace.teammate_writes(conversation, "He does not, I asked him.")
    workspace.write(conversation, KETTLE.question)
    _somebody_else_is_answered(workspace)
    assert len(workspace.said_by("bot", conversation)) == 1


def test_a_note_neither_silences_the_bot_nor_makes_it_speak(workspace: Workspace) -> None:
    conversation = workspace.ask(PASSWORD.question)
    workspace.bot_says(conversation)
    workspace.teammate_notes(conversation, "How do I descale the kettle? Asking for a friend.")
    _somebody_else_is_answered(workspace)
    assert len(workspace.said_by("bot", conversation)) == 1

    workspace.write(conversation, KETTLE.question)
    assert len(workspace.bot_says(conversation, count=2)) == 2


def test_the_answer_of_intercoms_own_agent_triggers_nothing(workspace: Workspace) -> None:
    conversation = workspace.ask(PASSWORD.question)
    workspace.bot_says(conversation)
    workspace.fin_answers(conversation, "How do I descale the kettle?")
    _somebody_else_is_answered(workspace)
    # The messenger shows every bot as "bot": Handrail's answer and Fin's, and nothing in reply to Fin's.
    assert [part.body for part in workspace.said_by("bot", conversation)][1:] == ["How do I descale the kettle?"]


@pytest.mark.parametrize("words", ["Thanks!", "谢谢"])
def test_thanks_are_not_answered(workspace: Workspace, words: str) -> None:
    conversation = workspace.ask(PASSWORD.question)
    workspace.bot_says(conversation)
    workspace.write(conversation, words)
    _somebody_else_is_answered(workspace)
    assert len(workspace.said_by("bot", conversation)) == 1


def test_the_bot_does_not_answer_itself(workspace: Workspace) -> None:
    conversation = workspace.ask(PASSWORD.question)
    workspace.bot_says(conversation)
    eventually(lambda: workspace.webhooks_under_way() == 0, "the webhook of the bot's own reply is delivered")
    _somebody_else_is_answered(workspace)
    assert len(workspace.said_by("bot", conversation)) == 1
