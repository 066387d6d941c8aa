"""Intercom's webhooks carry HTML up to version 2.14 and plain text from then on; customers notice neither."""

import pytest

from tests.acceptance.articles import KETTLE, PASSWORD
from tests.acceptance.running_system import running_system
from tests.acceptance.sandbox_workspace import Workspace


@pytest.mark.parametrize("version", ["2.14", "2.16"])
def test_a_question_is_answered_whichever_version_the_webhooks_have(
    tmp_path_factory: pytest.TempPathFactory, version: str
) -> None:
    folder = tmp_path_factory.mktemp("version")
    # No poll, so that the answer can only come from what the webhooks said.
    times = {"SANDBOX_API_VERSION": version, "RECONCILE_SECONDS": "3600"}
    with running_system(folder, durable=False, **times) as system:
        workspace = Workspace(system.sandbox_url)
        conversation = workspace.ask(PASSWORD.question)
        (answer,) = workspace.bot_says(conversation)
        assert PASSWORD.words in answer.body
        workspace.write(conversation, f"And if I own more: {KETTLE.question} <3 & so on")
        _, second = workspace.bot_says(conversation, count=2)
        assert KETTLE.words in second.body
        workspace.close_connections()
