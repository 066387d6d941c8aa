"""Evaluation sets: kept, carried to a spreadsheet and back, read by programs, measured against the live articles."""

import csv
import io
import json

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from knowledge.audience import Audience
from knowledge.errors import FileUnreadable, QuestionRefused
from knowledge.evaluation import DataUnusable, read_evaluation_set
from knowledge.minilm import weights_file
from knowledge.models import Article, Collection, KnownQuestion, QuestionSet
from knowledge.question_files import COLUMNS, read_questions, write_questions
from knowledge.question_sets import add_question, set_named
from tests.integration.knowledge.shelves import publish

pytestmark = pytest.mark.django_db
NOBODY = Audience()


@pytest.fixture
def billing() -> QuestionSet:
    return set_named("Billing")


def article(name: str, collection: str = "help") -> Article:
    shelf, _ = Collection.objects.get_or_create(name=collection)
    return Article.objects.create(collection=shelf, external_id=name, title=name)


def file(*rows: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def stored() -> list[tuple[object, ...]]:
    rows = KnownQuestion.objects.order_by("pk").prefetch_related("articles")
    return [
        (
            row.question, row.earlier, row.language, row.tier, row.attributes, row.expects, row.points,
            sorted(row.articles.values_list("pk", flat=True)),
        )
        for row in rows
    ]  # fmt: skip


def test_a_question_asked_again_is_completed_not_doubled(billing) -> None:
    first, second = article("a"), article("b")
    gold = Audience(tier="gold")
    row, is_new = add_question(billing, "How?", audience=gold, article_ids=[first.pk])
    again, is_new_again = add_question(billing, " How? ", audience=gold, article_ids=[second.pk], points=["30 days"])
    assert (is_new, is_new_again) == (True, False) and row == again
    assert stored() == [("How?", "", "", "gold", {}, "answer", ["30 days"], [first.pk, second.pk])]
    _, is_other = add_question(billing, "How?", audience=NOBODY)
    assert is_other, "another customer's question is another question"


@pytest.mark.parametrize(
    ("question", "points", "field"),
    [("", [], "question"), (" \0 ", [], "question"), ("x" * 4_001, [], "question"), ("How?", ["x" * 501], "points"),
     ("How?", ["x"] * 21, "points")],
)  # fmt: skip
def test_a_question_that_cannot_be_stored_is_refused_with_its_field(billing, question, points, field) -> None:
    with pytest.raises(QuestionRefused) as refused:
        add_question(billing, question, audience=NOBODY, points=points)
    assert refused.value.field == field and not KnownQuestion.objects.exists()


def test_a_file_is_read_line_by_line_and_twice_without_duplicates(billing) -> None:
    right, same, other = article("refunds"), article("invoices"), article("invoices", "shop")
    content = file(
        {"question": "How are refunds paid?", "articles": "refunds", "points": "30 days\ncard"},
        {
            "question": "Where is my\ninvoice?",
            "articles": "shop > invoices",
            "tier": "gold",
            "attributes": "country = de",
        },
        {"question": "Who won?", "expects": "no_answer"},
        {"question": "And when?", "earlier": "How are refunds paid?", "language": "EN"},
        {"question": "", "articles": "refunds"},
        {"question": "Which?", "articles": "gone"},
        {"question": "Which?", "articles": "invoices"},
        {"question": "Which?", "attributes": "country"},
        {"question": "Which?", "language": "e n"},
        {"question": "Which?", "expects": "perhaps"},
    )
    read = read_questions(billing, content)
    assert (read.added, read.known) == (4, 0)
    assert [(one.line, one.field) for one in read.refused] == [
        (8, "question"), (9, "articles"), (10, "articles"), (11, "attributes"), (12, "language"), (13, "expects"),
    ]  # fmt: skip
    assert "Collection > id" in read.refused[2].problem
    first = stored()
    assert first == [
        ("How are refunds paid?", "", "", "", {}, "answer", ["30 days", "card"], [right.pk]),
        ("Where is my\ninvoice?", "", "", "gold", {"country": "de"}, "answer", [], [other.pk]),
        ("Who won?", "", "", "", {}, "no_answer", [], []),
        ("And when?", "How are refunds paid?", "en", "", {}, "open", [], []),
    ]
    again = read_questions(billing, content)
    assert (again.added, again.known) == (0, 4) and stored() == first
    assert same.pk not in [number for row in first for number in row[-1]]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)
ONE_LINE = st.text(st.sampled_from("ab =+-@'\",;|äö退"), min_size=1, max_size=12).map(str.strip).filter(bool)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            TEXT.filter(str.strip), st.one_of(st.just(""), ONE_LINE), st.lists(ONE_LINE, max_size=3, unique=True)
        ),
        max_size=4,
        unique_by=lambda row: (row[0].strip(), row[1]),
    )
)
def test_what_a_set_is_written_as_is_what_is_read(rows) -> None:
    QuestionSet.objects.all().delete()
    for question, earlier, points in rows:
        add_question(set_named("first"), question, audience=NOBODY, earlier=earlier, points=points)
    first = stored()
    content = "".join(write_questions(set_named("first"))).encode()
    QuestionSet.objects.all().delete()
    assert read_questions(set_named("second"), content).refused == ()
    assert stored() == first
    cells = [cell for row in csv.reader(io.StringIO(content.decode(), newline="")) for cell in row]
    assert not any(cell[:1] in tuple("=+-@") and cell for cell in cells), "a spreadsheet would take it for a formula"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no column"),
        (b"text\nHow?\n", "no column"),
        (b"question\n\xff\n", "UTF-8"),
        (b"question\n" + b"x" * 20_000_001, "larger than 20 MB"),
        (b"question\n" + b'"' + b"x" * 200_000, "line 2"),
    ],
)
def test_a_file_that_is_none_says_what_is_wrong(billing, content, words) -> None:
    with pytest.raises(FileUnreadable, match=words):
        read_questions(billing, content)


def test_staff_import_and_export_on_the_set_s_page(billing) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    page = f"/admin/knowledge/questionset/{billing.pk}"
    upload = SimpleUploadedFile("questions.csv", file({"question": "How?"}, {"question": "", "tier": "gold"}))
    shown = client.post(f"{page}/import/", {"file": upload})
    assert shown.status_code == 200 and (shown.context["read"].added, len(shown.context["refused"])) == (1, 1)
    assert client.post(f"{page}/import/").status_code == 422
    out = client.get(f"{page}/export/")
    assert out["Content-Disposition"] == 'attachment; filename="billing.csv"' and b"How?" in out.getvalue()
    assert client.get(f"{page}/change/").status_code == 200
    saved = client.post(
        "/admin/knowledge/knownquestion/add/",
        {"question_set": billing.pk, "question": "Why?", "expects": "answer", "points": "one\ntwo", "attributes": ""},
    )
    assert saved.status_code == 302 and KnownQuestion.objects.latest("pk").points == ["one", "two"]


def test_programs_keep_sets_with_their_own_rights() -> None:
    api = APIClient()
    user = User.objects.create_user("program")
    api.force_authenticate(user)
    assert api.get("/api/v1/evaluation-sets/").status_code == 403
    wanted = ["questionset", "knownquestion"]
    user.user_permissions.set(Permission.objects.filter(content_type__model__in=wanted))
    user = User.objects.get(pk=user.pk)
    api.force_authenticate(user)
    made = api.post("/api/v1/evaluation-sets/", {"name": "Billing"}, format="json").json()
    right = article("refunds")
    body = {"question_set": made["id"], "question": "How?", "articles": [right.pk], "points": ["30 days"]}
    assert api.post("/api/v1/evaluation-questions/", body, format="json").status_code == 201
    listed = api.get("/api/v1/evaluation-questions/", {"question_set": made["id"], "expects": "answer"}).json()
    assert listed["results"][0]["articles"] == [right.pk]
    assert api.get("/api/v1/evaluation-sets/").json()["results"][0]["question_count"] == 1
    assert api.post("/api/v1/evaluation-questions/", body | {"points": ["x" * 501]}, format="json").status_code == 400


@pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)")
def test_a_stored_set_is_measured_against_the_live_articles_with_the_same_keys(billing, capsys, tmp_path) -> None:
    refunds = publish("Refunds", "An annual plan is refunded within 30 days.")
    gold = publish("Gold refunds", "Gold customers: an annual plan is refunded at any time.", audience_tiers=["gold"])
    for number in range(60):  # more than any page shows
        add_question(billing, f"Is an annual plan refunded? ({number})", audience=NOBODY, article_ids=[refunds.pk])
    add_question(billing, "When is it refunded?", audience=Audience(tier="gold"), article_ids=[gold.pk])
    add_question(billing, "Who won?", audience=NOBODY, expects=KnownQuestion.Expects.NO_ANSWER)
    call_command("evaluate_retrieval", "--set", "Billing", "--json")
    scores = json.loads(capsys.readouterr().out)
    assert list(scores) == ["ndcg@10", "recall@10", "mrr@3", "mrr@10", "index_seconds", "p50_ms", "p95_ms"]
    assert scores["recall@10"] == 1.0 and scores["mrr@3"] > 0.9
    call_command("evaluate_retrieval", "--set", "Billing")
    assert "61 questions" in capsys.readouterr().out
    with pytest.raises(CommandError, match="there are: Billing"):
        call_command("evaluate_retrieval", "--set", "Shipping")
    with pytest.raises(CommandError, match="no question with a right article"):
        call_command("evaluate_retrieval", "--set", set_named("Empty").name)
    with pytest.raises(DataUnusable):
        read_evaluation_set(tmp_path)


@pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)")
def test_what_an_evaluation_puts_up_is_marked_while_it_is_there(tmp_path) -> None:
    from analytics.trials import temporary_collection
    from knowledge.duplicates import uncompared
    from knowledge.evaluation import EvaluationSet, indexed
    from knowledge.retrieval import search

    data = EvaluationSet(documents={"d": ("Refunds", "Annual plans are refunded.")}, questions={}, right={})
    articles = tmp_path / "articles.jsonl"
    articles.write_text(json.dumps({"id": "d", "title": "Refunds", "body": "Annual plans are refunded."}))
    for put_up in (indexed(data), temporary_collection(articles)):
        with put_up:
            assert Article.objects.filter(status="published").exists() and not uncompared().exists()
            assert search("annual plans refunded", audience=NOBODY, language="en").passages == ()
        assert not Collection.objects.exists()
