"""Faults as the platform's client meets them."""

import time

import httpx2
import pytest

from tests.integration.sandbox.running import Running, wait_until


def bodies(sandbox: Running, conversation: str) -> list[str]:
    return [part["body"] for part in sandbox.view(conversation)["parts"][1:]]


def test_a_status_is_answered_instead_of_doing_the_work(sandbox: Running) -> None:
    conversation = sandbox.ask()
    sandbox.faults(rest={"status": 503, "times": 1})
    answer = sandbox.bot_reply(conversation)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "service_unavailable")
    assert bodies(sandbox, conversation) == []
    assert sandbox.bot_reply(conversation).status_code == 200


def test_429_says_when_the_limit_is_over(sandbox: Running) -> None:
    sandbox.faults(rest={"status": 429, "reset_seconds": 3})
    answer = sandbox.api.get("/me")
    assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (429, "0")
    assert 1 <= int(answer.headers["x-ratelimit-reset"]) - time.time() <= 4.5


@pytest.mark.parametrize("fault", [{"mode": "close"}, {"close": True}, {"drop": True}])
def test_a_closed_connection_has_no_answer_and_no_effect(sandbox: Running, fault: dict[str, object]) -> None:
    conversation = sandbox.ask()
    sandbox.faults(rest=fault)
    with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
        sandbox.bot_reply(conversation)
    assert bodies(sandbox, conversation) == []
    (call,) = sandbox.calls()
    assert call["status"] is None


def test_a_hanging_call_never_answers_and_has_no_effect(sandbox: Running) -> None:
    conversation = sandbox.ask()
    sandbox.faults(rest={"mode": "hang", "path": "/reply"})
    with httpx2.Client(base_url=sandbox.url, timeout=0.3) as impatient, pytest.raises(httpx2.ReadTimeout):
        impatient.post(f"/conversations/{conversation}/reply", json={})
    assert sandbox.api.get("/me").status_code == 200
    assert bodies(sandbox, conversation) == []


@pytest.mark.parametrize(
    ("mode", "error"),
    [("accept_then_close", (httpx2.ReadError, httpx2.RemoteProtocolError)), ("accept_then_hang", httpx2.ReadTimeout)],
)
def test_a_reply_may_be_accepted_and_never_answered(
    sandbox: Running, mode: str, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    conversation = sandbox.ask()
    sandbox.faults(rest={"mode": mode, "path": "/reply", "times": 1})
    with httpx2.Client(base_url=sandbox.url, timeout=0.5, headers=sandbox.api.headers) as client, pytest.raises(error):
        client.post(
            f"/conversations/{conversation}/reply",
            json={"message_type": "comment", "type": "admin", "admin_id": "1001", "body": "<p>Posted</p>"},
        )
    wait_until(lambda: bodies(sandbox, conversation) == ["Posted"])


def test_a_reply_may_be_accepted_and_answered_with_500(sandbox: Running) -> None:
    conversation = sandbox.ask()
    sandbox.faults(rest={"mode": "accept_then_500", "times": 1})
    assert sandbox.bot_reply(conversation, "<p>Posted</p>").status_code == 500
    assert bodies(sandbox, conversation) == ["Posted"]
    assert sandbox.calls()[0]["fault"] == "accept_then_500"


def test_a_delayed_call_still_does_its_work(sandbox: Running) -> None:
    conversation = sandbox.ask()
    sandbox.faults(rest={"delay": 0.2, "times": 1})
    started = time.monotonic()
    assert sandbox.bot_reply(conversation).status_code == 200
    assert time.monotonic() - started >= 0.2


def test_faults_leave_people_and_controls_alone(sandbox: Running) -> None:
    sandbox.faults(rest={"status": 500})
    conversation = sandbox.ask()
    assert sandbox.view(conversation)["state"] == "open"
    assert sandbox.http.get("/healthz").json()["status"] == "ok"
    assert sandbox.http.delete("/faults").json() == {"rest": [], "webhooks": [], "model": [], "embeddings": []}
    assert sandbox.api.get("/me").status_code == 200


def test_a_wrong_fault_is_a_422_that_names_it(sandbox: Running) -> None:
    answer = sandbox.http.put("/faults", json={"rest": {"mode": "explode"}})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "rest.mode")
