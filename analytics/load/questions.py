"""What the customers of a load ask: from a file, spread over all of it, the same each time for one seed."""

import csv
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

#: Questions of one file read at most, and characters of one question: a load is bounded whatever file it is given.
QUESTIONS_MAX = 200_000
QUESTION_CHARACTERS = 10_000


class QuestionsUnusable(Exception):
    """The file holds no questions that can be sent; the message names file, line and field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    text: str
    tier: str = ""  #: of the customer who asks; "" means none


def read_questions(path: Path) -> list[Question]:
    """CSV with a column `text`, or JSON lines with `question` (or `text`) and perhaps `tier`; empty texts are left out.

    Raises `QuestionsUnusable`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            read = _from_csv(file, path) if path.suffix.lower() == ".csv" else _from_json_lines(file, path)
            questions = [question for question in read if question.text]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise QuestionsUnusable(f"--questions: {path} cannot be read ({reason})") from error
    if not questions:
        raise QuestionsUnusable(f"--questions: {path} holds no question")
    return questions[:QUESTIONS_MAX]


def spread(questions: Sequence[Question], *, count: int, seed: int) -> list[Question]:
    """`count` questions from all over the list, in mixed order; from the beginning again where it is too short.

    Files are often sorted by topic: one question is drawn from each of `count` equally long stretches.
    """
    chance = random.Random(seed)  # noqa: S311  # no secret
    chosen: list[Question] = []
    while len(chosen) < count:
        wanted = min(count - len(chosen), len(questions))
        edges = [place * len(questions) // wanted for place in range(wanted + 1)]
        drawn = [questions[chance.randrange(low, high)] for low, high in pairwise(edges)]
        chance.shuffle(drawn)
        chosen.extend(drawn)
    return chosen


def _from_csv(lines: Iterator[str], path: Path) -> Iterator[Question]:
    reader = csv.DictReader(lines)
    if "text" not in (reader.fieldnames or ()):
        raise QuestionsUnusable(f"--questions: {path} needs a column `text`; it has {reader.fieldnames or 'none'}")
    for row in reader:
        yield Question(text=_cut(row["text"] or ""), tier=(row.get("tier") or "").strip())


def _from_json_lines(lines: Iterator[str], path: Path) -> Iterator[Question]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            text = item["question"] if "question" in item else item["text"]
            yield Question(text=_cut(str(text)), tier=str(item.get("tier") or ""))
        except (ValueError, KeyError, TypeError) as error:
            raise QuestionsUnusable(f"--questions: {path} line {number} needs `question` or `text`") from error


def _cut(text: str) -> str:
    return text.strip()[:QUESTION_CHARACTERS]
