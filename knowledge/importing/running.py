"""The loop of an import: read, store, tell. One item at a time, whole or not at all."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from knowledge.errors import ArticleRefused
from knowledge.importing.drafts import ArticleDraft, Problem, ReadItem
from knowledge.importing.storing import Importer, Outcome, Stored, store_draft

#: Origin of articles from files: the same name in the same collection is the same article.
FILES_ORIGIN: Final = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one item."""

    item: ReadItem
    stored: Stored | None  #: None where it was not imported
    problem: Problem | None

    @property
    def note(self) -> str:
        return self.item.note if isinstance(self.item, ArticleDraft) else ""


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """Counts of one import, and its problems. `article_ids` are those created or updated, to be indexed."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)  #: conflicts with hand edits included
    article_ids: list[int] = field(default_factory=list)

    def add(self, told: Told) -> None:
        if told.problem is not None:
            self.problems.append(told.problem)
        elif told.stored is not None:
            setattr(self, told.stored.outcome.value, getattr(self, told.stored.outcome.value) + 1)
            if told.stored.outcome is not Outcome.UNCHANGED:
                self.article_ids.append(told.stored.article_id)


def import_items(
    items: Iterable[ReadItem],
    *,
    importer: Importer,
    overwrite: bool = False,
    on_item: Callable[[Told], object] = lambda told: None,
) -> ImportReport:
    """Stores the articles of files. A line or a file that cannot be stored is told in the report; the others are."""
    report = ImportReport()
    for item in without_duplicates(items):
        told = store_item(item, origin=origin_for(FILES_ORIGIN, item), importer=importer, overwrite=overwrite)
        report.add(told)
        on_item(told)
    return report


def origin_for(origin: str, item: ReadItem) -> str:
    """Names of files say little: they are unique in one collection only."""
    if origin == FILES_ORIGIN and isinstance(item, ArticleDraft):
        return f"{FILES_ORIGIN}/{item.collection}"
    return origin


def without_duplicates(items: Iterable[ReadItem]) -> Iterator[ReadItem]:
    """The second item of one name in one import is a problem: which of the two is meant, nobody knows."""
    seen: dict[tuple[str, str], str] = {}
    for item in items:
        if isinstance(item, ArticleDraft):
            first = seen.setdefault((item.collection, item.external_id), item.place)
            if first is not item.place:
                problem = f"is the same as that of {first}; give each article an id of its own"
                yield Problem(place=item.place, field="id", problem=problem, external_id=item.external_id)
                continue
        yield item


def store_item(item: ReadItem, *, origin: str, importer: Importer, overwrite: bool = False) -> Told:
    """Stores a draft; passes a problem on."""
    if isinstance(item, Problem):
        return Told(item=item, stored=None, problem=item)
    try:
        stored = store_draft(item, origin=origin, importer=importer, overwrite=overwrite)
    except ArticleRefused as error:
        return Told(item=item, stored=None, problem=_problem(item, error.field, error.problem))
    if stored.outcome is Outcome.CONFLICT:
        words = "changed here by hand and there; decide under Knowledge → Conflicts, or import again with --overwrite"
        return Told(item=item, stored=stored, problem=_problem(item, ", ".join(stored.fields), words))
    return Told(item=item, stored=stored, problem=None)


def _problem(item: ArticleDraft, field: str, words: str) -> Problem:
    return Problem(place=item.place, field=field, problem=words, external_id=item.external_id)
