"""Intercom's webhooks carry HTML up to version 2.14 and plain text from then on; customers notice neither."""

import pytest

from tests.acceptance.articles import KETTLE, PASSWORD
from tests.acceptance.running_system import running_system
from tests.acceptance.sandbox_workspace import Workspace


def _is_answered_by_webhooks_alone(workspace: Workspace) -> None:
    """No poll succeeds, so that the answers can only come from what the webhooks said."""
    workspace.set_faults(rest={"path": "/conversations/search", "status": 500})
    conversation = workspace.ask(PASSWORD.question)
    (answer,) = workspace.bot_says(conversation)
    assert PASSWORD.words in answer.body
    workspace.write(conversation, f"And if I own more: {KETTLE.question} <3 & so on")
    _, second = workspace.bot_says(conversation, count=2)
    assert KETTLE.words in second.body


def test_a_question_is_answered_when_webhooks_carry_plain_text(workspace: Workspace) -> None:
    _is_answered_by_webhooks_alone(workspace)  # the system of these tests has version 2.16


def test_a_question_is_answered_when_webhooks_carry_html(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("version")
    with running_system(folder, durable=False, SANDBOX_API_VERSION="2.14") as system:
        workspace = Workspace(system.sandbox_url)
        _is_answered_by_webhooks_alone(workspace)
        workspace.close_connections()
