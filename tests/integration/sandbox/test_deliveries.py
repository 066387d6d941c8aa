"""Webhooks as the platform receives them: signed, once or twice, and by Intercom's rules."""

import hashlib
import hmac
import json

from tests.integration.sandbox.running import Platform, Running, running_sandbox, wait_until


def test_each_notification_is_signed_over_the_bytes_that_arrive(
    sandbox_with_platform: Running, platform: Platform
) -> None:
    conversation = sandbox_with_platform.ask("你好 <&> Dana")
    (payload,) = platform.wait_for(1)
    headers, body = platform.received[0]
    expected = hmac.new(b"sandbox-client-secret", body, hashlib.sha1).hexdigest()
    assert headers["x-hub-signature"] == f"sha1={expected}"
    assert headers["content-type"] == "application/json"
    assert (payload["topic"], payload["app_id"]) == ("conversation.user.created", "sandbox")
    assert payload["data"]["item"]["id"] == conversation
    assert payload["data"]["item"]["source"]["body"] == "你好 <&> Dana"
    assert payload["delivery_attempts"] == 1


def test_what_people_and_the_app_do_is_told(sandbox_with_platform: Running, platform: Platform) -> None:
    conversation = sandbox_with_platform.ask()
    person = f"/teammate/conversations/{conversation}"
    sandbox_with_platform.bot_reply(conversation)
    sandbox_with_platform.http.post(f"{person}/replies", json={"body": "Mia here"})
    sandbox_with_platform.http.post(f"{person}/notes", json={"body": "Careful", "admin_id": "1003"})
    sandbox_with_platform.http.post(f"{person}/assign", json={"assignee_id": "2002"})
    sandbox_with_platform.http.post(f"{person}/fin", json={"body": "Fin here"})
    sandbox_with_platform.http.post(f"{person}/close", json={})
    sandbox_with_platform.http.post(f"/messenger/conversations/{conversation}/replies", json={"body": "And?"})
    sandbox_with_platform.http.post(f"/messenger/conversations/{conversation}/rating", json={"rating": 4})
    sandbox_with_platform.http.post("/webhooks/ping")
    payloads = {payload["topic"]: payload for payload in platform.wait_for(10)}
    assert sorted(platform.topics()) == sorted(
        [
            *("conversation.user.created", "conversation.admin.replied", "conversation.admin.replied"),
            *("conversation.admin.noted", "conversation.admin.assigned", "conversation.operator.replied"),
            *("conversation.admin.closed", "conversation.user.replied", "conversation.rating.added", "ping"),
        ]
    )
    replied = payloads["conversation.user.replied"]["data"]["item"]["conversation_parts"]["conversation_parts"]
    assert [(part["part_type"], part["body"]) for part in replied] == [("open", "And?")]
    assert payloads["conversation.rating.added"]["data"]["item"]["conversation_rating"]["rating"] == 4
    fin = payloads["conversation.operator.replied"]["data"]["item"]
    assert fin["ai_agent_participated"] is True
    author = fin["conversation_parts"]["conversation_parts"][0]["author"]
    assert (author["type"], author["from_ai_agent"]) == ("bot", True)


def test_an_app_on_2_14_receives_html(platform: Platform) -> None:
    with running_sandbox(webhook_url=platform.url, api_version="2.14") as old:
        old.ask("1 < 2")
        item = platform.wait_for(1)[0]["data"]["item"]
    assert item["source"]["body"] == "<p>1 &lt; 2</p>"
    assert item["priority"] == "not_priority"


def test_a_failed_delivery_is_sent_once_more_and_then_given_up(
    sandbox_with_platform: Running, platform: Platform
) -> None:
    platform.answers = [500, 503]
    sandbox_with_platform.ask()
    first, second = platform.wait_for(2)
    assert first["id"] == second["id"]
    assert [first["delivery_attempts"], second["delivery_attempts"]] == [1, 2]
    assert first["first_sent_at"] == second["first_sent_at"]
    wait_until(lambda: sandbox_with_platform.deliveries()["pending"] == 0)
    summary = sandbox_with_platform.deliveries()
    assert (summary["count"], summary["acknowledged"], summary["failed"]) == (2, 0, 2)
    assert [each["status"] for each in summary["deliveries"]] == [500, 503]
    sandbox_with_platform.ask()
    assert len(platform.wait_for(3)) == 3  # the third is the new question: the first was not tried a third time


def test_a_platform_that_is_too_slow_gets_the_notification_twice(
    sandbox_with_platform: Running, platform: Platform
) -> None:
    platform.seconds = 0.8
    sandbox_with_platform.ask()
    first, second = platform.wait_for(2)
    assert first["id"] == second["id"]
    wait_until(lambda: sandbox_with_platform.deliveries()["count"] == 2)
    assert {each["error"] for each in sandbox_with_platform.deliveries()["deliveries"]} == {"timeout"}


def test_410_ends_the_subscription_until_it_is_set_live_again(
    sandbox_with_platform: Running, platform: Platform
) -> None:
    platform.answers = [410]
    sandbox_with_platform.ask()
    wait_until(lambda: sandbox_with_platform.deliveries()["enabled"] is False)
    sandbox_with_platform.ask(email="lost@example.com")
    sandbox_with_platform.http.put("/webhooks/subscription", json={"enabled": True})
    sandbox_with_platform.ask(email="after@example.com")
    emails = [payload["data"]["item"]["source"]["author"]["email"] for payload in platform.wait_for(2)]
    assert emails == ["dana@example.com", "after@example.com"]


def test_429_makes_the_subscription_wait_and_loses_nothing(sandbox_with_platform: Running, platform: Platform) -> None:
    platform.answers = [429, 429, 429]
    sandbox_with_platform.ask()
    platform.wait_for(4)
    wait_until(lambda: sandbox_with_platform.deliveries()["acknowledged"] == 1)


def test_the_record_of_deliveries_counts_and_can_be_cleared(sandbox_with_platform: Running, platform: Platform) -> None:
    for number in range(5):
        sandbox_with_platform.ask(email=f"c{number}@example.com")
    wait_until(lambda: sandbox_with_platform.deliveries()["acknowledged"] == 5)
    summary = sandbox_with_platform.http.get("/webhooks/deliveries", params={"limit": 2}).json()
    assert (summary["count"], summary["failed"], len(summary["deliveries"])) == (5, 0, 2)
    assert summary["p50_ms"] <= summary["p99_ms"]
    newest = summary["deliveries"][-1]
    assert {"id", "topic", "attempt", "status", "milliseconds"} <= set(newest)
    later = sandbox_with_platform.http.get("/webhooks/deliveries", params={"since": newest["at"] + 1}).json()
    assert later["count"] == 0
    assert sandbox_with_platform.http.delete("/webhooks/deliveries").status_code == 204
    assert sandbox_with_platform.deliveries()["count"] == 0


def test_a_message_can_be_sent_without_its_webhook(sandbox_with_platform: Running, platform: Platform) -> None:
    silent = sandbox_with_platform.ask(email="silent@example.com", webhook=False)
    loud = sandbox_with_platform.ask()
    assert [payload["data"]["item"]["id"] for payload in platform.wait_for(1)] == [loud]
    query = {"field": "updated_at", "operator": ">", "value": 0}
    found = sandbox_with_platform.api.post("/conversations/search", json={"query": query}).json()
    assert silent in [each["id"] for each in found["conversations"]]


def test_dropped_notifications_never_arrive_and_are_on_record(
    sandbox_with_platform: Running, platform: Platform
) -> None:
    sandbox_with_platform.faults(webhooks={"drop": True, "times": 1})
    sandbox_with_platform.ask(email="dropped@example.com")
    sandbox_with_platform.ask(email="arrives@example.com")
    (payload,) = platform.wait_for(1)
    assert payload["data"]["item"]["source"]["author"]["email"] == "arrives@example.com"
    assert sandbox_with_platform.deliveries()["deliveries"][0]["error"] == "dropped by a fault"


def test_duplicated_notifications_arrive_twice_with_one_id(sandbox_with_platform: Running, platform: Platform) -> None:
    sandbox_with_platform.faults(webhooks={"duplicate": True, "times": 1})
    sandbox_with_platform.ask()
    first, second = platform.wait_for(2)
    assert first["id"] == second["id"]


def test_reordered_notifications_arrive_after_the_next_one(sandbox_with_platform: Running, platform: Platform) -> None:
    sandbox_with_platform.faults(webhooks={"reorder": True, "times": 1})
    platform.seconds = 0.0
    conversation = sandbox_with_platform.ask("First")
    sandbox_with_platform.http.post(f"/messenger/conversations/{conversation}/replies", json={"body": "Second"})
    platform.wait_for(2)
    records = sandbox_with_platform.deliveries()
    wait_until(lambda: sandbox_with_platform.deliveries()["count"] == 2)
    sent = sorted(sandbox_with_platform.deliveries()["deliveries"], key=lambda each: each["at"])
    assert [each["topic"] for each in sent] == ["conversation.user.replied", "conversation.user.created"], records


def test_delayed_notifications_arrive_later(sandbox_with_platform: Running, platform: Platform) -> None:
    sandbox_with_platform.faults(webhooks={"delay": 0.3, "times": 1})
    sandbox_with_platform.ask(email="late@example.com")
    sandbox_with_platform.ask(email="soon@example.com")
    emails = [json.loads(body)["data"]["item"]["source"]["author"]["email"] for _, body in platform.received]
    assert "late@example.com" not in emails
    emails = [payload["data"]["item"]["source"]["author"]["email"] for payload in platform.wait_for(2)]
    assert emails == ["soon@example.com", "late@example.com"]


def test_an_answer_that_is_misread_makes_the_retry_a_duplicate(
    sandbox_with_platform: Running, platform: Platform
) -> None:
    sandbox_with_platform.faults(webhooks={"status": 500, "times": 1})
    sandbox_with_platform.ask()
    first, second = platform.wait_for(2)
    assert first["id"] == second["id"]
    wait_until(lambda: sandbox_with_platform.deliveries()["acknowledged"] == 1)
