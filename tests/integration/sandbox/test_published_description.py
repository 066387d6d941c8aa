"""Every answer of the REST API against Intercom's published OpenAPI description, where that file is present."""

import os
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.integration.sandbox.running import Running, running_sandbox

BASE_DIR = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("HANDRAIL_SHARED", BASE_DIR.parent / "shared"))
DESCRIPTION = SHARED / "specs" / "intercom-openapi-2.16.yaml"

pytestmark = pytest.mark.skipif(
    not DESCRIPTION.is_file(), reason=f"Intercom's description is not here ({DESCRIPTION.name}); set HANDRAIL_SHARED"
)

#: Parts of a shape that real answers and the description's own examples leave null, though their schema has a type.
NULL_IN_PRACTICE = {
    ("conversation_part", "assigned_to"),
    ("conversation_part", "email_message_metadata"),
    ("conversation_part", "event_details"),
}


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with DESCRIPTION.open(encoding="utf-8") as file:
        document = yaml.load(file, Loader=loader)
    found = {name: _converted(schema) for name, schema in document["components"]["schemas"].items()}
    for name, field in NULL_IN_PRACTICE:
        properties = found[name]["properties"]
        properties[field] = {"anyOf": [properties[field], {"type": "null"}]}
    return {"$defs": found}


def _converted(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable`, references, and no `format`, which is wrong for Unix seconds there."""
    if isinstance(schema, list):
        return [_converted(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": "#/$defs/" + schema["$ref"].rpartition("/")[2]}
    result = {
        name: _properties(value) if name == "properties" else _converted(value)
        for name, value in schema.items()
        if name not in ("nullable", "example", "examples", "format", "xml", "description", "title")
    }
    if schema.get("nullable") and "type" in schema:
        result["type"] = [schema["type"], "null"]
        if "enum" in result and None not in result["enum"]:
            result["enum"] = [*result["enum"], None]
    return result


def _properties(properties: Any) -> Any:
    return {name: _converted(schema) for name, schema in properties.items()}


@pytest.fixture
def check(schemas: dict[str, Any]) -> Any:
    def run(answer: httpx2.Response, name: str, status: int = 200) -> Any:
        assert answer.status_code == status, answer.text
        validator = Draft202012Validator({"$ref": f"#/$defs/{name}", **schemas})
        problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer.json())]
        assert problems == []
        return answer.json()

    return run


def test_the_check_itself_finds_what_is_wrong(schemas: dict[str, Any]) -> None:
    validator = Draft202012Validator({"$ref": "#/$defs/conversation", **schemas})
    wrong = {"type": "conversation", "id": 5, "state": "ajar", "source": {"body": []}}
    assert {error.json_path for error in validator.iter_errors(wrong)} == {"$.id", "$.state", "$.source.body"}


def test_conversations_are_shaped_as_published(sandbox: Running, check: Any) -> None:
    conversation = sandbox.ask(tier="pro")
    path = f"/conversations/{conversation}"
    check(sandbox.api.get(path), "conversation")
    check(sandbox.bot_reply(conversation), "conversation")
    check(sandbox.bot_reply(conversation, message_type="note"), "conversation")
    assignment = {"message_type": "assignment", "type": "team", "admin_id": "1001", "assignee_id": "2002"}
    check(sandbox.api.post(f"{path}/parts", json=assignment), "conversation")
    sandbox.http.post(f"/teammate{path}/replies", json={"body": "Mia"})
    sandbox.http.post(f"/teammate{path}/fin", json={"body": "Fin"})
    sandbox.http.post(f"/messenger{path}/rating", json={"rating": 5, "remark": "Good"})
    for kind in ("close", "open"):
        check(
            sandbox.api.post(f"{path}/parts", json={"message_type": kind, "type": "admin", "admin_id": "1001"}),
            "conversation",
        )
    snooze = {"message_type": "snoozed", "admin_id": "1001", "snoozed_until": 2_000_000_000}
    check(sandbox.api.post(f"{path}/parts", json=snooze), "conversation")
    check(sandbox.api.put(path, json={"read": True, "title": "T", "custom_attributes": {"a": "b"}}), "conversation")
    check(sandbox.api.get(path, params={"display_as": "plaintext"}), "conversation")


def test_lists_and_searches_are_shaped_as_published(sandbox: Running, check: Any) -> None:
    for number in range(3):
        sandbox.ask(email=f"c{number}@example.com")
    query = {"field": "state", "operator": "=", "value": "open"}
    body = {"query": query, "pagination": {"per_page": 2}}
    check(sandbox.api.post("/conversations/search", json=body), "conversation_list")
    check(sandbox.api.get("/conversations"), "conversation_list")
    query = {"field": "role", "operator": "=", "value": "user"}
    found = check(sandbox.api.post("/contacts/search", json={"query": query}), "contact_list")
    check(sandbox.api.get(f"/contacts/{found['data'][0]['id']}"), "contact")
    check(sandbox.api.put(f"/contacts/{found['data'][0]['id']}", json={"name": "N"}), "contact")
    message = {"from": {"type": "user", "id": found["data"][0]["id"]}, "body": "Hi"}
    check(sandbox.api.post("/conversations", json=message), "message")


def test_people_tags_and_articles_are_shaped_as_published(sandbox: Running, check: Any, tmp_path: Path) -> None:
    check(sandbox.api.get("/me"), "admin_with_app")
    check(sandbox.api.get("/admins"), "admin_list")
    check(sandbox.api.get("/teams"), "team_list")
    tag = check(sandbox.api.post("/tags", json={"name": "x"}), "tag")
    check(sandbox.api.get("/tags"), "tag_list")
    conversation = sandbox.ask()
    body = {"id": tag["id"], "admin_id": "1001"}
    check(sandbox.api.post(f"/conversations/{conversation}/tags", json=body), "tag")
    check(sandbox.api.get(f"/conversations/{conversation}"), "conversation")
    path = tmp_path / "articles.jsonl"
    path.write_text('{"id": "1", "title": "T", "body": "B"}\n', encoding="utf-8")
    with running_sandbox(articles=path) as seeded:
        check(seeded.api.get("/articles"), "article_list")
        check(seeded.api.get("/articles/1"), "article_list_item")
        words = {"title": "T", "body": "B", "state": "published"}
        changes = {"url": "https://help.example.com/1", "translations": {"de": words}}
        assert seeded.http.put("/teammate/articles/1", json=changes).status_code == 200
        check(seeded.api.get("/articles"), "article_list")
        check(seeded.api.get("/articles/1"), "article_list_item")


def test_errors_are_shaped_as_published(sandbox: Running, check: Any) -> None:
    check(sandbox.http.get("/me"), "error", 401)
    check(sandbox.api.get("/conversations/1"), "error", 404)
    check(sandbox.api.post("/conversations/search", json={}), "error", 400)
    sandbox.faults(rest={"status": 429})
    check(sandbox.api.get("/me"), "error", 429)
