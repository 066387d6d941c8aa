"""An answer that was given, with all that decides whether it may be given again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from knowledge.retrieval import Passage
from knowledge.sameness import normalised


class Origin(StrEnum):
    """Whose word it was."""

    SENT = "sent"  #: the bot's own, over the threshold
    REVIEWED = "reviewed"  #: approved or edited by a person


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    question: str  #: as the first customer wrote it
    answer: str  #: Markdown
    audience: str  #: key of those who may get it, see `environment.audience_key`
    language: str  #: of the question
    embedder: str  #: that was active
    articles: Mapping[int, str]  #: each article that it cites -> fingerprint of what the article was
    cited: tuple[Passage, ...]  #: best first
    origin: Origin
    confidence: float  #: 0..1
    milliseconds: float  #: that it took to find and write
    kept_at: float  #: seconds since 1970

    @property
    def id(self) -> str:
        return kept_id(self.question, audience=self.audience, language=self.language)


def kept_id(question: str, *, audience: str, language: str) -> str:
    """One answer for one question, audience and language; case, blanks and punctuation make no other question."""
    parts = json.dumps([normalised(question), audience, language])
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def to_json(kept: KeptAnswer) -> str:
    return json.dumps(asdict(kept) | {"articles": {str(key): text for key, text in kept.articles.items()}})


def from_json(text: str) -> KeptAnswer | None:
    """None for what another version of this code has written."""
    try:
        row: dict[str, Any] = json.loads(text)
        return replace(
            KeptAnswer(**row),
            articles={int(key): str(value) for key, value in row["articles"].items()},
            cited=tuple(Passage(**passage) for passage in row["cited"]),
            origin=Origin(row["origin"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
