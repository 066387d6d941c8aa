"""This process' FAISS indexes over the questions of kept answers, brought up to date from Redis by its version number.

One exact index for each audience, language and embedder, so that no filter can be forgotten. A stale index only costs
hits: what it finds is read from Redis, and checked, before it is given.
"""

import re
import threading
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from knowledge.caches.store import KeptAnswers
from knowledge.conf import NEARLY_THE_SAME
from knowledge.embedding import Vectors
from knowledge.sameness import numbers

#: Nearest questions that are looked at: the first that says the same is taken.
COMPARED: Final = 5
_NEGATION: Final = re.compile(r"\b(?:not|no|never|none|cannot|unable|without)\b|n['’]t\b|[不没無无未]", re.IGNORECASE)

Group = tuple[str, str, str]  # audience, language, embedder


@dataclass(slots=True)
class _Shelf:
    """The questions of one group, in the order of the index."""

    ids: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    vectors: list[Vectors] = field(default_factory=list)
    index: Any = None


class NearestQuestions:
    def __init__(self, answers: KeptAnswers) -> None:
        self._answers = answers
        self._lock = threading.Lock()
        self._version = 0
        self._rows: dict[str, tuple[Group, str, Vectors]] = {}
        self._shelves: dict[Group, _Shelf] = {}

    def find(self, question: str, vector: Vectors, *, group: Group, version: int) -> tuple[str, float] | None:
        """Id and similarity of the nearest question of `group` that says the same, or None."""
        with self._lock:
            if version != self._version:
                self._catch_up(version)
            shelf = self._shelves.get(group)
            if shelf is None:
                return None
            similarities, places = shelf.index.search(np.asarray([vector], np.float32), min(COMPARED, len(shelf.ids)))
            for similarity, place in zip(similarities[0], places[0], strict=True):
                if similarity < NEARLY_THE_SAME:
                    return None
                if says_the_same(question, shelf.questions[place]):
                    return shelf.ids[place], min(1.0, float(similarity))
        return None

    def _catch_up(self, version: int) -> None:
        found = self._answers.vectors(set(self._rows))
        if found is None:
            return
        ids, added = found
        touched = {self._rows.pop(gone)[0] for gone in set(self._rows) - ids}
        for one, (audience, language, embedder, question, vector) in added.items():
            group = (audience, language, embedder)
            self._rows[one] = (group, question, vector)
            touched.add(group)
        for group in touched:
            self._rebuild(group)
        self._version = version

    def _rebuild(self, group: Group) -> None:
        rows = sorted((one, question, vector) for one, (of, question, vector) in self._rows.items() if of == group)
        if not rows:
            self._shelves.pop(group, None)
            return
        vectors = np.stack([vector for _, _, vector in rows])
        import faiss  # fourteen megabytes, which processes that recall nothing need not hold

        faiss.normalize_L2(vectors)  # they were halved to sixteen bits on the way
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        self._shelves[group] = _Shelf(
            ids=[one for one, _, _ in rows], questions=[question for _, question, _ in rows], index=index
        )


def says_the_same(asked: str, kept: str) -> bool:
    """The same numbers, and a negation in both or in neither: vectors hardly tell these apart."""
    return numbers(asked) == numbers(kept) and bool(_NEGATION.search(asked)) == bool(_NEGATION.search(kept))
