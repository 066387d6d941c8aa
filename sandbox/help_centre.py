"""A teammate writes in the help centre, and webhooks tell of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox import shapes
from sandbox.articles import MAX_ARTICLES
from sandbox.bodies import to_html
from sandbox.entities import Article
from sandbox.errors import Invalid, NotFound
from sandbox.inputs import Request
from sandbox.shapes import Json
from sandbox.workspace import Workspace

Answer = tuple[int, Any]
_STATES = ("published", "draft")


class HelpCentre:
    """`/teammate/articles`: what the REST API lists under `/articles`."""

    def __init__(self, workspace: Workspace, *, version: tuple[int, int], send: Callable[[str, Json], None]) -> None:
        self._workspace = workspace
        self._version = version
        self._send = send
        # After a restart no id is met again that an earlier run gave.
        self._next_id = int(time.time())

    def create(self, request: Request) -> Answer:
        if len(self._workspace.articles) >= MAX_ARTICLES:
            raise Invalid(f"articles: there are {MAX_ARTICLES} already; remove some.", field="articles")
        now = int(time.time())
        self._next_id += 1
        blank = Article(id=str(self._next_id), title="", body="", created_at=now, updated_at=now)
        title = request.text("title", maximum=500)
        article = self._changed(replace(blank, title=title or ""), request)
        self._workspace.articles[article.id] = article
        self._tell(request, "article.created", article)
        if article.state == "published":
            self._tell(request, "article.published", article)
        return 201, {"id": article.id}

    def update(self, request: Request) -> Answer:
        before = self._find(request)
        article = self._changed(replace(before, updated_at=int(time.time())), request)
        self._workspace.articles[article.id] = article
        self._tell(request, "article.updated", article)
        if article.state != before.state:
            topic = "article.published" if article.state == "published" else "article.unpublished"
            self._tell(request, topic, article)
        return 200, {"id": article.id}

    def remove(self, request: Request) -> Answer:
        article = self._find(request)
        del self._workspace.articles[article.id]
        if request.flag("webhook", True):
            self._send("article.deleted", {"type": "article", "id": article.id, "deleted": True})
        return 204, None

    def _find(self, request: Request) -> Article:
        found = self._workspace.articles.get(request.path["article_id"])
        if found is None:
            raise NotFound("Resource Not Found")
        return found

    def _tell(self, request: Request, topic: str, article: Article) -> None:
        if request.flag("webhook", True):
            self._send(topic, shapes.article(self._workspace, article, self._version))

    def _changed(self, article: Article, request: Request) -> Article:
        """The article with what the request says; a body that starts with a tag is HTML, another is text."""
        changes: dict[str, Any] = {}
        for name, maximum in (("title", 500), ("url", 2000), ("default_locale", 20), ("help_center_audience", 50)):
            if name in request.body:
                changes[name] = request.text(name, maximum=maximum)
        if "body" in request.body:
            changes["body"] = _html(request.words())
        if "state" in request.body:
            if request.body["state"] not in _STATES:
                raise Invalid("state: must be published or draft.", field="state")
            changes["state"] = request.body["state"]
        if "ai_chatbot_availability" in request.body:
            changes["ai_chatbot_availability"] = request.flag("ai_chatbot_availability", True)
        if "translations" in request.body:
            changes["translations"] = _translations(request.body["translations"])
        return replace(article, **changes)


def _html(body: str) -> str:
    return body if body.lstrip().startswith("<") else to_html(body)


def _translations(value: object) -> dict[str, dict[str, Any]]:
    problem = 'translations: must look like {"de": {"title": "...", "body": "...", "state": "published"}}.'
    if not isinstance(value, dict):
        raise Invalid(problem, field="translations")
    found = {}
    for locale, content in value.items():
        if not isinstance(content, dict) or not all(isinstance(each, str) for each in content.values()):
            raise Invalid(problem, field="translations")
        found[str(locale)] = {**content, "body": _html(content.get("body", ""))}
    return found
