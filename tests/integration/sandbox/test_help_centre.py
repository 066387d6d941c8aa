"""A teammate writes in the sandbox's help centre."""

from tests.integration.sandbox.running import Platform, Running


def test_what_is_written_is_listed_and_told(sandbox_with_platform: Running, platform: Platform) -> None:
    http, api = sandbox_with_platform.http, sandbox_with_platform.api
    article_id = http.post("/teammate/articles", json={"title": "Returns", "body": "Within <30> days"}).json()["id"]
    assert api.get(f"/articles/{article_id}").json()["body"] == "<p>Within &lt;30&gt; days</p>"
    http.put(f"/teammate/articles/{article_id}", json={"state": "draft"})
    assert api.get("/articles").json()["data"][0]["state"] == "draft"
    assert http.request("DELETE", f"/teammate/articles/{article_id}").status_code == 204
    assert api.get(f"/articles/{article_id}").status_code == 404
    told = platform.wait_for(5)
    assert sorted(one["topic"] for one in told) == [
        "article.created",
        "article.deleted",
        "article.published",
        "article.unpublished",
        "article.updated",
    ]
    deleted = next(one for one in told if one["topic"] == "article.deleted")
    assert deleted["data"]["item"] == {"type": "article", "id": article_id, "deleted": True}


def test_what_cannot_be_used_is_refused_by_name(sandbox: Running) -> None:
    for body, field in (
        ({}, "title"),
        ({"title": "T", "state": "secret"}, "state"),
        ({"title": "T", "translations": {"de": 5}}, "translations"),
    ):
        answer = sandbox.http.post("/teammate/articles", json=body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert sandbox.http.put("/teammate/articles/1", json={}).status_code == 404
    assert sandbox.api.get("/articles").json()["total_count"] == 0
