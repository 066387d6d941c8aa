"""An approved answer is found by its own customers' own questions, and by nobody else's."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge import past_questions as past
from knowledge import question_vectors, tasks
from knowledge.approved import Match, fill_vectors, find_approved
from knowledge.approved_catches import caught
from knowledge.audience import Audience, is_for
from knowledge.errors import EmbeddingUnavailable
from knowledge.models import ApprovedAnswer, ApprovedPhrase, ApprovedPhraseVector
from knowledge.past_questions import PastQuestion
from knowledge.sameness import same_language
from knowledge.signals import approved_answer_changed

pytestmark = pytest.mark.django_db

EVERYBODY = Audience()
NEARLY = "How long will refunds take?"
QUESTION = "How long do refunds take?"


def approve(question: str = QUESTION, answer: str = "Ten days.", **fields: object) -> ApprovedAnswer:
    made = ApprovedAnswer.objects.create(question=question, answer=answer, **fields)
    fill_vectors([made.pk])
    return made


def ask(question: str, audience: Audience = EVERYBODY, language: str = "en", **options: object):
    return find_approved(question, audience=audience, language=language, **options)


def test_the_same_words_match_whatever_their_case_and_punctuation() -> None:
    made = approve()
    found = ask("how long do REFUNDS take ??")
    assert (found.answer_id, found.answer, found.match) == (made.pk, "Ten days.", Match.EXACT)


def test_nearly_the_same_question_matches_and_says_how_near() -> None:
    approve(variants=["When will I get my money back?"])
    found = ask(NEARLY)
    assert found.match == Match.SIMILAR and 0.9 < found.similarity < 1.0 and found.question == QUESTION
    assert ask("when do i get my money back").question == "When will I get my money back?"


@pytest.mark.parametrize(
    "question", ["How do I descale my kettle?", "", "???", "\0", "x" * 50_000, "'; DROP TABLE x; --"]
)
def test_other_questions_match_nothing(question: str) -> None:
    approve()
    assert ask(question) is None


def test_another_number_is_another_question() -> None:
    approve("Can I return a blender after 30 days?")
    assert ask("Can I return the blender after 30 days?") is not None
    assert ask("Can I return the blender after 60 days?") is None


def test_a_follow_up_matches_by_the_same_words_only() -> None:
    approve()
    assert ask(NEARLY, only_exact=True) is None
    assert ask(QUESTION, only_exact=True) is not None


def test_expired_and_switched_off_answers_are_not_given() -> None:
    approve(expires_at=timezone.now() - timedelta(seconds=1))
    approve(is_on=False)
    assert ask(QUESTION) is None and ask(NEARLY) is None


def test_the_answer_for_fewer_people_wins() -> None:
    approve(answer="For all.")
    approve(answer="For gold in Germany.", audience_tiers=["gold"], audience_attributes={"country": "de"})
    approve(answer="For gold.", audience_tiers=["gold"])
    assert ask(QUESTION, Audience(tier="gold", attributes={"country": "de"})).answer == "For gold in Germany."
    assert ask(QUESTION, Audience(tier="gold")).answer == "For gold."
    assert ask(QUESTION).answer == "For all."


def test_a_wording_that_was_taken_away_no_longer_matches_and_others_keep_their_vectors() -> None:
    made = approve(variants=["When is my money back?"])
    kept = ApprovedPhraseVector.objects.get(phrase__text=QUESTION).pk
    made.variants = ["Refund: how many days?"]
    made.save()
    assert ask("When is my money back?") is None
    assert ask("refund: how many DAYS").match == Match.EXACT
    assert ApprovedPhraseVector.objects.get(phrase__text=QUESTION).pk == kept
    assert ApprovedPhraseVector.objects.count() == 1 and fill_vectors() == 1


def test_without_vectors_the_same_words_still_match(monkeypatch) -> None:
    approve()

    def away(name: str):
        raise EmbeddingUnavailable("away")

    monkeypatch.setattr(question_vectors, "embedder_named", away)
    assert ask(QUESTION).match == Match.EXACT and ask(NEARLY) is None


def test_where_nothing_is_approved_no_vector_is_made(monkeypatch) -> None:
    approve(audience_tiers=["gold"])
    monkeypatch.setattr(question_vectors, "embedder_named", lambda name: pytest.fail("made a vector"))
    assert ask(NEARLY) is None


def test_a_change_is_announced_after_the_commit(django_capture_on_commit_callbacks) -> None:
    heard: list[int] = []

    def listen(approved_answer_id: int, **kwargs: object) -> None:
        heard.append(approved_answer_id)

    approved_answer_changed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            made = approve()
            number = made.pk
            assert heard == []
        with django_capture_on_commit_callbacks(execute=True):
            made.delete()
    finally:
        approved_answer_changed.disconnect(listen)
    assert heard == [number, number]


TIERS = st.sampled_from(["gold", "silver", "go'ld", "GOLD", "{}"])
ATTRIBUTES = st.dictionaries(st.sampled_from(["country", "plan"]), st.sampled_from(["de", "fr", "{}"]), max_size=2)
LANGUAGES = st.sampled_from(["en", "en-us", "zh", "zh-hans", "zh-hant"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answers=st.lists(
        st.tuples(st.lists(TIERS, max_size=2), ATTRIBUTES, LANGUAGES, st.booleans()), min_size=1, max_size=4
    ),
    tier=st.none() | TIERS,
    attributes=ATTRIBUTES,
    language=LANGUAGES,
    question=st.sampled_from([QUESTION, NEARLY]),
)
def test_nobody_gets_the_answer_of_another_audience_or_language(answers, tier, attributes, language, question) -> None:
    ApprovedAnswer.objects.all().delete()
    for tiers, wanted, written, is_on in answers:
        fields = {"audience_tiers": tiers, "audience_attributes": wanted, "language": written, "is_on": is_on}
        ApprovedAnswer.objects.create(question=QUESTION, answer="Ten days.", **fields)
    fill_vectors()
    audience = Audience(tier=tier, attributes=attributes)
    allowed = {
        made.pk
        for made in ApprovedAnswer.objects.filter(is_on=True)
        if is_for(audience, tiers=made.audience_tiers, attributes=made.audience_attributes)
        and same_language(language, made.language)
    }
    found = ask(question, audience, language)
    assert (found is None) == (not allowed)
    assert found is None or found.answer_id in allowed


def asked(text: str, **fields: object) -> PastQuestion:
    fields = {"language": "en", "audience": EVERYBODY, "asked_at": timezone.now(), "address": "/turn/1"} | fields
    return PastQuestion(text=text, **fields)


def test_past_questions_are_caught_by_the_rules_of_the_live_ones() -> None:
    questions = [
        asked("how long do refunds take"),
        asked(NEARLY),
        asked("How do I descale my kettle?"),
        asked(QUESTION, language="de"),
        asked(QUESTION, audience=Audience(tier="silver")),
    ]
    draft = ApprovedAnswer(question=QUESTION, answer="x", audience_tiers=[], language="en")
    assert [(one.match, one.question.text) for one in caught(draft, questions)] == [
        (Match.EXACT, "how long do refunds take"),
        (Match.SIMILAR, NEARLY),
        (Match.EXACT, QUESTION),
    ]
    draft.audience_tiers = ["silver"]
    assert [one.question.audience.tier for one in caught(draft, questions)] == ["silver"]


@pytest.fixture
def mia(client, monkeypatch) -> User:
    monkeypatch.setattr(tasks.embed_approved_answer, "delay", fill_for_one)
    mia = User.objects.create_superuser("mia")
    client.force_login(mia)
    return mia


def fill_for_one(answer_id: int) -> None:
    fill_vectors([answer_id])


FORM = {
    "question": QUESTION,
    "variants": "When is my money back?\n\n",
    "answer": "**Ten** days.",
    "language": "EN",
    "audience_tiers": "",
    "audience_attributes": "",
    "is_on": "on",
    "expires_at_0": "",
    "expires_at_1": "",
}


def test_an_answer_approved_in_the_admin_is_given_at_once(client, mia, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("admin:knowledge_approvedanswer_add"), FORM | {"owner": mia.pk})
    assert answer.status_code == 302, answer.context["adminform"].errors
    made = ApprovedAnswer.objects.get()
    assert (made.variants, made.owner, made.language) == (["When is my money back?"], mia, "en")
    assert made.history.get().history_user == mia
    address = reverse("admin:knowledge_approvedanswer_change", args=[made.pk])
    client.post(address, FORM | {"owner": mia.pk, "answer": "Nine days."})
    assert "· mia · answer</p>" in client.get(address).content.decode()
    client.post(address, FORM | {"owner": mia.pk})
    assert ask("When's my money back?").answer == "**Ten** days."


def test_the_form_refuses_a_question_without_words_and_a_language_that_is_none(client, mia) -> None:
    answer = client.post(
        reverse("admin:knowledge_approvedanswer_add"), FORM | {"question": "???", "language": "English!"}
    )
    assert set(answer.context["adminform"].errors) == {"question", "language"} and not ApprovedPhrase.objects.exists()


def test_the_page_shows_what_the_unsaved_form_would_have_caught(client, mia, monkeypatch) -> None:
    monkeypatch.setattr(
        past, "_readers", [lambda since, most: [asked("<b>how</b> long do refunds take"), asked(QUESTION)]]
    )
    page = client.post(reverse("admin:knowledge_approvedanswer_caught"), FORM).content.decode()
    assert "1 question would have been caught" in page and "2 questions were looked at" in page
    assert "<b>how" not in page and "/turn/1" in page
    assert not ApprovedAnswer.objects.exists()


def test_the_page_says_when_the_form_cannot_be_read(client, mia) -> None:
    page = client.post(reverse("admin:knowledge_approvedanswer_caught"), FORM | {"audience_attributes": "country"})
    assert page.status_code == 200 and b"Correct the fields" in page.content
