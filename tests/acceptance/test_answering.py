"""What a customer experiences: an answer from the articles, or a person."""

import pytest

from tests.acceptance.articles import KETTLE, PASSWORD, RETURNS, UNANSWERABLE, SmallArticle
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.waiting import eventually


@pytest.mark.parametrize("article", [PASSWORD, RETURNS], ids=["English", "Chinese"])
def test_a_question_is_answered_with_the_articles_words_and_link(workspace: Workspace, article: SmallArticle) -> None:
    conversation = workspace.ask(article.question)
    (answer,) = workspace.bot_says(conversation)
    assert article.words in answer.body
    assert article.url in answer.body
    assert workspace.said_by("note", conversation) == []


def test_a_question_that_no_article_answers_is_held_for_a_person(workspace: Workspace) -> None:
    conversation = workspace.ask(UNANSWERABLE)
    (holding,) = workspace.bot_says(conversation)
    assert "a colleague to check my answer" in holding.body
    (note,) = eventually(lambda: workspace.said_by("note", conversation), "a note for the team")
    assert "Handrail asks for a person's word" in note.body
    assert "Confidence" in note.body or "No article answers this" in note.body
    assert eventually(lambda: workspace.assigned_teams(conversation), "an assignment") == ["2001"]


@pytest.mark.parametrize(
    ("wish", "promise"), [("I want a human", "passing you on to a colleague"), ("转人工", "转接人工")]
)
def test_a_customer_who_asks_for_a_person_is_handed_over_at_once(workspace: Workspace, wish: str, promise: str) -> None:
    conversation = workspace.ask(wish)
    (farewell,) = workspace.bot_says(conversation)
    assert promise in farewell.body
    assert eventually(lambda: workspace.assigned_teams(conversation), "an assignment") == ["2001"]
    (note,) = eventually(lambda: workspace.said_by("note", conversation), "a note for the team")
    assert wish in note.body


def test_messages_in_quick_succession_get_one_answer(workspace: Workspace) -> None:
    conversation = workspace.ask("Hi")
    workspace.write(conversation, "I have a question about my account")
    workspace.write(conversation, PASSWORD.question)
    workspace.bot_says(conversation)
    later = workspace.ask(KETTLE.question)
    workspace.bot_says(later)  # by now a second answer to the first conversation would be there, too
    assert len(workspace.said_by("bot", conversation)) == 1


def test_a_second_question_is_answered_after_the_first(workspace: Workspace) -> None:
    conversation = workspace.ask(PASSWORD.question)
    workspace.bot_says(conversation)
    workspace.write(conversation, KETTLE.question)
    first, second = workspace.bot_says(conversation, count=2)
    assert PASSWORD.words in first.body
    assert KETTLE.words in second.body
