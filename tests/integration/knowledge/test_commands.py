import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from knowledge.minilm import weights_file
from knowledge.models import Article, Collection, TermFrequency
from knowledge.ranking import read_weights

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]
LINES = [
    {"id": "refunds", "title": "Refunds", "body": "Within 30 days."},
    {"id": "internal", "title": "Internal: Refunds", "body": "Ask nobody."},
    {"id": "gold", "title": "Gold", "body": "A gift.", "audience": {"tiers": ["gold"]}, "language": "de"},
]


def run(*arguments: str) -> tuple[dict[str, float], str]:
    output, errors = StringIO(), StringIO()
    call_command(*arguments, "--json", stdout=output, stderr=errors)
    return json.loads(output.getvalue()), errors.getvalue()


def lines_file(folder: Path, lines: list[object]) -> str:
    file = folder / "articles.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return str(file)


def test_importing_twice_changes_nothing(tmp_path) -> None:
    file = lines_file(tmp_path, LINES)
    assert run("import_articles", file)[0] == {"created": 3, "updated": 0, "unchanged": 0, "failed": 0}
    assert run("import_articles", file)[0] == {"created": 0, "updated": 0, "unchanged": 3, "failed": 0}
    assert Article.objects.get(external_id="internal").visibility == "internal"
    assert Article.objects.get(external_id="gold").audience_tiers == ["gold"]


def test_a_changed_line_updates_its_article_and_its_chunks(tmp_path) -> None:
    run("import_articles", lines_file(tmp_path, LINES))
    file = lines_file(tmp_path, [LINES[0] | {"body": "Within 14 days."}, *LINES[1:]])
    assert run("import_articles", file)[0] == {"created": 0, "updated": 1, "unchanged": 2, "failed": 0}
    assert Article.objects.get(external_id="refunds").chunks.get().text == "Within 14 days."


def test_bad_lines_are_told_and_the_good_ones_stored(tmp_path) -> None:
    counts, errors = run("import_articles", lines_file(tmp_path, ["{not json", {"id": "x", "body": "y"}, LINES[0]]))
    assert counts == {"created": 1, "updated": 0, "unchanged": 0, "failed": 2}
    assert "line 1: line is not JSON" in errors and "line 2: title is missing" in errors


def test_a_file_of_bad_lines_only_fails(tmp_path) -> None:
    with pytest.raises(SystemExit) as ended:
        run("import_articles", lines_file(tmp_path, ["nonsense"]))
    assert ended.value.code == 1


def test_a_missing_file_is_named() -> None:
    with pytest.raises(CommandError, match=r"nowhere\.jsonl"):
        run("import_articles", "nowhere.jsonl")


def beir(folder: Path) -> Path:
    documents = {"a": "Refunds are paid within 30 days.", "b": "Reset your password by mail.", "c": "Invoices are PDF."}
    questions = {"q1": "When is my refund paid?", "q2": "I forgot my password"}
    for name, texts in (("corpus", documents), ("queries", questions)):
        rows = (json.dumps({"_id": key, "title": "", "text": text}) for key, text in texts.items())
        (folder / f"{name}.jsonl").write_text("\n".join(rows))
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\ta\t1\nq2\tb\t1\n")
    return folder


def test_evaluation_measures_and_leaves_nothing_behind(tmp_path) -> None:
    scores, _ = run("evaluate_retrieval", "--data", str(beir(tmp_path)))
    assert list(scores) == ["ndcg@10", "recall@10", "mrr@3", "mrr@10", "index_seconds", "p50_ms", "p95_ms"]
    assert scores["mrr@3"] == scores["ndcg@10"] == scores["recall@10"] == 1.0
    assert not Collection.objects.exists() and not TermFrequency.objects.exists()


def test_evaluation_leaves_nothing_behind_when_it_fails(tmp_path, monkeypatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("knowledge.evaluation.search", broken)
    with pytest.raises(RuntimeError):
        run("evaluate_retrieval", "--data", str(beir(tmp_path)))
    assert not Collection.objects.exists()


def test_a_folder_in_another_layout_is_refused(tmp_path) -> None:
    with pytest.raises(CommandError, match=r"corpus\.jsonl"):
        run("evaluate_retrieval", "--data", str(tmp_path))


def test_the_ranking_is_learned_from_a_teams_own_cases_and_leaves_nothing_behind(tmp_path) -> None:
    articles = lines_file(tmp_path, [{"id": f"a{n}", "title": f"T{n}", "body": f"Word{n} told."} for n in range(6)])
    cases = tmp_path / "cases.jsonl"
    asked = [{"question": f"What is word{n % 6}, number {n}?", "article_ids": [f"a{n % 6}"]} for n in range(24)]
    cases.write_text("\n".join(map(json.dumps, asked)))
    output = tmp_path / "weights.json"
    report, _ = run("learn_ranking", "--articles", articles, "--cases", str(cases), "--output", str(output))
    assert {row["case"] for row in report["sets"]} == {"entries"}  # these articles are as short as entries
    assert all(row["fused"][0] >= row["words"][0] - 0.05 for row in report["sets"])
    assert 0.0 <= read_weights(json.loads(output.read_text())[report["embedder"]]).shares.entries <= 1.0
    assert not Collection.objects.exists()


def test_cases_that_cannot_be_read_teach_nothing(tmp_path) -> None:
    with pytest.raises(CommandError, match=r"missing\.jsonl cannot be read"):
        call_command("learn_ranking", "--cases", str(tmp_path / "missing.jsonl"))


def test_the_int8_model_is_compared_with_fp32(tmp_path) -> None:
    labelled = tmp_path / "questions.csv"
    questions = {"refund": "get my money back", "ship": "track my parcel", "pass": "reset my password"}
    rows = [f"How do I {text} {n} days later?,{intent}" for intent, text in questions.items() for n in range(4)]
    labelled.write_text("text,intent\n" + "\n".join(rows) + "\n")
    report: dict[str, Any] = run("compare_embedders", "--train", str(labelled), "--test", str(labelled))[0]
    assert 70 < report["smaller_percent"] < 80 and report["cosine"] > 0.98
    assert report["minilm-int8"]["intent_accuracy"] == report["minilm"]["intent_accuracy"] == 1.0
    assert report["loss_percent"] == {"intent_accuracy": 0.0}


def test_labelled_questions_without_the_columns_are_refused(tmp_path) -> None:
    (tmp_path / "wrong.csv").write_text("question\nrefund\n")
    wrong = str(tmp_path / "wrong.csv")
    with pytest.raises(CommandError, match="columns text and intent"):
        call_command("compare_embedders", "--train", wrong, "--test", wrong)
