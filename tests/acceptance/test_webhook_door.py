"""What the webhook address answers, and what becomes of it."""

import httpx2
import pytest

from config.supervisor import System
from tests.acceptance import signed_webhooks
from tests.acceptance.articles import KETTLE, PASSWORD
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.signed_webhooks import PATH, notification
from tests.acceptance.staff_browser import Staff
from tests.acceptance.waiting import eventually


@pytest.mark.parametrize("signed_as", ["", "sha1=" + "0" * 40, "sha1=", "md5=abc"])
def test_a_bad_or_missing_signature_is_refused_with_401(system: System, signed_as: str) -> None:
    assert signed_webhooks.post_raw(system, b"{}", signed_as=signed_as) == 401


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 405), ("PUT", 405)])
def test_other_methods_than_post(system: System, method: str, status: int) -> None:
    assert httpx2.request(method, system.url + PATH).status_code == status


def test_more_than_one_mebibyte_is_refused_with_413(system: System) -> None:
    assert signed_webhooks.post_raw(system, b" " * (1024 * 1024 + 1)) == 413


@pytest.mark.parametrize("body", [b"", b"no json", b"[1, 2]", b'"text"', b"\xff\xfe", b'{"a": '])
def test_what_is_no_json_object_is_refused_with_400(system: System, body: bytes) -> None:
    assert signed_webhooks.post_raw(system, body) == 400


def test_a_ping_without_an_id_is_acknowledged_each_time(system: System) -> None:
    ping = notification("ping", {"type": "ping"}, notification_id=None)
    assert [signed_webhooks.post(system, ping), signed_webhooks.post(system, ping)] == [200, 200]


def test_an_unknown_topic_is_acknowledged_and_kept(system: System) -> None:
    topic = "visitor.danced.on.table"
    assert signed_webhooks.post(system, notification(topic, {"id": "1"})) == 200
    staff = Staff(system)
    eventually(lambda: topic in staff.page("/admin/chatbot/inboundevent/"), "the notification stands in the admin")
    staff.close()


@pytest.mark.parametrize(
    "item",
    [None, 17, {"id": None}, {"type": "conversation", "conversation_parts": []}],
    ids=["null", "number", "no id", "no id, odd parts"],
)
def test_a_surprising_payload_is_kept_and_listed_as_failed(system: System, item: object) -> None:
    surprising = notification("conversation.user.created", item)
    assert signed_webhooks.post(system, surprising) == 200
    staff = Staff(system)
    failed = "/admin/chatbot/inboundevent/?status__exact=failed&q=" + surprising["id"]
    eventually(lambda: surprising["id"] in staff.page(failed), "the notification is listed as failed")
    staff.close()


def test_a_duplicate_webhook_is_acknowledged_and_answered_once(workspace: Workspace) -> None:
    workspace.set_faults(webhooks={"duplicate": True})
    conversation = workspace.ask(PASSWORD.question)
    workspace.bot_says(conversation)
    workspace.bot_says(workspace.ask(KETTLE.question))
    assert len(workspace.said_by("bot", conversation)) == 1


def test_a_message_whose_webhooks_are_all_lost_is_answered_all_the_same(workspace: Workspace) -> None:
    conversation = workspace.ask(PASSWORD.question, webhook=False)
    (answer,) = workspace.bot_says(conversation)
    assert PASSWORD.words in answer.body
