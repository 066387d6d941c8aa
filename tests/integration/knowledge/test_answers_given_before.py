"""An answer is given again to those who may have it, as long as everything it rests on is as it was."""

import json
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.audience import Audience
from knowledge.caches import answers, environment
from knowledge.caches import store as store_module
from knowledge.caches.answers import Match, forget_all, forget_article, keep, recall
from knowledge.caches.kept import Origin
from knowledge.caches.store import KeptAnswers, store
from knowledge.ingestion import refresh_article
from knowledge.minilm import weights_file
from knowledge.models import Article, Embedder
from knowledge.retrieval import search
from knowledge.signals import embedder_switched
from tests.integration.knowledge.shelves import publish

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]
EVERYBODY = Audience()
QUESTION = "How much does shipping to Germany cost?"
NEARLY = "How much does the shipping to Germany cost?"
ANSWER = "Shipping to Germany costs 5.50 euro."


@pytest.fixture(autouse=True)
def _empty():
    forget_all(and_counts=True)
    environment.forget_environment()
    yield
    forget_all(and_counts=True)


@pytest.fixture
def article() -> Article:
    return publish("Shipping", "Shipping to Germany costs 5.50 euro.")


def cited(audience: Audience = EVERYBODY):
    return search(QUESTION, audience=audience, language="en", limit=1).passages


def kept(
    question: str = QUESTION, *, audience: Audience = EVERYBODY, language: str = "en", passages=None, **fields
) -> bool:
    fields = {"origin": Origin.SENT, "confidence": 0.9, "milliseconds": 500.0, "manner": ""} | fields
    return keep(
        question,
        ANSWER,
        audience=audience,
        language=language,
        cited=cited(audience) if passages is None else passages,
        **fields,
    )


def again(question: str = QUESTION, *, audience: Audience = EVERYBODY, language: str = "en", **options):
    return recall(question, audience=audience, language=language, **options)


@pytest.mark.usefixtures("article")
def test_the_same_and_nearly_the_same_question_get_the_answer_at_once() -> None:
    assert again() is None and kept()
    exact, near = again("  how much does shipping to germany COST"), again(NEARLY)
    assert (exact.match, exact.similarity, exact.kept.answer) == (Match.EXACT, 1.0, ANSWER)
    assert near.match is Match.NEAR and 0.94 <= near.similarity < 1.0
    assert 0 < exact.saved_milliseconds <= 500 and exact.kept.cited[0].article_title == "Shipping"
    assert again("How do I descale a kettle?") is None and again(NEARLY, only_exact=True) is None
    counts = store().counts()
    assert (counts.kept, counts.exact, counts.near, counts.missed, counts.stale) == (1, 1, 1, 3, 0)
    assert counts.hit_rate == 0.4 and counts.saved_milliseconds > 0


@pytest.mark.usefixtures("article")
@pytest.mark.parametrize(
    "other",
    [
        {"language": "de"},
        {"audience": Audience(tier="gold")},
        {"manner": "short"},
        {"question": "Shipping to Germany: 3 or 4 euro?"},
    ],
)
def test_another_language_audience_manner_or_number_gets_nothing(other) -> None:
    assert kept()
    assert again(**other) is None


@pytest.mark.usefixtures("article")
def test_a_new_article_about_a_question_takes_back_the_answer_given_before(django_capture_on_commit_callbacks) -> None:
    kettles = publish("Kettles", "Descale a kettle with vinegar.")
    others = search("descale kettle", audience=EVERYBODY, language="en", limit=1).passages
    assert kept() and kept("How do I descale a kettle?", passages=others)
    with django_capture_on_commit_callbacks(execute=True):
        publish("Prices of shipping", "From May on, shipping to Germany costs nothing above 50 euro.")
    assert again() is None
    assert again("How do I descale a kettle?").kept.cited[0].article_id == kettles.pk


@pytest.mark.parametrize(
    "change",
    [
        {"body": "Shipping to Germany costs 6.50 euro."},
        {"title": "Postage"},
        {"status": "archived"},
        {"visibility": "internal"},
        {"audience_tiers": ["gold"]},
        {"audience_attributes": {"country": "de"}},
        {"url": "https://example.com/moved"},
    ],
)
def test_any_change_of_a_cited_article_empties_exactly_its_answers(article, change) -> None:
    publish("Kettles", "Descale a kettle with vinegar.")
    assert kept()
    others = search("descale kettle", audience=EVERYBODY, language="en", limit=1).passages
    assert kept("How do I descale a kettle?", passages=others)
    Article.objects.filter(pk=article.pk).update(**change)  # no signal, no save(): the database itself is asked
    assert again() is None and again(NEARLY) is None
    assert again("How do I descale a kettle?") is not None


def test_saving_or_deleting_an_article_empties_its_answers_in_redis(
    article, django_capture_on_commit_callbacks
) -> None:
    assert kept() and store().counts().kept == 1
    with django_capture_on_commit_callbacks(execute=True):
        article.save()
    assert store().counts().kept == 0
    assert kept()
    with django_capture_on_commit_callbacks(execute=True):
        article.delete()
    assert store().counts().kept == 0


@pytest.mark.usefixtures("article")
def test_another_embedder_answers_nothing_of_the_one_before() -> None:
    assert kept()
    active = Embedder.objects.get(is_active=True)
    Embedder.objects.filter(pk=active.pk).update(is_active=False)
    assert again() is None  # noticed without any signal
    Embedder.objects.filter(pk=active.pk).update(is_active=True)
    assert kept() and again() is not None
    embedder_switched.send(sender=Embedder)
    assert store().counts().kept == 0


def test_an_answer_from_an_article_that_changed_meanwhile_is_not_kept(article) -> None:
    passages = cited()
    Article.objects.filter(pk=article.pk).update(body="Shipping to Germany costs 6.50 euro.")
    assert not kept(passages=passages)
    article.refresh_from_db()
    refresh_article(article)
    assert not kept(passages=passages) and kept(passages=cited())


@pytest.mark.usefixtures("article")
def test_nothing_is_kept_without_a_citation_a_question_or_an_answer() -> None:
    assert not kept(passages=()) and not kept("?!") and not kept("x" * 600) and not kept(language="")


def test_internal_articles_are_never_kept() -> None:
    publish("Staff", "Shipping to Germany: refund quietly.", visibility="internal")
    passages = search(QUESTION, audience=EVERYBODY, language="en", include_internal=True, limit=1).passages
    assert passages and not kept(passages=passages)


def test_an_old_answer_is_made_anew(article, monkeypatch) -> None:
    assert kept()
    monkeypatch.setattr(store_module, "KEPT_HOURS", 0.0)
    assert again() is None


@pytest.mark.usefixtures("article")
def test_the_least_recently_used_answer_goes_first(monkeypatch) -> None:
    monkeypatch.setattr(store_module, "KEPT_ANSWERS", 2)
    passages = cited()
    assert kept("First question about shipping?", passages=passages) and kept(
        "Second one on parcels?", passages=passages
    )
    assert again("First question about shipping?") is not None  # used: the second is the oldest now
    assert kept("Third thing to be asked?", passages=passages)
    assert again("Second one on parcels?") is None and store().counts().kept == 2
    assert again("First question about shipping?") and again("Third thing to be asked?")


@pytest.mark.usefixtures("article")
def test_losing_redis_loses_nothing_but_speed(monkeypatch) -> None:
    away = KeptAnswers("redis://127.0.0.1:9/0")
    for module in (answers, store_module):
        monkeypatch.setattr(module, "store", lambda: away)
    assert not kept() and again() is None and away.counts() is None and forget_article(1) == 0 and forget_all() == 0


@pytest.mark.usefixtures("article")
def test_a_flushed_redis_is_a_miss_and_fills_again() -> None:
    assert kept() and again(NEARLY)
    store()._redis.flushdb()
    assert again() is None and again(NEARLY) is None
    assert kept() and again(NEARLY) is not None


TIERS = st.lists(st.sampled_from(["free", "gold"]), max_size=2, unique=True)
ATTRIBUTES = st.dictionaries(st.sampled_from(["country", "plan"]), st.sampled_from(["de", "cn"]), max_size=2)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tiers=TIERS,
    conditions=ATTRIBUTES,
    first=st.tuples(st.sampled_from([None, "free", "gold"]), ATTRIBUTES),
    second=st.tuples(st.sampled_from([None, "free", "gold"]), ATTRIBUTES),
    later=st.tuples(TIERS, ATTRIBUTES),
    question=st.sampled_from([QUESTION, NEARLY]),
)
def test_no_customer_is_told_what_an_article_of_another_audience_says(
    article, tiers, conditions, first, second, later, question
) -> None:
    """Whoever the answer was made for, and however the audience changes later."""
    forget_all()
    environment.forget_environment()
    Article.objects.filter(pk=article.pk).update(audience_tiers=tiers, audience_attributes=conditions)
    asker, reader = (Audience(tier=tier, attributes=attributes) for tier, attributes in (first, second))
    passages = cited(asker)
    stored = kept(audience=asker, passages=passages)
    assert stored is bool(passages)
    told = again(question, audience=reader)
    if told is not None:
        assert _may_see(reader, tiers, conditions)
        assert {one.article_id for one in told.kept.cited} == {article.pk}
    Article.objects.filter(pk=article.pk).update(audience_tiers=later[0], audience_attributes=later[1])
    changed = (sorted(tiers), conditions) != (sorted(later[0]), later[1])
    told = again(question, audience=reader)
    assert told is None or (_may_see(reader, *later) and not changed)


def _may_see(reader: Audience, tiers, conditions) -> bool:
    return (not tiers or reader.tier in tiers) and all(
        reader.attributes.get(name) == value for name, value in conditions.items()
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec=None), max_size=200))
def test_any_question_is_looked_up_and_kept_or_refused(article, question: str) -> None:
    again(question)
    kept(question, passages=())
    assert again("a" * 1_000_000) is None


OTHER_PROCESS = """
import sys
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from knowledge.audience import Audience
from knowledge.caches.answers import recall
for line in sys.stdin:
    found = recall(line.strip(), audience=Audience(), language="en")
    print(found.match.value if found else "nothing", flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_two_processes_see_the_same_answers_and_the_same_changes() -> None:
    """What one keeps the other gives, and what one empties the other no longer gives, in its own index either."""
    article = publish("Shipping", "Shipping to Germany costs 5.50 euro.")
    name = connection.settings_dict["NAME"]
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:

        def asked_there(question: str) -> str:
            other.stdin.write(question + "\n")
            other.stdin.flush()
            return other.stdout.readline().strip()

        try:
            assert asked_there(NEARLY) == "nothing"
            assert kept()
            assert (asked_there(NEARLY), asked_there(QUESTION)) == ("near", "exact")
            forget_article(article.pk)
            assert (asked_there(NEARLY), asked_there(QUESTION)) == ("nothing", "nothing")
            assert kept() and asked_there(NEARLY) == "near"
            with transaction.atomic():
                article.body = "Shipping to Germany costs 6.50 euro."
                article.save()
            assert asked_there(NEARLY) == "nothing" and again(NEARLY) is None
        finally:
            other.stdin.close()
            other.wait(timeout=20)


def test_the_measurement_names_the_bound_and_what_the_running_system_counts(article, tmp_path) -> None:
    assert kept() and again()
    file = tmp_path / "questions.csv"
    rows = [f"Question number {n} about {word}?,{word}" for n in range(3) for word in ("tea", "ships")]
    file.write_text("\n".join(["text,intent", *rows]))
    output = StringIO()
    call_command("evaluate_answer_cache", "--questions", str(file), "--json", stdout=output)
    report = json.loads(output.getvalue())
    assert report["bound_used"] == 0.94 and report["sets"][f"{tmp_path.name}/questions"]["questions"] == 6
    assert (report["live"]["kept"], report["live"]["exact"]) == (1, 1)
    with pytest.raises(CommandError, match="text and intent"):
        file.write_text("a,b\n1,2\n")
        call_command("evaluate_answer_cache", "--questions", str(file))
