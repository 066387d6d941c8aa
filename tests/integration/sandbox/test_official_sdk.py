"""A foreign client: Intercom's own Python SDK does the platform's work against the sandbox."""

import pytest
from intercom import Intercom
from intercom.conversations.types import ConversationsManageRequestBody_Assignment as Assignment
from intercom.conversations.types import ConversationsManageRequestBody_Close as Close
from intercom.core.api_error import ApiError
from intercom.types import AdminReplyConversationRequest

from tests.integration.sandbox.running import Running


@pytest.fixture
def client(sandbox: Running) -> Intercom:
    return Intercom(token="sandbox-token", base_url=sandbox.url, timeout=10)


def test_the_sdk_reads_a_conversation_and_its_contact(sandbox: Running, client: Intercom) -> None:
    found = client.conversations.find(sandbox.ask("Hello"), display_as="plaintext")
    assert found.source is not None
    assert found.source.body == "Hello"
    assert found.contacts is not None
    contact = client.contacts.find(str(found.contacts.contacts[0].id))
    assert contact.email == "dana@example.com"


def test_the_sdk_replies_and_notes(sandbox: Running, client: Intercom) -> None:
    conversation = sandbox.ask()
    for kind in ("comment", "note"):
        client.conversations.reply(
            conversation,
            request=AdminReplyConversationRequest(message_type=kind, type="admin", admin_id="1001", body="<p>Hi</p>"),
        )
    assert [part["author"] for part in sandbox.view(conversation)["parts"]] == ["customer", "bot", "note"]


def test_the_sdk_assigns_and_closes(sandbox: Running, client: Intercom) -> None:
    conversation = sandbox.ask()
    assigned = client.conversations.manage(
        conversation, request=Assignment(type="team", admin_id="1001", assignee_id="2002")
    )
    assert str(assigned.team_assignee_id) == "2002"
    closed = client.conversations.manage(conversation, request=Close(type="admin", admin_id="1001"))
    assert closed.state == "closed"


def test_the_sdk_updates_and_tags(sandbox: Running, client: Intercom) -> None:
    conversation = sandbox.ask()
    updated = client.conversations.update(conversation, read=True, custom_attributes={"Topic": "Returns"})
    assert updated.read is True
    assert updated.custom_attributes == {"Topic": "Returns"}
    tag = client.tags.create(request={"name": "ai-answered"})
    client.tags.tag_conversation(conversation, tag_id=tag.id, admin_id="1001")
    tags = client.conversations.find(conversation).tags
    assert tags is not None
    assert [each.name for each in tags.tags or []] == ["ai-answered"]
    client.tags.untag_conversation(conversation, tag.id, admin_id="1001")
    assert [each.name for each in client.tags.list().data or []] == ["ai-answered"]


def test_the_sdk_searches(sandbox: Running, client: Intercom) -> None:
    conversation = sandbox.ask()
    pager = client.conversations.search(query={"field": "state", "operator": "=", "value": "open"})
    assert [each.id for each in pager.items or []] == [conversation]


def test_the_sdk_names_the_workspace_and_its_people(client: Intercom) -> None:
    me = client.admins.identify()
    assert me is not None
    assert me.app is not None
    assert me.app.id_code == "sandbox"
    assert [each.name for each in client.admins.list().admins or [] if each] == ["Handrail", "Mia", "Jun"]


def test_the_sdk_understands_the_errors(sandbox: Running, client: Intercom) -> None:
    with pytest.raises(ApiError) as missing:
        client.conversations.find("1")
    assert missing.value.status_code == 404
    sandbox.faults(rest={"status": 429})
    with pytest.raises(ApiError) as limited:
        client.admins.list()
    assert limited.value.status_code == 429
