"""Pure: the words that tell one group of questions from the others, and the question that speaks for it.

Class TF-IDF: how often a word stands in the group, weighed down by how often it stands in all groups.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from knowledge.segmentation import words_of_passage

#: Words that are kept of a group, and those that make its name.
KEPT_WORDS: Final = 40
NAME_WORDS: Final = 3
#: Only words that so many customers used: what one person said is that person's own.
LEAST_CUSTOMERS: Final = 2
_PLACEHOLDER: Final = re.compile(r"\[[A-Z_]+_\d+\]")
_HAS_DIGIT: Final = re.compile(r"\d")


@cache
def _stop_words() -> frozenset[str]:
    """Words that stand in every question and name none."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # a second to load, and only the worker names groups

    ours = Path(__file__).with_name("stop_words.txt").read_text(encoding="utf-8").split()
    return frozenset(ENGLISH_STOP_WORDS) | frozenset(ours)


def terms(text: str, *, language: str) -> list[str]:
    """Words of a masked text and pairs of neighbours, without stop words, placeholders and numbers."""
    found = []
    for piece in _PLACEHOLDER.split(text):
        words = words_of_passage(piece, language=language, split_names=False).split()
        told = [word if _tells(word) else "" for word in words]
        found += [word for word in told if word]
        joint = "" if any("\u4e00" <= sign <= "\u9fff" for sign in piece) else " "
        found += [f"{one}{joint}{other}" for one, other in pairwise(told) if one and other]
    return found


def _tells(word: str) -> bool:
    least = 1 if "\u4e00" <= word[0] <= "\u9fff" else 3
    return len(word) >= least and word not in _stop_words() and not _HAS_DIGIT.search(word) and len(word) <= 40


def shared_terms(questions: Iterable[tuple[int, str]], *, language: str) -> dict[str, int]:
    """Customers and their masked words -> term -> how many customers used it, most first; only shared ones."""
    users: defaultdict[str, set[int]] = defaultdict(set)
    for customer, text in questions:
        for term in terms(text, language=language):
            users[term].add(customer)
    counts = {term: len(them) for term, them in users.items() if len(them) >= LEAST_CUSTOMERS}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:KEPT_WORDS])


def telling(groups: Mapping[int, Mapping[str, int]]) -> dict[int, list[str]]:
    """Group -> its terms, most telling first. `groups`: term counts of all groups."""
    everywhere: Counter[str] = Counter()
    for counts in groups.values():
        everywhere.update(counts)
    average = sum(everywhere.values()) / len(groups) if groups else 0.0
    found = {}
    for number, counts in groups.items():
        total = sum(counts.values()) or 1

        def weight(term: str, counts: Mapping[str, int] = counts, total: int = total) -> float:
            pair = 1.2 if " " in term else 1.0  # "lost card" says more than either
            return pair * counts[term] / total * math.log(1 + average / everywhere[term])

        found[number] = sorted(counts, key=lambda term: (-weight(term), term))
    return found


def name_of(words: Sequence[str], *, otherwise: str) -> str:
    """The first few terms that do not repeat each other's words; `otherwise` where there are none."""
    chosen: list[str] = []
    for term in words:
        parts = set(term.split())
        if any(parts & set(one.split()) or term in one or one in term for one in chosen):
            continue
        chosen.append(term)
        if len(chosen) == NAME_WORDS:
            break
    return ", ".join(chosen)[:120] if chosen else otherwise[:120]
