"""Where a load's questions come from."""

from pathlib import Path

import pytest

from analytics.load.questions import Question, QuestionsUnusable, read_questions, spread


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_csv_gives_its_column_text(tmp_path: Path) -> None:
    file = write(tmp_path, "q.csv", 'text,intent\n"Where, then?",place\n,empty\nWhen?,time\n')
    assert [question.text for question in read_questions(file)] == ["Where, then?", "When?"]


def test_json_lines_give_question_and_tier(tmp_path: Path) -> None:
    file = write(tmp_path, "q.jsonl", '{"question": "Where?", "tier": "pro"}\n\n{"text": "When?", "tier": null}\n')
    assert read_questions(file) == [Question(text="Where?", tier="pro"), Question(text="When?")]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("q.csv", "question\nWhere?\n", "column `text`"),
        ("q.csv", "text\n", "no question"),
        ("q.jsonl", '{"question": "a"}\nnot json\n', "line 2"),
        ("q.jsonl", '{"answer": "a"}\n', "line 1"),
    ],
)
def test_a_file_without_questions_is_refused_with_the_place(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(QuestionsUnusable, match=said):
        read_questions(write(tmp_path, name, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionsUnusable, match=r"gone\.csv"):
        read_questions(tmp_path / "gone.csv")


def test_a_sample_is_spread_over_the_whole_file_without_repetition() -> None:
    questions = [Question(text=str(number)) for number in range(1000)]
    chosen = [int(question.text) for question in spread(questions, count=100, seed=1)]
    assert len(set(chosen)) == 100
    assert sorted(number // 10 for number in chosen) == list(range(100))


def test_the_same_seed_chooses_the_same_questions() -> None:
    questions = [Question(text=str(number)) for number in range(50)]
    assert spread(questions, count=20, seed=3) == spread(questions, count=20, seed=3)
    assert spread(questions, count=20, seed=3) != spread(questions, count=20, seed=4)


def test_a_short_file_is_asked_from_again() -> None:
    questions = [Question(text="a"), Question(text="b")]
    chosen = spread(questions, count=5, seed=1)
    assert len(chosen) == 5
    assert {question.text for question in chosen} == {"a", "b"}
