"""Articles of Intercom's help centre: read as a whole by an import, and one by one when a webhook tells of a change.

A webhook is a hint and no more: it may come late, twice or in another order, so the article is read anew. What is
unpublished or deleted there is archived here.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from chatbot.errors import PayloadError
from chatbot.intercom.client import IntercomClient
from chatbot.intercom.errors import IntercomError, NotFound
from chatbot.models import Workspace
from chatbot.workspaces import active_workspaces, client_of
from knowledge.errors import FileUnreadable, SourceUnavailable
from knowledge.importing import runs
from knowledge.importing.converter import Converter
from knowledge.importing.drafts import FoundArticle, ImportOptions, Problem, ReadItem, checked
from knowledge.importing.files import found_in
from knowledge.importing.running import store_item
from knowledge.importing.sources import Source, options_of
from knowledge.importing.storing import Importer, Outcome, archive
from knowledge.models import ArticleSource, ImportRun
from knowledge.tasks import enqueue_refresh

logger = logging.getLogger(__name__)

KIND: Final = ImportRun.Kind.INTERCOM
DEFAULT_COLLECTION: Final = "Intercom help centre"
#: Locales of Intercom whose codes differ from ours.
_LANGUAGES: Final = {"zh-cn": "zh-hans", "zh-tw": "zh-hant", "nb": "no"}


class HelpCentre:
    """The published articles of one workspace, each language an article of its own."""

    def __init__(
        self,
        *,
        app_id: str,
        client: IntercomClient,
        options: ImportOptions,
        converter: Converter,
        on_total: Callable[[int], object] = lambda count: None,
    ) -> None:
        self._app_id = app_id
        self._client = client
        self._options = options
        self._converter = converter
        self._on_total = on_total

    def items(self) -> Iterator[ReadItem]:
        """Raises `SourceUnavailable` when Intercom does not answer; what came before is good."""
        seen: set[str] = set()
        try:
            for article, total in self._client.articles():
                if not seen:
                    self._on_total(total)
                article_id = str(article.get("id"))
                # The list is sorted by change, so that an article that changes meanwhile comes again.
                if article_id not in seen:
                    seen.add(article_id)
                    yield from self.items_of(article)
        except IntercomError as error:
            raise SourceUnavailable(str(error)) from error

    def items_of(self, article: Mapping[str, Any]) -> list[ReadItem]:
        """What one article has to say, in each language in which it is published."""
        return [
            self._item(article, content, external_id, locale) for external_id, content, locale in _published(article)
        ]

    def origin(self) -> str:
        return f"intercom/{self._app_id}"

    def is_gone(self, external_id: str) -> bool:
        """Deleted, unpublished, or no longer in this language. While Intercom cannot be asked, it is not gone."""
        try:
            article = self._client.article(external_id.partition("/")[0])
        except NotFound:
            return True
        except IntercomError:
            return False
        return external_id not in [published for published, _content, _locale in _published(article)]

    def _item(self, article: Mapping[str, Any], content: Mapping[str, Any], external_id: str, locale: str) -> ReadItem:
        title = str(content.get("title") or "")
        place = f"{DEFAULT_COLLECTION} {external_id}: {title}"[:500]
        fields: dict[str, object] = {"title": title, "id": external_id}
        note = ""
        if reason := _why_internal(article, content):
            fields["visibility"], note = "internal", f"{reason}; stored for staff only"
        try:
            document = self._converter.convert("html", str(content.get("body") or "").encode("utf-8", "replace"))
            found = found_in(document, name=external_id, place=place, note=note)
        except FileUnreadable as error:
            return Problem(place=place, field="body", problem=str(error), external_id=external_id)
        body = found.fields["body"]
        if document.title and document.title != title:
            body = f"## {document.title}\n\n{body}"  # a heading of the body, which says something else than the title
        fields |= {"body": body, "language": _LANGUAGES.get(locale.lower(), locale.lower())}
        defaults = {"url": content.get("url") or "", "collection": DEFAULT_COLLECTION, "title": title}
        return checked(FoundArticle(fields=fields, defaults=defaults, place=place, note=note), self._options)


def take_notified(workspace: Workspace, item: Mapping[str, Any]) -> bool:
    """Brings one article up to date; False where the help centre of this workspace is not kept up to date.

    Raises `IntercomError`, then nothing was done, and `PayloadError`.
    """
    run = runs.kept_fresh(KIND, workspace.app_id)
    if run is None:
        return False
    article_id = item.get("id")
    if not isinstance(article_id, str | int) or not str(article_id).strip():
        raise PayloadError("data.item.id is missing")
    client = client_of(workspace)
    importer = Importer(reason=f"changed in Intercom ({workspace.app_id})")
    with Converter() as converter:
        centre = HelpCentre(app_id=workspace.app_id, client=client, options=options_of(run), converter=converter)
        try:
            items = centre.items_of(client.article(str(article_id)))
        except NotFound:
            items = []
    changed = []
    for read in items:
        told = store_item(read, origin=centre.origin(), importer=importer, overwrite=run.overwrite)
        if told.stored is not None and told.stored.outcome in (Outcome.CREATED, Outcome.UPDATED):
            changed.append(told.stored.article_id)
        if told.problem is not None:
            # The next look by the clock tells it in its report.
            where = {"id": str(article_id), "field": told.problem.field}
            logger.warning("article not taken over", extra={"action": "article_refused", **where})
    present = [read.external_id for read in items]
    sources = ArticleSource.objects.filter(origin=centre.origin(), external_id=str(article_id)) | (
        ArticleSource.objects.filter(origin=centre.origin(), external_id__startswith=f"{article_id}/")
    )
    for source in sources.exclude(external_id__in=present):
        archive(source, importer=importer)
    enqueue_refresh(changed)
    return True


def workspaces_to_choose() -> list[tuple[str, str]]:
    return [(workspace.app_id, str(workspace)) for workspace in active_workspaces()]


@contextmanager
def open_help_centre(run: ImportRun, on_total: Callable[[int], object]) -> Iterator[Source]:
    """For `knowledge`, which starts the import and knows no Intercom. Raises `SourceUnavailable`."""
    workspace = Workspace.objects.filter(app_id=run.address).first()
    if workspace is None:
        raise SourceUnavailable(f"the workspace {run.address} is not connected any more")
    with Converter() as converter:
        yield HelpCentre(
            app_id=workspace.app_id,
            client=client_of(workspace),
            options=options_of(run),
            converter=converter,
            on_total=on_total,
        )


def _published(article: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], str]]:
    """(id, content, locale) of each published language; the default one keeps the article's own id."""
    article_id = str(article.get("id"))
    default = str(article.get("default_locale") or "")
    found: list[tuple[str, Mapping[str, Any], str]] = []
    if article.get("state") == "published":
        found.append((article_id, article, default))
    translated = article.get("translated_content")
    for locale, content in translated.items() if isinstance(translated, Mapping) else ():
        if locale != default and isinstance(content, Mapping) and content.get("state") == "published":
            found.append((f"{article_id}/{locale}", {"url": "", **content}, str(locale)))
    return found


def _why_internal(article: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    """Why customers at large must not be quoted this article; "" if they may."""
    audience = article.get("help_center_audience")
    if audience not in (None, "", "everyone"):
        return f"in Intercom it is for {audience}"
    if content.get("ai_chatbot_availability", article.get("ai_chatbot_availability")) is False:
        return "in Intercom it is closed to chatbots"
    return ""
