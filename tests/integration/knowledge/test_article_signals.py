"""Freshness and past citations are read from what is stored, count as they were learned, and are shown."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from knowledge import ranking
from knowledge.article_signals import HALF_LIFE_DAYS, NO_SIGNALS, signals_of
from knowledge.audience import Audience
from knowledge.explaining import explain
from knowledge.minilm import weights_file
from knowledge.models import Article
from knowledge.question_sets import add_question, set_named
from knowledge.ranking import Feature, SignalWeights
from knowledge.retrieval import search
from knowledge.search_settings import SearchSettings
from knowledge.usage import Used, count_usage
from tests.integration.knowledge.shelves import publish

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]
TODAY = date(2026, 3, 1)
QUESTION = "When are annual plans refunded?"


def aged(article: Article, days: float) -> Article:
    changed = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC) - timedelta(days=days)
    Article.objects.filter(pk=article.pk).update(updated_at=changed)
    return article


def used(article: Article, *, found: int, cited: int, days: int = 1, today: date = TODAY) -> None:
    count_usage([Used(article_id=article.pk, day=today - timedelta(days=days), found=found, cited=cited)])


def titles(**settings: object) -> list[str]:
    found = search(QUESTION, audience=Audience(), language="en", settings=SearchSettings(**settings))  # type: ignore[arg-type]
    return [one.article_title for one in found.passages]


@pytest.fixture
def two() -> tuple[Article, Article]:
    """Nearly alike, in the order in which they are found."""
    body = "Annual plans are refunded within 30 days."
    known = {title: publish(title, body) for title in ("Plans A", "Plans B")}
    first, second = titles()
    return known[first], known[second]


def test_signals_come_from_the_last_change_and_the_last_ninety_days() -> None:
    fresh, old, never = (publish(title, "Text.") for title in ("Fresh", "Old", "Never found"))
    aged(fresh, 0), aged(old, HALF_LIFE_DAYS), aged(never, -3)
    used(fresh, found=16, cited=14)
    used(old, found=16, cited=4)
    used(old, found=100, cited=100, days=91)
    known = signals_of([fresh.pk, old.pk, never.pk, 10**9], today=TODAY)
    assert set(known) == {fresh.pk, old.pk, never.pk}
    assert (known[fresh.pk].freshness, known[old.pk].freshness, known[never.pk].freshness) == (1.0, 0.5, 1.0)
    assert (known[fresh.pk].citations, known[old.pk].citations) == (0.75, 0.25)
    assert known[never.pk].citations == NO_SIGNALS.citations
    assert signals_of([]) == {}


def test_what_counts_for_nothing_is_not_even_read(two, monkeypatch) -> None:
    monkeypatch.setattr("knowledge.retrieval.signals_of", lambda ids: pytest.fail("it was read"))
    assert titles() == [one.title for one in two]


def test_weights_part_what_fits_about_alike_and_the_order_is_the_same_each_time(two) -> None:
    first, second = two
    used(second, found=50, cited=50, today=timezone.now().date())
    Article.objects.filter(pk=first.pk).update(updated_at=timezone.now() - timedelta(days=4_000))
    most = SignalWeights(freshness=0.1, citations=0.1)
    assert titles() == [first.title, second.title]
    orders = {tuple(titles(signals=most)) for _ in range(3)}
    assert orders == {(second.title, first.title)}


def test_the_explanation_shows_both_and_their_weights(two) -> None:
    used(two[0], found=16, cited=14, today=timezone.now().date())
    plain = explain(QUESTION, audience=Audience(), language="en").passages[0]
    parts = {part.feature: part for part in plain.parts}
    assert parts[Feature.CITATIONS].value == 0.75 and parts[Feature.CITATIONS].weight == 0.0
    assert parts[Feature.FRESHNESS].value == 1.0
    weights = SearchSettings(signals=SignalWeights(citations=0.05))
    weighted = explain(QUESTION, audience=Audience(), language="en", settings=weights).passages[0]
    points = sum(part.points for part in weighted.parts)
    assert points == pytest.approx(weighted.passage.score) and weighted.passage.score != plain.passage.score


def test_learn_ranking_learns_them_from_stored_sets_of_live_articles(two, tmp_path, capsys) -> None:
    _first, second = two
    used(second, found=50, cited=50, today=timezone.now().date())
    known = set_named("Billing")
    for number in range(24):
        add_question(known, f"{QUESTION} ({number})", audience=Audience(), language="en", article_ids=[second.pk])
    shipped = json.loads(ranking.WEIGHTS_FILE.read_text())
    output = tmp_path / "weights.json"
    sample = tmp_path / "articles.jsonl"
    sample.write_text(json.dumps({"id": "a", "title": "Shipping", "body": "Parcels take three days."}) + "\n")
    cases = tmp_path / "cases.jsonl"
    rows = [{"question": f"How long do parcels take? {n}", "article_ids": ["a"]} for n in range(2)]
    cases.write_text("".join(json.dumps(row) + "\n" for row in rows))
    call_command(
        "learn_ranking", "--articles", str(sample), "--cases", str(cases), "--set", "Billing", "--output", str(output),
        "--json",
    )  # fmt: skip
    learned = json.loads(capsys.readouterr().out)
    assert learned["citations"] > 0.0 and learned["freshness"] == 0.0, "only the citations differ"
    assert json.loads(output.read_text())["minilm-int8"]["citations"] == learned["citations"]
    assert json.loads(ranking.WEIGHTS_FILE.read_text()) == shipped
    with pytest.raises(CommandError, match="no evaluation set 'Shipping'"):
        call_command("learn_ranking", "--set", "Shipping")
