"""Teams' files become sets of documents and questions; a broken one is named with its line."""

import json
from pathlib import Path

import pytest

from knowledge.evaluation import DataUnusable
from knowledge.labelled_sets import cases_beside_articles, labelled_texts, questions_as_entries


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    articles, cases = tmp_path / "articles.jsonl", tmp_path / "cases.jsonl"
    articles.write_text('{"id": "a", "title": "A", "body": "Text"}\n\n{"id": "b"}\n')
    rows = [("one?", ["a"]), ("two?", ["a"]), ("three?", ["b", "gone"]), ("far?", [])]
    cases.write_text("\n".join(json.dumps({"question": text, "article_ids": ids}) for text, ids in rows))
    return articles, cases


def test_cases_and_articles_make_a_set_of_those_that_an_article_answers(files) -> None:
    made = cases_beside_articles(*files)
    assert made.documents == {"a": ("A", "Text"), "b": ("", "")}
    assert list(made.questions.values()) == ["one?", "two?", "three?"]
    assert list(made.right.values()) == [{"a": 1.0}, {"a": 1.0}, {"b": 1.0}]


def test_questions_of_one_article_find_each_other(files) -> None:
    made = questions_as_entries(files[1])
    assert set(made.questions.values()) == {"one?", "two?"}
    [(name, _), *_] = made.questions.items()
    assert name not in made.right[name] and made.documents[name] == ("", "one?")


def test_texts_of_a_label_are_entries_and_questions(tmp_path: Path) -> None:
    file = tmp_path / "texts.csv"
    file.write_text("text,intent\n" + "".join(f"text {n},{label}\n" for n in range(7) for label in ("x", "y")))
    made = labelled_texts(file)
    assert (len(made.documents), len(made.questions)) == (10, 4)
    assert all(len(right) == 5 for right in made.right.values())


@pytest.mark.parametrize("line", ["[1]", "{", '{"question": "?"}', "3"])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(f'{{"question": "?", "article_ids": []}}\n{line}\n')
    with pytest.raises(DataUnusable, match=r"cases\.jsonl line 2"):
        questions_as_entries(file)


def test_a_file_without_labels_says_what_it_needs(tmp_path: Path) -> None:
    file = tmp_path / "texts.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(DataUnusable, match="text and intent"):
        labelled_texts(file)
    file.write_text("text,intent\n")
    with pytest.raises(DataUnusable, match="no question"):
        labelled_texts(file)
