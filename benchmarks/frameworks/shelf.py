"""The same articles and the same retriever for everybody who is compared: words by BM25, in plain Python.

Runs in foreign environments too, so it imports nothing that is not Python's own.
"""

import json
import math
import re
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PASSAGES = 5
_WORD = re.compile(r"[a-z0-9]+")


def articles() -> list[dict[str, str]]:
    """The sample articles that the product ships with: `title`, `body`."""
    lines = (PROJECT / "knowledge" / "sample" / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def questions() -> list[str]:
    lines = (PROJECT / "knowledge" / "sample" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    return [row["question"] for row in rows if row["article_ids"] and row["question"].isascii()]


class Retriever:
    def __init__(self) -> None:
        self.texts = [
            (article["title"], block.strip())
            for article in articles()
            for block in re.split(r"\n\s*\n", article["body"])
            if len(block.strip()) > 40
        ]
        self._counts = [Counter(_WORD.findall(f"{title} {text}".casefold())) for title, text in self.texts]
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._mean = sum(self._lengths) / len(self._lengths)
        self._in_texts = Counter(word for counts in self._counts for word in counts)

    def search(self, question: str) -> list[tuple[str, str]]:
        """Title and text of the best passages, best first."""
        asked = set(_WORD.findall(question.casefold()))
        scores = [
            (self._score(asked, place), place) for place in range(len(self.texts)) if asked & self._counts[place].keys()
        ]
        return [self.texts[place] for _, place in sorted(scores, key=lambda one: (-one[0], one[1]))[:PASSAGES]]

    def _score(self, asked: set[str], place: int) -> float:
        counts, length = self._counts[place], self._lengths[place]
        total = 0.0
        for word in asked & counts.keys():
            rarity = math.log(1 + (len(self.texts) - self._in_texts[word] + 0.5) / (self._in_texts[word] + 0.5))
            total += rarity * counts[word] * 2.2 / (counts[word] + 1.2 * (0.25 + 0.75 * length / self._mean))
        return total
