"""Questions whose right documents are known, from the files that teams have: cases beside articles, or labelled texts.

Two shelves come out of one list of cases: its articles, and its own questions as an FAQ of short entries, in which a
question has to find the others that the same article answers.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from knowledge.evaluation import DataUnusable, EvaluationSet

#: Of each label of a list of texts, so many are entries at most, and so many are asked.
ENTRIES_OF_A_LABEL: Final = 5
QUESTIONS_OF_A_LABEL: Final = 3


def cases_beside_articles(articles: Path, cases: Path) -> EvaluationSet:
    """Articles `id, title, body` and cases `question, article_ids`, as JSON lines. Raises `DataUnusable`."""
    documents = {
        str(row["id"]): (str(row.get("title") or ""), str(row.get("body") or "")) for row in _lines(articles, "id")
    }
    questions, right = {}, {}
    for name, question, article_ids in _answerable(cases):
        if known := [one for one in article_ids if one in documents]:
            questions[name], right[name] = question, dict.fromkeys(known, 1.0)
    return _checked(articles, documents, questions, right)


def questions_as_entries(cases: Path) -> EvaluationSet:
    """The cases' questions as short entries; a question's own entry has its id. Raises `DataUnusable`."""
    documents, asked, by_article = {}, {}, defaultdict(set)
    for name, question, article_ids in _answerable(cases):
        documents[name], asked[name] = ("", question), article_ids
        for article_id in article_ids:
            by_article[article_id].add(name)
    others = {name: set().union(*(by_article[one] for one in ids)) - {name} for name, ids in asked.items()}
    right = {name: dict.fromkeys(sorted(found), 1.0) for name, found in others.items() if found}
    return _checked(cases, documents, {name: documents[name][1] for name in right}, right)


def labelled_texts(file: Path) -> EvaluationSet:
    """A CSV with the columns `text` and `intent`: some texts of each label are entries, others ask for them.

    Raises `DataUnusable`.
    """
    by_label: dict[str, list[str]] = defaultdict(list)
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                by_label[row["intent"]].append(row["text"])
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError) as error:
        raise DataUnusable(f"{file.name} must be a CSV with the columns text and intent ({error})") from error
    documents, questions, right = {}, {}, {}
    for label, texts in sorted(by_label.items()):
        entries = texts[:ENTRIES_OF_A_LABEL]
        for place, text in enumerate(entries):
            documents[f"entry {label} {place}"] = ("", text)
        for place, text in enumerate(texts[len(entries) : len(entries) + QUESTIONS_OF_A_LABEL]):
            questions[name := f"question {label} {place}"] = text
            right[name] = {f"entry {label} {place}": 1.0 for place in range(len(entries))}
    return _checked(file, documents, questions, right)


def _answerable(cases: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Name, question and articles of each case that has any."""
    for number, row in enumerate(_lines(cases, "question", "article_ids"), start=1):
        if isinstance(row["article_ids"], list) and row["article_ids"]:
            yield f"case {number}", str(row["question"]), [str(one) for one in row["article_ids"]]


def _lines(file: Path, *keys: str) -> Iterator[dict[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataUnusable(f"{file} cannot be read: {error}") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            missing = [key for key in keys if key not in row]
        except (ValueError, TypeError) as error:
            raise DataUnusable(f"{file.name} line {number}: must be a JSON object with {', '.join(keys)}") from error
        if missing or not isinstance(row, dict):
            raise DataUnusable(f"{file.name} line {number}: must be a JSON object with {', '.join(keys)}")
        yield row


def _checked(
    file: Path,
    documents: dict[str, tuple[str, str]],
    questions: dict[str, str],
    right: dict[str, dict[str, float]],
) -> EvaluationSet:
    if not questions:
        raise DataUnusable(f"{file.name} has no question whose right document is known")
    return EvaluationSet(documents=documents, questions=questions, right=right)
