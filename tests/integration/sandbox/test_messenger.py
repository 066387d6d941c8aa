"""The endpoints of people, the stream of changes, and the page itself."""

import json
import re

import pytest

from tests.integration.sandbox.running import Running


def test_each_part_says_who_spoke(sandbox: Running) -> None:
    conversation = sandbox.ask("Hello\n\nAnyone?")
    sandbox.bot_reply(conversation, '<p>See <a href="https://help.example/a">this</a></p>')
    sandbox.bot_reply(conversation, "<p>Why</p>", message_type="note")
    person = f"/teammate/conversations/{conversation}"
    assert sandbox.http.post(f"{person}/replies", json={"body": "I am Jun", "admin_id": "1003"}).status_code == 201
    sandbox.http.post(f"{person}/fin", json={"body": "I am Fin"})
    sandbox.http.post(f"{person}/close", json={})
    view = sandbox.view(conversation)
    assert view["id"] == conversation
    assert view["state"] == "closed"
    assert [(part["author"], part["name"]) for part in view["parts"]] == [
        ("customer", "Dana Ortiz"),
        ("bot", "Handrail"),
        ("note", "Handrail"),
        ("teammate", "Jun"),
        ("bot", "Fin"),
    ]
    assert view["parts"][1]["body"] == "See this (https://help.example/a)"
    assert all(isinstance(part["created_at"], int) for part in view["parts"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": None}, "email"),
        ({"email": "dana"}, "email"),
        ({"body": "  "}, "body"),
        ({"body": 5}, "body"),
        ({"name": ["x"]}, "name"),
        ({"attributes": [1]}, "attributes"),
        ({"attributes": {"a": {}}}, "attributes"),
        ({"webhook": "no"}, "webhook"),
    ],
)
def test_a_wrong_message_is_a_422_that_names_the_field(
    sandbox: Running, changes: dict[str, object], field: str
) -> None:
    body = {"email": "dana@example.com", "name": "Dana", "body": "Hi", **changes}
    answer = sandbox.http.post("/messenger/conversations", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert sandbox.http.get("/healthz").json()["conversations"] == 0


@pytest.mark.parametrize("rating", [0, 6, "5", True, None, 4.5])
def test_a_rating_is_a_whole_number_from_1_to_5(sandbox: Running, rating: object) -> None:
    path = f"/messenger/conversations/{sandbox.ask()}/rating"
    answer = sandbox.http.post(path, json={"rating": rating})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "rating")


def test_what_is_not_there_is_a_404(sandbox: Running) -> None:
    assert sandbox.http.get("/messenger/conversations/1").status_code == 404
    assert sandbox.http.post("/teammate/conversations/1/replies", json={"body": "x"}).status_code == 404
    assert sandbox.http.get("/messenger/conversations").status_code == 404
    assert sandbox.calls() == []


def test_an_unknown_teammate_is_refused_by_name(sandbox: Running) -> None:
    path = f"/teammate/conversations/{sandbox.ask()}/replies"
    answer = sandbox.http.post(path, json={"body": "x", "admin_id": "55"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "admin_id")


def test_a_broken_body_is_a_422(sandbox: Running) -> None:
    answer = sandbox.http.post("/messenger/conversations", content=b'{"email": ')
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "body")


def test_the_stream_shows_what_is_there_and_then_each_change_of_what_is_watched(sandbox: Running) -> None:
    watched, other = sandbox.ask(), sandbox.ask(email="piet@example.com")
    with sandbox.http.stream("GET", "/messenger/events", params={"conversation": watched}) as stream:
        views = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
        assert len(next(views)["parts"]) == 1
        sandbox.bot_reply(other)
        sandbox.bot_reply(watched, '<p onclick="x()">Yes</p>')
        view = next(views)
    assert view["id"] == watched
    assert view["parts"][-1]["html"] == "<p>Yes</p>"


def test_the_page_loads_only_its_own_files_under_a_strict_policy(sandbox: Running) -> None:
    page = sandbox.http.get("/")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<(?:script|style)[^>]*>[^<]", page.text), "nothing inline"
    assert not re.search(r"\sstyle=|\son\w+=", page.text)
    addresses = re.findall(r"(?:src|href)=\"([^\"#]+)\"", page.text)
    assert addresses
    assert all(address.startswith("/") for address in addresses)
    for address in addresses:
        assert sandbox.http.get(address).status_code == 200


def test_the_page_has_the_same_words_in_both_languages(sandbox: Running) -> None:
    words = sandbox.http.get("/words.js").text
    english, _, chinese = words.partition("  zh: {")
    keys = [re.findall(r"^    (\w+):", text, re.MULTILINE) for text in (english, chinese)]
    assert len(keys[0]) > 30
    assert keys[0] == keys[1]
    used = set(re.findall(r'data-(?:word|label)="(\w+)"', sandbox.http.get("/").text))
    used |= set(re.findall(r'word\("(\w+)"', sandbox.http.get("/messenger.js").text))
    assert used <= set(keys[0])
