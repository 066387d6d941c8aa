"""Customers who have had enough, from the webhook to the handover: nobody has to ask for a person first."""

from tests.acceptance.articles import KETTLE, PASSWORD, RETURNS
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.waiting import eventually


def _expect_note(words: str, workspace: Workspace, conversation: str) -> None:
    """The note follows what the customer is told."""
    eventually(lambda: words in _note(workspace, conversation), f"a note that says “{words}”")


def _note(workspace: Workspace, conversation: str) -> str:
    return " ".join(part.body for part in workspace.said_by("note", conversation))


def test_an_angry_customer_reaches_a_person_at_once(workspace: Workspace) -> None:
    conversation = workspace.ask(f"{KETTLE.question} This is ridiculous!! I already told you three times")
    workspace.bot_says(conversation)
    _expect_note("The customer seems angry", workspace, conversation)


def test_an_angry_customer_is_understood_in_chinese(workspace: Workspace) -> None:
    conversation = workspace.ask(f"{RETURNS.question}说了多少遍了，你们这个垃圾客服！！！")
    workspace.bot_says(conversation)
    _expect_note("The customer seems angry", workspace, conversation)


def test_whoever_asks_the_same_a_third_time_reaches_a_person(workspace: Workspace) -> None:
    conversation = workspace.ask(PASSWORD.question)
    workspace.bot_says(conversation)
    workspace.write(conversation, "How can I reset my password?")
    workspace.bot_says(conversation, count=2)
    assert "angry" not in _note(workspace, conversation)
    workspace.write(conversation, "I still can't reset my password")
    workspace.bot_says(conversation, count=3)
    _expect_note("asks the same again and again", workspace, conversation)


def test_three_different_questions_are_just_answered(workspace: Workspace) -> None:
    conversation = workspace.ask(PASSWORD.question)
    workspace.bot_says(conversation)
    workspace.write(conversation, KETTLE.question)
    workspace.bot_says(conversation, count=2)
    workspace.write(conversation, RETURNS.question)
    _, _, answer = workspace.bot_says(conversation, count=3)
    assert RETURNS.words in answer.body
