import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.conf import QUESTION_MAX_CHARACTERS
from knowledge.errors import EmbeddingUnavailable, QuestionTooLong, SearchTimedOut
from knowledge.minilm import weights_file
from knowledge.models import Article
from knowledge.retrieval import Audience, search
from tests.integration.knowledge.shelves import publish

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]
EVERYBODY = Audience()


def found(question: str, **options) -> list[str]:
    options = {"audience": EVERYBODY, "language": None} | options
    return [passage.article_title for passage in search(question, **options).passages]


@pytest.fixture
def articles() -> None:
    publish("Refunds", "# Refunds\n\nAn annual plan is refunded within 30 days.")
    publish("Invoices", "# Invoices\n\nDownload them as PDF under Billing. Code QX-4711 means a missing VAT id.")
    publish("Passwords", "# Passwords\n\nReset a forgotten password with the link on the sign-in page.")
    publish("退款政策", "# 退款政策\n\n年度套餐可在三十天内申请退款。", language="zh-hans")


@pytest.mark.usefixtures("articles")
def test_the_right_article_comes_first() -> None:
    assert found("Can I have my money back for the yearly subscription?")[0] == "Refunds"
    assert found("what is qx 4711")[0] == "Invoices"
    assert found("怎么申请退款", language="zh-hans")[0] == "退款政策"


@pytest.mark.usefixtures("articles")
def test_a_passage_points_at_its_place_in_the_article() -> None:
    passage = search("refund annual plan", audience=EVERYBODY, language="en").passages[0]
    article = Article.objects.get(pk=passage.article_id)
    assert article.body[passage.start : passage.end] == passage.text
    assert -1.0 <= passage.similarity <= 1.0 and passage.lexical_score > 0.0 and passage.rank == 1


@pytest.mark.usefixtures("articles")
def test_the_same_question_gives_the_same_order() -> None:
    first, second = (search("billing link", audience=EVERYBODY, language="en").passages for _ in range(2))
    assert first == second


@pytest.mark.usefixtures("articles")
@pytest.mark.parametrize("question", ["", "   ", "?!…。", "🙂🙂", "\0", "\ud800"])
def test_a_question_without_words_finds_nothing(question: str) -> None:
    retrieval = search(question, audience=EVERYBODY, language=None)
    parts = {"embed", "vector", "lexical", "fuse", "rerank", "total"}
    assert retrieval.passages == () and set(retrieval.milliseconds) == parts


def test_nothing_indexed_finds_nothing() -> None:
    assert found("refund") == []


@pytest.mark.usefixtures("articles")
@pytest.mark.parametrize(
    "question",
    [
        "refund & | ! <-> :* ( 'plan'",
        "'; DROP TABLE knowledge_article; --",
        "%s %(tier)s {0} {collections} %",
        "\\' \\\\ ''' refund",
        "refund\0plan",
        "broken \ud83d refund",
        "استرداد الأموال refund",
        "refund 🙂 退款 返金 환불",
        "refund " * 2_500,
        "x" * QUESTION_MAX_CHARACTERS,
        "ﷺ" * 5_000,
    ],
)
def test_hostile_questions_are_answered(question: str) -> None:
    search(question, audience=Audience(tier="a'b\0", attributes={"x\0": "\ud800", "'": '"'}), language=None)
    assert Article.objects.count() == 4


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    question=st.text(st.characters(codec=None), max_size=200),
    language=st.sampled_from([None, "en", "zh", "xx", "de-AT"]),
)
def test_any_text_is_searched(question: str, language: str | None) -> None:
    search(question, audience=EVERYBODY, language=language)


def test_a_megabyte_is_refused_with_the_limit() -> None:
    with pytest.raises(QuestionTooLong, match=str(QUESTION_MAX_CHARACTERS)):
        search("a" * 1_000_000, audience=EVERYBODY, language=None)


@pytest.mark.usefixtures("articles")
def test_without_the_embedder_words_alone_decide_and_the_search_says_so(monkeypatch) -> None:
    def unavailable(name: str) -> None:
        raise EmbeddingUnavailable("down")

    monkeypatch.setattr("knowledge.question_vectors.embedder_named", unavailable)
    retrieval = search("what is qx 4711", audience=EVERYBODY, language="en")
    assert retrieval.notes == ("vectors_unavailable",)
    assert [passage.article_title for passage in retrieval.passages] == ["Invoices"]
    assert retrieval.passages[0].similarity == 0.0 and retrieval.passages[0].lexical_score > 0.0


@pytest.mark.usefixtures("articles")
def test_other_languages_stay_possible() -> None:
    assert "Refunds" in found("怎么申请退款", language="zh-hans")


@pytest.mark.usefixtures("articles")
def test_only_the_collections_asked_for_are_searched() -> None:
    publish("Refunds elsewhere", "An annual plan is refunded here too.", collection="other")
    assert found("refund", collections=["other"]) == ["Refunds elsewhere"]
    assert found("refund", collections=[]) == []


def test_internal_articles_are_only_found_when_asked_for() -> None:
    publish("Internal: Refunds", "Refund without asking up to 50 euro.", visibility="internal")
    assert found("refund") == []
    assert found("refund", include_internal=True) == ["Internal: Refunds"]


@pytest.mark.parametrize(
    "change",
    [{"status": "archived"}, {"status": "draft"}, {"visibility": "internal"}, {"audience_tiers": ["gold"]}],
)
def test_a_change_of_who_may_see_holds_at_once(change: dict[str, object]) -> None:
    article = publish("Refunds", "An annual plan is refunded.")
    Article.objects.filter(pk=article.pk).update(**change)  # neither save() nor indexing is asked
    assert found("refund") == []


TIERS = st.lists(st.sampled_from(["free", "gold", "it's"]), max_size=2, unique=True)
ATTRIBUTES = st.dictionaries(st.sampled_from(["country", "plan"]), st.sampled_from(["de", "cn", ""]), max_size=2)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.lists(st.tuples(TIERS, ATTRIBUTES, st.booleans()), min_size=8, max_size=8),
    tier=st.sampled_from([None, "free", "gold", "it's", "other"]),
    attributes=ATTRIBUTES,
    include_internal=st.booleans(),
)
def test_articles_of_another_audience_never_leak(audiences, wanted, tier, attributes, include_internal) -> None:
    expected = set()
    for article, (tiers, conditions, internal) in zip(audiences, wanted, strict=True):
        Article.objects.filter(pk=article.pk).update(
            audience_tiers=tiers, audience_attributes=conditions, visibility="internal" if internal else "public"
        )
        if (
            (not tiers or tier in tiers)
            and all(attributes.get(name) == value for name, value in conditions.items())
            and (include_internal or not internal)
        ):
            expected.add(article.title)
    audience = Audience(tier=tier, attributes=attributes)
    assert set(found("How are refunds paid?", audience=audience, include_internal=include_internal)) == expected


@pytest.fixture
def audiences() -> list[Article]:
    return [publish(f"Refund {n}", f"Refunds number {n} are paid.") for n in range(8)]


@pytest.mark.usefixtures("articles")
def test_a_search_leaves_the_callers_transaction_as_it_was() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()
        search("refund", audience=EVERYBODY, language=None, timeout_seconds=1.5)
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before


@pytest.mark.usefixtures("articles")
def test_a_slow_database_ends_in_an_error_that_says_so(monkeypatch) -> None:
    monkeypatch.setattr("knowledge.retrieval._LEXICAL_SQL", "SELECT pg_sleep(5)")
    with pytest.raises(SearchTimedOut, match="50 ms"):
        search("refund", audience=EVERYBODY, language=None, timeout_seconds=0.05)
    assert Article.objects.exists()  # the caller's transaction still works
