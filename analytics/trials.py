"""Questions with known answers, put through the stages: what was found and drafted, and how sure the bot was."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from chatbot.llm.model import TextModel
from chatbot.pipeline.closest import closest_first
from chatbot.pipeline.confidence import NO_CONFIDENCE, Weights, confidence
from chatbot.pipeline.decide import Action, Policy, decide, needs_no_draft
from chatbot.pipeline.evidence import evidence
from chatbot.pipeline.generate import NO_DRAFT, generate
from chatbot.pipeline.retrieve import Found, retrieve
from chatbot.pipeline.understand import understand
from knowledge.history import no_history
from knowledge.importing.drafts import ImportOptions
from knowledge.importing.json_lines import read_json_lines
from knowledge.importing.running import import_items
from knowledge.importing.storing import Importer
from knowledge.ingestion import index_articles
from knowledge.models import Collection
from sessions_app.models import Author, Message
from sessions_app.snapshots import ConversationSnapshot


class CasesUnusable(Exception):
    """A line of a file of cases cannot be used; the message names file, line and field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question and the articles that answer it; none, if no article does."""

    question: str
    article_ids: frozenset[str]
    tier: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the bot made of one case."""

    case: Case
    features: Mapping[str, float]  #: of what the draft rests on; may be empty
    features_without_answer: Mapping[str, float]  #: as if the articles that answer were not there; may be empty
    draft: str
    cited_ids: tuple[str, ...]
    confidence: float
    is_sent: bool  #: the decision at the threshold, with all its other rules
    milliseconds: float

    @property
    def is_right(self) -> bool:
        """The draft rests on an article that answers the question."""
        return bool(self.case.article_ids.intersection(self.cited_ids))


def read_cases(path: Path) -> list[Case]:
    """JSON lines with `question` and `article_ids`, optionally `tier` and `kind`. Raises `CasesUnusable`."""
    cases: list[Case] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            cases.append(
                Case(
                    question=str(item["question"]),
                    article_ids=frozenset(map(str, item["article_ids"])),
                    tier=str(item.get("tier") or ""),
                    kind=str(item.get("kind") or ""),
                )
            )
        except (ValueError, KeyError, TypeError) as error:
            raise CasesUnusable(
                f"{path.name} line {number} needs `question` and a list `article_ids` ({type(error).__name__})"
            ) from error
    return cases


@contextmanager
def temporary_collection(articles: Path, *, on_articles: Callable[[int], Any] = lambda count: None) -> Iterator[str]:
    """The file's articles, indexed, in a collection that is gone afterwards; yields its name."""
    name = f"evaluation {uuid4().hex}"
    with no_history():
        Collection.objects.create(name=name, is_throw_away=True)
        try:
            with articles.open("rb") as file:
                items = read_json_lines(file, articles.name, ImportOptions(collection=name))
                report = import_items(items, importer=Importer(reason="evaluation"))
            index_articles(report.article_ids, on_articles=on_articles)
            yield name
        finally:
            Collection.objects.filter(name=name).delete()


def try_cases(
    cases: Iterable[Case],
    *,
    collection: str,
    threshold: float,
    model: TextModel | None = None,
    weights: Weights | None = None,
) -> Iterator[Trial]:
    """Each case as a first message of a new customer; answered by `model`, or without one. `weights`: None: active."""
    for case in cases:
        started = time.perf_counter()
        view = first_message(case)
        understanding = understand(view)
        found: Found | None = None
        draft = NO_DRAFT
        sure = NO_CONFIDENCE
        if not needs_no_draft(understanding):
            found = retrieve(understanding, view, collections=(collection,))
            draft = generate(understanding, found.retrieval, view, model=model)
            sure = confidence(found, draft, weights=weights)
        decision = decide(
            understanding, draft, confidence=sure.value, policy=Policy(threshold=threshold), is_draft_waiting=False
        )
        yield Trial(
            case=case,
            features=sure.features,
            features_without_answer=_features_without(found, case.article_ids) if found else {},
            draft=draft.text,
            cited_ids=tuple(passage.article_external_id for passage in draft.cited),
            confidence=sure.value,
            is_sent=decision.action == Action.ANSWER,
            milliseconds=(time.perf_counter() - started) * 1000,
        )


def _features_without(found: Found, article_ids: frozenset[str]) -> dict[str, float]:
    """Features of what is left when `article_ids` are taken away; empty if nothing was taken or nothing is left."""
    left = tuple(passage for passage in found.field if passage.article_external_id not in article_ids)
    if not left or len(left) == len(found.field):
        return {}
    question = found.retrieval.question
    ordered = closest_first(question, left)
    return evidence(question, ordered.passages[0], ordered.passages, closeness=ordered.closeness, is_read=found.is_read)


def first_message(case: Case) -> ConversationSnapshot:
    return ConversationSnapshot(
        conversation_id=0,
        external_id="",
        workspace="",
        state="bot",
        language="",
        customer_id=0,
        customer_name="",
        customer_tier=case.tier,
        customer_attributes={},
        waiting=(Message(author=Author.CUSTOMER, text=case.question),),
        history=(),
    )
