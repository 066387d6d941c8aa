"""The REST API as a client meets it."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.integration.sandbox.running import TOKEN, Running, running_sandbox


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "sandbox-token"}])
def test_without_the_right_token_nothing_is_told(sandbox: Running, headers: dict[str, str]) -> None:
    answer = sandbox.http.get("/me", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["type"] == "error.list"
    assert answer.json()["errors"] == [{"code": "unauthorized", "message": "Access Token Invalid"}]


def test_the_workspace_names_itself_its_people_and_its_teams(sandbox: Running) -> None:
    me = sandbox.api.get("/me").json()
    assert (me["app"]["id_code"], me["app"]["region"], me["id"]) == ("sandbox", "US", "1001")
    assert [each["name"] for each in sandbox.api.get("/admins").json()["admins"]] == ["Handrail", "Mia", "Jun"]
    assert {each["id"]: each["name"] for each in sandbox.api.get("/teams").json()["teams"]} == {
        "2001": "Support",
        "2002": "Returns",
    }


def test_a_reply_reaches_the_customer_and_carries_the_apps_code(sandbox: Running) -> None:
    conversation = sandbox.ask()
    answer = sandbox.bot_reply(conversation, "<p>Yes, within <b>30</b> days.</p>")
    part = answer.json()["conversation_parts"]["conversation_parts"][-1]
    assert (part["part_type"], part["app_package_code"]) == ("comment", "handrail-sandbox")
    assert (part["author"]["type"], part["author"]["id"]) == ("admin", "1001")
    assert [(each["author"], each["body"]) for each in sandbox.view(conversation)["parts"]] == [
        ("customer", "Can I return my blender?"),
        ("bot", "Yes, within 30 days."),
    ]


def test_bodies_are_html_unless_plain_text_is_asked_for(sandbox: Running) -> None:
    conversation = sandbox.ask("1 < 2 & 3")
    shown = sandbox.api.get(f"/conversations/{conversation}").json()
    plain = sandbox.api.get(f"/conversations/{conversation}", params={"display_as": "plaintext"}).json()
    assert shown["source"]["body"] == "<p>1 &lt; 2 &amp; 3</p>"
    assert plain["source"]["body"] == "1 < 2 & 3"


def test_the_version_header_is_honoured_and_a_bad_one_refused(sandbox: Running) -> None:
    conversation = sandbox.ask()
    old = sandbox.api.get(f"/conversations/{conversation}", headers={"intercom-version": "2.14"}).json()
    new = sandbox.api.get(f"/conversations/{conversation}", headers={"intercom-version": "2.16"}).json()
    assert (old["priority"], old["admin_assignee_id"]) == ("not_priority", None)
    assert (new["priority"], new["admin_assignee_id"]) == ("none", 0)
    bad = sandbox.api.get("/me", headers={"intercom-version": "9.9"})
    assert (bad.status_code, bad.json()["errors"][0]["code"]) == (400, "intercom_version_invalid")


def test_a_contact_can_reply_through_the_api(sandbox: Running) -> None:
    conversation = sandbox.ask()
    sandbox.http.post(f"/teammate/conversations/{conversation}/close", json={})
    answer = sandbox.api.post(
        f"/conversations/{conversation}/reply",
        json={"message_type": "comment", "type": "user", "email": "dana@example.com", "body": "Hello again"},
    )
    part = answer.json()["conversation_parts"]["conversation_parts"][-1]
    assert (part["part_type"], part["author"]["type"], part["body"]) == ("open", "user", "Hello again")
    assert answer.json()["state"] == "open"


def test_a_conversation_is_assigned_closed_opened_and_snoozed(sandbox: Running) -> None:
    conversation = sandbox.ask()

    def manage(**body: object) -> dict[str, object]:
        answer = sandbox.api.post(f"/conversations/{conversation}/parts", json={"admin_id": "1001", **body})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    shown = manage(message_type="assignment", type="team", assignee_id="2002")
    assert (shown["team_assignee_id"], shown["admin_assignee_id"]) == (2002, 0)
    assert manage(message_type="assignment", type="admin", assignee_id=1003)["admin_assignee_id"] == 1003
    assert manage(message_type="assignment", type="admin", assignee_id=0)["admin_assignee_id"] == 0
    assert manage(message_type="close", type="admin")["state"] == "closed"
    assert manage(message_type="open")["state"] == "open"
    snoozed = manage(message_type="snoozed", snoozed_until=2_000_000_000)
    assert (snoozed["state"], snoozed["snoozed_until"]) == ("snoozed", 2_000_000_000)


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("reply", {"message_type": "comment", "type": "admin", "admin_id": "1001"}, 400, "body"),
        ("reply", {"message_type": "comment", "type": "admin", "body": "x"}, 400, "admin_id"),
        ("reply", {"message_type": "comment", "type": "admin", "admin_id": "7", "body": "x"}, 404, "admin_id"),
        ("reply", {"message_type": "shout", "type": "admin", "admin_id": "1001", "body": "x"}, 400, "message_type"),
        ("reply", {"message_type": "comment", "type": "robot", "body": "x"}, 400, "type"),
        ("parts", {"message_type": "assignment", "type": "team", "admin_id": "1001"}, 400, "assignee_id"),
        (
            "parts",
            {"message_type": "assignment", "type": "team", "admin_id": "1001", "assignee_id": "5"},
            404,
            "assignee_id",
        ),
        ("parts", {"message_type": "snoozed", "admin_id": "1001"}, 400, "snoozed_until"),
    ],
)
def test_a_wrong_request_changes_nothing_and_is_told_why(
    sandbox: Running, path: str, body: dict[str, object], status: int, field: str
) -> None:
    conversation = sandbox.ask()
    answer = sandbox.api.post(f"/conversations/{conversation}/{path}", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)
    assert len(sandbox.view(conversation)["parts"]) == 1


def test_what_is_not_there_is_a_404_in_intercoms_shape(sandbox: Running) -> None:
    for answer in (
        sandbox.api.get("/conversations/1"),
        sandbox.api.post("/conversations/1/run_assignment_rules"),
        sandbox.api.patch("/conversations/1"),
        sandbox.api.get("/contacts/abc"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "error.list")
        assert answer.json()["errors"][0]["code"] == "not_found"


def test_search_finds_and_really_pages(sandbox: Running) -> None:
    started = int(time.time()) - 1
    ids = [sandbox.ask(email=f"c{number}@example.com") for number in range(7)]
    sandbox.http.post(f"/teammate/conversations/{ids[0]}/close", json={})
    query = {
        "operator": "AND",
        "value": [
            {"field": "updated_at", "operator": ">", "value": str(started)},
            {"field": "state", "operator": "=", "value": "open"},
        ],
    }
    seen: list[str] = []
    cursor, pages = None, 0
    while True:
        body = {"query": query, "pagination": {"per_page": 2, "starting_after": cursor}}
        page = sandbox.api.post("/conversations/search", json=body).json()
        assert page["total_count"] == 6
        assert "conversation_parts" not in page["conversations"][0]
        seen += [each["id"] for each in page["conversations"]]
        pages += 1
        if page["pages"]["next"] is None:
            break
        cursor = page["pages"]["next"]["starting_after"]
    assert pages == page["pages"]["total_pages"] == 3
    assert seen == list(reversed(ids[1:]))


def test_search_by_a_time_in_the_future_finds_nothing(sandbox: Running) -> None:
    sandbox.ask()
    query = {"field": "updated_at", "operator": ">", "value": int(time.time()) + 60}
    assert sandbox.api.post("/conversations/search", json={"query": query}).json()["total_count"] == 0


def test_the_list_of_conversations_pages_with_the_same_cursor(sandbox: Running) -> None:
    ids = {sandbox.ask(email=f"c{number}@example.com") for number in range(3)}
    first = sandbox.api.get("/conversations", params={"per_page": 2}).json()
    cursor = first["pages"]["next"]["starting_after"]
    second = sandbox.api.get("/conversations", params={"per_page": 2, "starting_after": cursor}).json()
    assert {each["id"] for each in first["conversations"] + second["conversations"]} == ids
    assert second["pages"]["next"] is None


def test_a_contact_is_found_searched_and_updated(sandbox: Running) -> None:
    conversation = sandbox.ask(tier="pro", attributes={"orders": 3})
    shown = sandbox.api.get(f"/conversations/{conversation}").json()
    contact_id = shown["contacts"]["contacts"][0]["id"]
    contact = sandbox.api.get(f"/contacts/{contact_id}").json()
    assert contact["custom_attributes"] == {"orders": 3, "tier": "pro"}
    query = {"field": "email", "operator": "=", "value": "dana@example.com"}
    found = sandbox.api.post("/contacts/search", json={"query": query}).json()
    assert [each["id"] for each in found["data"]] == [contact_id]
    changed = sandbox.api.put(
        f"/contacts/{contact_id}", json={"owner_id": 1002, "custom_attributes": {"tier": "business"}}
    ).json()
    assert (changed["owner_id"], changed["custom_attributes"]["tier"]) == ("1002", "business")
    old = sandbox.api.get(f"/contacts/{contact_id}", headers={"intercom-version": "2.15"}).json()
    assert old["owner_id"] == 1002


def test_a_conversation_can_be_started_for_a_contact(sandbox: Running) -> None:
    first = sandbox.ask()
    contact = sandbox.api.get(f"/conversations/{first}").json()["contacts"]["contacts"][0]["id"]
    message = sandbox.api.post("/conversations", json={"from": {"type": "user", "id": contact}, "body": "Me again"})
    assert sandbox.view(message.json()["conversation_id"])["parts"][0]["body"] == "Me again"


def test_tags_are_made_once_put_on_and_taken_off_with_a_body(sandbox: Running) -> None:
    conversation = sandbox.ask()
    tag = sandbox.api.post("/tags", json={"name": "AI-answered"}).json()
    assert sandbox.api.post("/tags", json={"name": "ai-answered"}).json()["id"] == tag["id"]
    put = sandbox.api.post(f"/conversations/{conversation}/tags", json={"id": tag["id"], "admin_id": "1001"})
    assert put.json()["name"] == "AI-answered"
    tags = sandbox.api.get(f"/conversations/{conversation}").json()["tags"]["tags"]
    assert [each["id"] for each in tags] == [tag["id"]]
    path = f"/conversations/{conversation}/tags/{tag['id']}"
    assert sandbox.api.request("DELETE", path, json={"admin_id": "1001"}).status_code == 200
    assert sandbox.api.request("DELETE", path, json={"admin_id": "1001"}).status_code == 404


def test_articles_are_paged_and_empty_unless_seeded(sandbox: Running, tmp_path: Path) -> None:
    assert sandbox.api.get("/articles").json()["total_count"] == 0
    lines = [f'{{"id": "{number}", "title": "T{number}", "body": "Hello <you>"}}' for number in range(3)]
    path = tmp_path / "articles.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    with running_sandbox(articles=path) as seeded:
        first = seeded.api.get("/articles", params={"per_page": 2}).json()
        second = seeded.api.get("/articles", params={"per_page": 2, "page": 2}).json()
        assert [each["id"] for each in first["data"] + second["data"]] == ["0", "1", "2"]
        assert first["data"][0]["body"] == "<p>Hello &lt;you&gt;</p>"
        assert (first["pages"]["total_pages"], second["pages"]["next"]) == (2, None)
        assert "parent_id" not in first["data"][0]
        assert "parent_id" in seeded.api.get("/articles/0", headers={"intercom-version": "2.15"}).json()


def test_each_answer_reports_the_rate_limit_and_too_many_calls_get_429() -> None:
    with running_sandbox(rate_limit=3) as limited:
        begun = time.time()
        answers = [limited.api.get("/me") for _ in range(8)]
        assert all(answer.headers["x-ratelimit-limit"] == "3" for answer in answers)
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) >= 2  # eight calls meet two windows at the most
        assert refused[0].json()["errors"][0]["code"] == "rate_limit_exceeded"
        assert refused[0].headers["x-ratelimit-remaining"] == "0"
        assert begun < int(refused[0].headers["x-ratelimit-reset"]) <= time.time() + 10  # a window may end meanwhile


def test_calls_are_listed_with_their_bodies_and_without_the_token(sandbox: Running) -> None:
    conversation, other = sandbox.ask(), sandbox.ask(email="piet@example.com")
    sandbox.bot_reply(conversation, "<p>Hello</p>")
    sandbox.bot_reply(other)
    sandbox.api.get("/me")
    (call,) = sandbox.calls(conversation=conversation)
    assert (call["method"], call["path"]) == ("POST", f"/conversations/{conversation}/reply")
    assert (call["status"], call["body"]["body"]) == (200, "<p>Hello</p>")
    assert len(sandbox.calls()) == 3
    assert [each["path"] for each in sandbox.calls(limit=1)] == ["/me"]
    assert "sandbox-token" not in sandbox.http.get("/calls").text
    assert sandbox.http.delete("/calls").status_code == 204
    assert sandbox.calls() == []


def test_a_body_over_one_mebibyte_is_refused(sandbox: Running) -> None:
    conversation = sandbox.ask()
    assert sandbox.bot_reply(conversation, "x" * 1_100_000).status_code == 413
    answer = sandbox.http.post("/messenger/conversations", content=b"x" * 1_100_000)
    assert answer.status_code == 413


def test_many_customers_at_once_each_get_their_own_answer(sandbox: Running) -> None:
    def one(number: int) -> tuple[str, list[str]]:
        conversation = sandbox.ask(f"Question {number}", email=f"c{number}@example.com")
        sandbox.bot_reply(conversation, f"<p>Answer {number}</p>")
        return conversation, [part["body"] for part in sandbox.view(conversation)["parts"]]

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(one, range(100)))
    assert len({conversation for conversation, _ in results}) == 100
    assert [parts for _, parts in results] == [[f"Question {n}", f"Answer {n}"] for n in range(100)]


def test_oauth_turns_a_code_into_a_token_once(sandbox: Running) -> None:
    redirected = sandbox.http.get(
        "/oauth",
        params={
            "client_id": "sandbox-client-id",
            "state": "s/1",
            "redirect_uri": "http://127.0.0.1:9/callback?keep=1",
        },
    )
    assert redirected.status_code == 302
    query = parse_qs(urlsplit(redirected.headers["location"]).query)
    assert (query["state"], query["keep"]) == (["s/1"], ["1"])
    form = {"code": query["code"][0], "client_id": "sandbox-client-id", "client_secret": "sandbox-client-secret"}
    wrong = sandbox.http.post("/auth/eagle/token", data={**form, "client_secret": "x"})
    assert wrong.status_code == 401
    given = sandbox.http.post("/auth/eagle/token", data=form).json()
    assert given["token_type"] == "Bearer"
    assert given["token"] == given["access_token"]
    again = sandbox.http.post("/auth/eagle/token", data=form)
    assert (again.status_code, again.json()["errors"][0]["message"]) == (401, "Unauthorized Code")
    headers = {"authorization": f"Bearer {given['token']}"}
    assert sandbox.http.get("/me", headers=headers).status_code == 200
    assert sandbox.http.post("/auth/uninstall", headers=headers).status_code == 200
    assert sandbox.http.get("/me", headers=headers).status_code == 401
    assert sandbox.http.get("/me", headers=TOKEN).status_code == 200
