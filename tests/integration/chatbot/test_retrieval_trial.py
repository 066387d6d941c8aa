"""The retrieval test: what would be found and why, two ways side by side; a question is kept with one click."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from chatbot.llm.scripted import ScriptedModel
from chatbot.retrieval_trial import AskedFor, RetrievalTrial, Rewriting, TrialSettings, try_retrieval
from knowledge.explaining import Why
from knowledge.minilm import weights_file
from knowledge.models import ApprovedAnswer, Article, Collection, Embedder, KnownQuestion, QuestionSet
from knowledge.ranking import Fusion
from knowledge.search_settings import SearchSettings, Way
from tests.integration.knowledge.shelves import publish

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]
PAGE = "/admin/knowledge/retrieval-test/"
SETTINGS = {"way": "hybrid", "fusion": "learned", "rewriting": "bot", "passages": "8", "least_score": "0"}


def tried(question: str, settings: TrialSettings = TrialSettings(), *, sees_articles: bool = True, **asked: object):  # noqa: B008  frozen
    return try_retrieval(AskedFor(question=question, **asked), settings, sees_articles=sees_articles)


def titles(trial: RetrievalTrial) -> list[str]:
    return [one.passage.article_title for one in trial.explanation.passages]


def reasons(trial: RetrievalTrial) -> dict[str, tuple[Why, ...]]:
    return {one.title: one.reasons for one in (*trial.staff_text, *trial.explanation.left_out)}


def form(question: str, **more: str) -> dict[str, str]:
    sides = {f"{side}-{name}": value for side in "ab" for name, value in SETTINGS.items()}
    return {"question": question, **sides, **more}


@pytest.fixture
def refunds() -> Article:
    return publish("Refunds", "# Refunds\n\nAn annual plan is refunded within 30 days.")


@pytest.fixture
def admin_client() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    return client


def member(*rights: str) -> User:
    user = User.objects.create_user("member", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


@pytest.mark.usefixtures("refunds")
def test_every_way_of_being_left_out_is_named() -> None:
    text = "An annual plan is refunded in another way."
    publish("Gold", text, audience_tiers=["gold"])
    publish("Germany", text, audience_attributes={"country": "de"})
    publish("Internal", text, visibility="internal")
    Article.objects.filter(pk=publish("Draft", text).pk).update(status="draft")
    Article.objects.filter(pk=publish("Archived", text).pk).update(status="archived")
    publish("Colleagues", "Tell the customer that an annual plan is refunded.")
    shelf = Collection.objects.get()
    Article.objects.create(collection=shelf, external_id="new", title="Never indexed", body=text, language="en")
    trial = tried("How is an annual plan refunded?", attributes={"country": "cn"})
    assert titles(trial) == ["Refunds"]
    assert reasons(trial) == {
        "Gold": (Why.OTHER_TIER,),
        "Germany": (Why.OTHER_ATTRIBUTES,),
        "Internal": (Why.INTERNAL,),
        "Draft": (Why.DRAFT,),
        "Archived": (Why.ARCHIVED,),
        "Colleagues": (Why.STAFF_TEXT,),
        "Never indexed": (Why.DRAFT,),
    }


@pytest.mark.usefixtures("refunds")
def test_an_approved_answer_is_shown_and_one_that_is_not_sent_with_its_reasons(admin_client) -> None:
    question = "Is an annual plan refunded?"
    ApprovedAnswer.objects.create(question=question, answer="Yes.", language="en")
    yesterday = timezone.now() - timedelta(days=1)
    ApprovedAnswer.objects.create(question=question, answer="Old.", language="en", expires_at=yesterday)
    ApprovedAnswer.objects.create(
        question=question, answer="Gold.", language="de", is_on=False, audience_tiers=["gold"],
        audience_attributes={"country": "de"},
    )  # fmt: skip
    trial = tried(question)
    assert trial.approved is not None and trial.approved.answer == "Yes."
    assert [one.reasons for one in trial.approved_left_out] == [
        (Why.EXPIRED,),
        (Why.SWITCHED_OFF, Why.OTHER_LANGUAGE, Why.OTHER_TIER, Why.OTHER_ATTRIBUTES),
    ]
    assert tried(question, sees_articles=False).approved_left_out == ()
    assert "approved answer, not sent" in admin_client.post(PAGE, form(question)).content.decode()


@pytest.mark.usefixtures("refunds")
def test_who_may_not_read_articles_reads_only_what_every_customer_may() -> None:
    publish("Gold", "Secret: an annual plan is refunded twice.", audience_tiers=["gold"])
    as_gold = tried("annual plan refunded", sees_articles=False, tier="gold")
    assert sorted(titles(as_gold)) == ["", "Refunds"]
    as_nobody = tried("annual plan refunded", sees_articles=False)
    assert reasons(as_nobody) == {"": (Why.OTHER_TIER,)}
    for trial in (as_gold, as_nobody):
        assert "Secret" not in repr(trial) and "Gold" not in repr(trial)


@pytest.mark.usefixtures("refunds")
@pytest.mark.parametrize(
    "settings",
    [SearchSettings(way=way, fusion=fusion) for way in Way for fusion in Fusion],
    ids=lambda one: f"{one.way}, {one.fusion}",
)
def test_parts_add_up_to_the_score_however_it_is_searched(settings: SearchSettings) -> None:
    publish("Abos", "Ein Jahresabo wird innerhalb von 30 Tagen erstattet.", language="de")
    trial = tried("annual plan refunded in 30 Tagen", TrialSettings(search=settings), language="en")
    assert titles(trial)[0] == "Refunds"
    for one in trial.explanation.passages:
        points = sum(part.points for part in one.parts) * one.language_factor
        assert points == pytest.approx(one.passage.score)
        assert one.language_factor == (1.0 if one.passage.language == "en" else 0.6)


@pytest.mark.usefixtures("refunds")
def test_words_alone_embed_nothing_and_vectors_alone_need_no_word(monkeypatch) -> None:
    by_vectors = tried("money back for the yearly subscription", TrialSettings(search=SearchSettings(way=Way.VECTORS)))
    assert titles(by_vectors) == ["Refunds"] and by_vectors.explanation.retrieval.vector_share == 1.0
    monkeypatch.setattr("knowledge.retrieval.question_vector", lambda *_: pytest.fail("a vector was made"))
    by_words = TrialSettings(search=SearchSettings(way=Way.WORDS))
    assert titles(tried("money back for the yearly subscription", by_words)) == []
    assert titles(tried("refunded", by_words)) == ["Refunds"]
    assert tried("refunded", by_words).explanation.retrieval.notes == ()


@pytest.mark.usefixtures("refunds")
def test_a_least_score_and_the_number_of_passages_leave_out_with_their_reason() -> None:
    publish("Invoices", "Invoices are under Billing.")
    few = tried("Is an annual plan refunded?", TrialSettings(passages=1))
    assert titles(few) == ["Refunds"] and reasons(few) == {"Invoices": (Why.FURTHER_DOWN,)}
    bound = tried("Is an annual plan refunded?", TrialSettings(search=SearchSettings(least_score=0.5)))
    assert titles(bound) == ["Refunds"] and reasons(bound) == {"Invoices": (Why.UNDER_BOUND,)}


@pytest.mark.usefixtures("refunds")
def test_a_passage_that_repeats_a_better_one_says_so() -> None:
    publish("Refunds again", "An annual plan is refunded within 30 days. Ask us.")
    first, second = tried("Is an annual plan refunded?").explanation.passages
    assert first.repeats is None and second.repeats == 1


@pytest.mark.usefixtures("refunds")
def test_a_follow_up_is_completed_as_the_bot_does_or_not_at_all(monkeypatch) -> None:
    asked = {"question": "and when?", "earlier": "Is an annual plan refunded?"}
    assert titles(tried(**asked)) == ["Refunds"] and "annual plan" in tried(**asked).searched_for
    assert tried(**asked, settings=TrialSettings(rewriting=Rewriting.OFF)).searched_for == "and when?"
    model = ScriptedModel(replies=["When is an annual plan refunded?"])
    monkeypatch.setattr("chatbot.retrieval_trial.configured_model", lambda: model)
    assert tried(**asked).searched_for == "When is an annual plan refunded?"


@pytest.mark.usefixtures("refunds")
def test_an_embedder_that_is_not_filled_is_refused_and_a_filled_one_is_used(admin_client) -> None:
    from knowledge.embedders import register_embedder
    from knowledge.filling import fill, start_filling

    other = register_embedder("minilm")
    refused = APIClient()
    refused.force_authenticate(User.objects.get())
    body = {"question": "refunds", "settings": [{"embedder": "minilm"}]}
    answer = refused.post("/api/v1/retrieval-test/", body, format="json")
    assert answer.status_code == 400 and "fill it" in str(answer.json()["settings"])
    start_filling(other.pk)
    assert fill(other.pk, seconds=30)
    tried_again = refused.post("/api/v1/retrieval-test/", body, format="json").json()["results"][0]
    assert tried_again["embedder"] == "minilm" and tried_again["passages"][0]["passage"]["rank"] == 1
    assert Embedder.objects.get(is_active=True).name == "minilm-int8"


def test_throw_away_collections_are_found_only_by_their_name(refunds) -> None:
    body = "An annual plan is refunded by an evaluation."
    publish("Thrown away", body, collection="evaluation 1")
    Collection.objects.filter(name="evaluation 1").update(is_throw_away=True)
    trial = tried("Is an annual plan refunded?")
    assert titles(trial) == ["Refunds"] and "Thrown away" not in reasons(trial)
    assert titles(tried("Is an annual plan refunded?", TrialSettings(search=SearchSettings(way=Way.WORDS)))) == [
        "Refunds"
    ]
    assert titles(tried("annual plan", TrialSettings(collections=("evaluation 1",)))) == ["Thrown away"]


def test_the_page_compares_two_ways_and_keeps_the_question_with_one_click(admin_client, refunds) -> None:
    publish("Invoices", "Invoices are under Billing.")
    shown = admin_client.post(PAGE, form("Is an annual plan refunded?", compare="1", **{"b-way": "words"}))
    first, second = shown.context["columns"]
    assert [row["title"] for row in first["passages"]] == ["Refunds", "Invoices"]
    assert [(row["title"], row["elsewhere"]) for row in second["passages"]] == [("Refunds", 1)]
    assert first["passages"][1]["elsewhere"] == 0
    kept = form("Is an annual plan refunded?", tier="gold", set="Billing", right=str(refunds.pk))
    for _ in range(2):
        assert admin_client.post(PAGE, kept).status_code == 200
    question = KnownQuestion.objects.get()
    assert (question.question_set.name, question.tier, question.expects) == ("Billing", "gold", "answer")
    assert list(question.articles.all()) == [refunds]
    admin_client.post(PAGE, form("Is an annual plan refunded?", tier="gold", set="Billing", none="1"))
    question.refresh_from_db()
    assert question.expects == "no_answer" and not question.articles.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"question": ""}, "This field is required"),
        ({"question": "x" * 4_001}, "at most 4000 characters"),
        ({"attributes": "country"}, "Line 1 must look like"),
        ({"a-passages": "0"}, "greater than or equal to 1"),
        ({"a-embedder": "nobody"}, "not one of the available choices"),
        ({"language": "e n"}, "Enter a valid value"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_lost(admin_client, wrong, words) -> None:
    sent = form("Is it refunded?", earlier="annual plans") | wrong
    shown = admin_client.post(PAGE, sent)
    assert shown.status_code == 422
    assert words in shown.content.decode() and "annual plans" in shown.content.decode()


def test_the_page_opens_for_those_who_keep_articles_or_sets_and_keeping_has_a_right_of_its_own(refunds) -> None:
    client = Client()
    client.force_login(member("view_turn"))
    assert client.get(PAGE).status_code == 403
    user = User.objects.get()
    user.user_permissions.set(Permission.objects.filter(codename="view_questionset"))
    shown = client.post(PAGE, form("Is an annual plan refunded?"))
    assert shown.status_code == 200 and not shown.context["may_keep"]
    assert client.post(PAGE, form("Is it?", right=str(refunds.pk))).status_code == 403
    assert not QuestionSet.objects.exists()


def test_the_endpoint_explains_and_needs_the_right_to_read_articles(refunds) -> None:
    publish("Gold", "An annual plan is refunded twice.", audience_tiers=["gold"])
    user = member("view_article")
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user).key}")
    body = {"question": "Is an annual plan refunded?", "settings": [{}, {"way": "words", "passages": 3}]}
    answer = api.post("/api/v1/retrieval-test/", body, format="json")
    assert answer.status_code == 200, answer.content
    first, second = answer.json()["results"]
    part = first["passages"][0]["parts"][0]
    assert part["points"] == pytest.approx(part["value"] * part["weight"])
    assert first["left_out"][0]["reasons"] == ["other_tier"]
    assert {"lexical", "embed", "vector", "fuse", "rerank", "rewrite", "explain", "total"} == set(first["milliseconds"])
    assert second["vector_share"] == 0.0
    assert api.post("/api/v1/retrieval-test/", {"question": "?", "settings": []}, format="json").status_code == 400
    user.user_permissions.clear()
    assert api.post("/api/v1/retrieval-test/", body, format="json").status_code == 403
