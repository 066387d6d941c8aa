"""Examples of good answers for the model: of the same scenario, language and audience, the most alike first.

An example is seen by the model when other customers ask, so it must hold nothing of the one it was taken from: personal
data becomes words such as "(name)" when it is written down. Facts still come from passages alone: what an answer takes
from an example is not borne out, and is cut or held.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from chatbot.llm.prompts import Example
from chatbot.models import Exemplar
from chatbot.personal_data import masking_policy
from chatbot.recent import RecentRows
from chatbot.rules.masking.masker import masker_for
from knowledge.audience import Audience, is_for
from knowledge.embedders import embedder_named
from knowledge.embedding import Embedder
from knowledge.errors import EmbeddingUnavailable
from knowledge.question_vectors import question_vector

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from chatbot.models import Turn

#: Examples that one prompt holds at most; `chatbot.llm.prompts` bounds their tokens.
SHOWN: Final = 3
#: Newest rows that are looked at.
KNOWN: Final = 1_000
#: Cosine similarity under which an example is about something else.
LEAST_SIMILARITY: Final = 0.35

_PLACEHOLDER: Final = re.compile(r"\[([A-Z]+(?:_[A-Z]+)*)_\d+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    id: int
    question: str
    answer: str
    scenario: str
    language: str
    tiers: tuple[str, ...]
    attributes: Mapping[str, str]

    def fits(self, *, scenario: str, language: str, audience: Audience) -> bool:
        return (
            self.scenario in ("", scenario)
            and self.language.split("-")[0] == language.split("-")[0]
            and is_for(audience, tiers=self.tiers, attributes=self.attributes)
        )


def examples_for(
    question: str, *, embedder: str, scenario: str, language: str, audience: Audience
) -> tuple[Example, ...]:
    """At most SHOWN, the most alike first; () where none fits or nothing can be embedded.

    `question` must hold no personal data. Its vector is the search's, where it was searched for as it is.
    """
    rows = [row for row in _rows.get("") if row.fits(scenario=scenario, language=language, audience=audience)]
    if not rows or not embedder:
        return ()
    try:
        asked = question_vector(embedder, question)
        known = embedder_named(embedder)
        vectors = [_vector(known, row.question) for row in rows]  # type: ignore[arg-type]  # hashed by identity
    except EmbeddingUnavailable:
        return ()
    scored = [(float(asked @ vector), row) for vector, row in zip(vectors, rows, strict=True)]
    alike = sorted((pair for pair in scored if pair[0] >= LEAST_SIMILARITY), key=lambda pair: (-pair[0], -pair[1].id))
    return tuple(Example(id=row.id, question=row.question, answer=row.answer) for _, row in alike[:SHOWN])


def without_personal_data(question: str, answer: str) -> tuple[str, str]:
    """Both with words such as "(name)" in the place of what is personal, as the team's policy says."""
    masker = masker_for([question, answer], policy=masking_policy())

    def anonymous(text: str) -> str:
        masked = masker.mask(text)
        return _PLACEHOLDER.sub(lambda found: f"({found.group(1).replace('_', ' ').lower()})", masked)

    return anonymous(question), anonymous(answer)


def add_exemplar(
    *,
    question: str,
    answer: str,
    language: str,
    scenario: str = "",
    tiers: Sequence[str] = (),
    attributes: Mapping[str, str] | None = None,
    turn: "Turn | None" = None,
    by: "User | None" = None,
    is_on: bool = True,
) -> Exemplar:
    """An example that this person approves, without personal data. Raises `ValidationError` by field.

    `tiers` and `attributes` are the audience of the articles that the answer rests on: nobody else may learn of them.
    """
    question, answer = without_personal_data(question.strip(), answer.strip())
    row = Exemplar(
        question=question,
        answer=answer,
        language=language,
        scenario=scenario,
        audience_tiers=list(tiers),
        audience_attributes=dict(attributes or {}),
        turn=turn,
        approved_by=by,
        is_on=is_on,
    )
    row.full_clean()
    row.save()
    forget_recent_exemplars()
    return row


def forget_recent_exemplars() -> None:
    """For those who have just changed one and cannot wait two seconds."""
    _rows.clear()


def _load(_key: str) -> tuple[_Row, ...]:
    rows = Exemplar.objects.filter(is_on=True).order_by("-pk")[:KNOWN]
    return tuple(
        _Row(
            id=row.pk,
            question=row.question,
            answer=row.answer,
            scenario=row.scenario,
            language=row.language,
            tiers=tuple(row.audience_tiers),
            attributes=dict(row.audience_attributes),
        )
        for row in rows
    )


@lru_cache(maxsize=2 * KNOWN)
def _vector(embedder: Embedder, question: str) -> Any:
    return embedder.embed_questions([question])[0]


_rows: RecentRows[str, tuple[_Row, ...]] = RecentRows(_load)
