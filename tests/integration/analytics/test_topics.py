"""What customers ask about, grouped: from the rows that turns leave to the pages that staff see."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db.models import Count
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.business.filling import fill
from analytics.models import AskedQuestion, Gap, Topic, TopicRun
from analytics.tasks import group_topics
from analytics.topics import taking_in
from analytics.topics.reading import topic_figures
from analytics.topics.running import bring_up_to_date
from analytics.topics.steering import CannotSteer, hide, merge, rename
from analytics.topics.taking_in import questions_asked
from analytics.topics.views import asked_period
from chatbot.models import Turn
from knowledge.errors import EmbeddingUnavailable
from tests.integration.analytics.asking import CARDS, INVOICES, PARROTS, RATES, RETURNS, asked, unanswered

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client: Client) -> Client:
    user = User.objects.create_user("lead", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_topic", "change_topic", "view_gap")))
    client.force_login(user)
    return client


def month() -> object:
    class Asked:
        GET: dict[str, str] = {}

    return asked_period(Asked())  # type: ignore[arg-type]


def written(*texts: str, days_ago: float = 1) -> list[Turn]:
    return [asked(text, days_ago=days_ago) for text in texts]


def homes() -> dict[str, int | None]:
    return dict(AskedQuestion.objects.values_list("text", "topic_id"))


def topic_of(text: str) -> Topic:
    topic = AskedQuestion.objects.get(text=text).topic
    assert topic is not None
    return topic


def test_questions_about_the_same_thing_are_one_topic_named_from_their_words() -> None:
    written(*CARDS, *RATES, "Do you sell gift vouchers?")
    bring_up_to_date()
    found = homes()
    assert len({found[text] for text in CARDS}) == 1
    assert len({found[text] for text in RATES}) == 1
    assert found[CARDS[0]] != found[RATES[0]]
    assert found["Do you sell gift vouchers?"] is None
    assert "card" in topic_of(CARDS[0]).name
    assert "exchange rate" in topic_of(RATES[0]).name


def test_one_customer_alone_makes_no_topic() -> None:
    for text in CARDS:
        asked(text, by="the same")
    bring_up_to_date()
    assert not Topic.objects.exists()


def test_a_second_run_changes_nothing() -> None:
    written(*CARDS, *RATES)
    for text in PARROTS:
        unanswered(text, answer="Parrots may fly in the hold in a cage of their own.")
    bring_up_to_date()
    before = [list(model.objects.order_by("pk").values()) for model in (Topic, Gap, AskedQuestion)]
    assert bring_up_to_date().questions == 0
    assert [list(model.objects.order_by("pk").values()) for model in (Topic, Gap, AskedQuestion)] == before


def test_a_topic_stays_the_same_when_more_questions_come() -> None:
    written(*CARDS[:3], days_ago=3)
    bring_up_to_date()
    topic = topic_of(CARDS[0])
    written(CARDS[3], *RATES)
    bring_up_to_date()
    assert topic_of(CARDS[3]).pk == topic_of(CARDS[0]).pk == topic.pk
    assert Topic.objects.count() == 2


def test_a_run_that_broke_off_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    written(*CARDS, *RATES)
    monkeypatch.setattr(taking_in, "BATCH", 3)
    assert not bring_up_to_date(seconds=0).is_done
    assert AskedQuestion.objects.count() == 3
    assert TopicRun.objects.get().total == 8
    assert bring_up_to_date().questions == 5
    assert Topic.objects.count() == 2


def test_an_embedder_that_is_away_is_told_and_loses_nothing(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    written(*CARDS)

    def away(name: str) -> None:
        raise EmbeddingUnavailable("The model file is damaged")

    monkeypatch.setattr(taking_in, "embedder_named", away)
    group_topics()
    assert "The model file is damaged" in lead.get("/analytics/topics/").content.decode()
    monkeypatch.undo()
    group_topics()
    assert AskedQuestion.objects.count() == 4
    assert "damaged" not in lead.get("/analytics/topics/").content.decode()


def test_what_a_turn_kept_of_its_question_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = written(*CARDS)
    Turn.objects.filter(pk=turns[0].pk).update(masked_question="As it was kept", meaning=b"\0\x3c" * 384)
    read, mask = list[str](), taking_in.masker_for
    monkeypatch.setattr(taking_in, "masker_for", lambda said, **given: read.append(said[0]) or mask(said, **given))
    bring_up_to_date()
    assert AskedQuestion.objects.get(turn=turns[0]).text == "As it was kept"
    assert read == [turn.question for turn in turns[1:]]


def test_personal_data_is_in_no_question_and_no_name() -> None:
    for number in range(4):
        asked(f"My card has not arrived, I am Tom Miller, tom.miller{number}@example.com", name="Tom Miller")
    bring_up_to_date()
    told = " ".join(
        [*AskedQuestion.objects.values_list("text", flat=True), *Topic.objects.values_list("name", flat=True)]
    )
    assert Topic.objects.count() == 1
    assert "card" in told
    for private in ("tom", "miller", "example.com"):
        assert private not in told.lower()
        assert private not in str(list(Topic.objects.values_list("terms", "words"))).lower()


def test_greetings_thanks_and_obsolete_turns_are_no_questions() -> None:
    asked("hello", reason="greeting")
    asked("thank you", outcome="silent", reason="thanks")
    asked("never mind", outcome="superseded")
    turn = asked("My card has not arrived yet")
    bring_up_to_date()
    assert list(AskedQuestion.objects.values_list("turn_id", flat=True)) == [turn.pk]
    Turn.objects.filter(pk=turn.pk).update(outcome="superseded")
    bring_up_to_date()
    assert not AskedQuestion.objects.exists()


def test_words_that_were_redacted_are_forgotten_at_once_and_stay_counted() -> None:
    turn = written(*CARDS)[0]
    bring_up_to_date()
    turn.question = ""
    turn.save(update_fields=["question", "trace", "answer"])
    row = AskedQuestion.objects.get(turn=turn)
    assert (row.text, row.vector) == ("", None)
    assert row.topic is not None
    bring_up_to_date()
    assert AskedQuestion.objects.get(turn=turn).topic_id == row.topic_id


def test_questions_older_than_the_pages_show_are_not_read() -> None:
    written(*CARDS, days_ago=200)
    assert bring_up_to_date().questions == 0


def test_a_name_given_by_hand_stays() -> None:
    written(*CARDS[:3])
    bring_up_to_date()
    rename(topic_of(CARDS[0]).pk, "  Card   delivery ")
    written(CARDS[3])
    bring_up_to_date()
    assert topic_of(CARDS[3]).name == "Card delivery"
    with pytest.raises(CannotSteer):
        rename(topic_of(CARDS[0]).pk, " ")


def test_a_merged_topic_counts_in_the_other_and_so_does_what_comes_later() -> None:
    written(*CARDS[:3], *RATES)
    bring_up_to_date()
    cards, rates = topic_of(CARDS[0]), topic_of(RATES[0])
    merge(cards.pk, into=rates.pk)
    written(CARDS[3])
    bring_up_to_date()
    assert set(homes().values()) == {rates.pk}
    for wrong in (cards.pk, rates.pk, 10**12):
        with pytest.raises((CannotSteer, Topic.DoesNotExist)):
            merge(rates.pk, into=wrong)


def test_resolution_is_that_of_the_conversations_and_a_finished_run_is_told_as_such(lead: Client) -> None:
    written(*CARDS[:2], days_ago=3)
    for text in CARDS[2:]:
        unanswered(text, days_ago=3)
    bring_up_to_date()
    fill()
    (found,) = topic_figures(month())  # type: ignore[arg-type]
    assert (found.resolution.value, found.resolution.count, found.conversations) == (0.5, 4, 4)
    assert not lead.get("/analytics/topics/").context["progress"]["is_running"]


def test_new_topics_stand_first_then_growing_ones() -> None:
    for _ in range(4):
        written(*CARDS, days_ago=62)
    for _ in range(4):
        written(*CARDS, days_ago=40)
    for _ in range(3):
        written(*CARDS, days_ago=2)
    written(*RATES[:1], days_ago=45)
    for _ in range(3):
        written(*RATES, days_ago=3)
    written(*PARROTS, days_ago=1)
    bring_up_to_date()
    Topic.objects.filter(pk=topic_of_first(PARROTS[0]).pk).update(created_at=timezone.now() - timedelta(days=1))
    found = topic_figures(month())  # type: ignore[arg-type]
    order = [one.topic.pk for one in found if one.topic]
    assert order == [topic_of_first(text[0]).pk for text in (PARROTS, RATES, CARDS)]
    assert [one.is_new for one in found] == [True, False, False]
    assert [bool(one.trend and one.trend.is_growing) for one in found] == [False, True, False]


def topic_of_first(text: str) -> Topic:
    topic = AskedQuestion.objects.filter(text=text).first()
    assert topic is not None
    assert topic.topic is not None
    return topic.topic


TEXTS = st.lists(
    st.tuples(st.sampled_from([*CARDS, *RATES, *PARROTS, "???", "Do you sell gift vouchers?"]), st.integers(0, 5)),
    max_size=14,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(TEXTS, min_size=1, max_size=3))
def test_every_question_counts_once_whatever_comes_in_which_order(rounds: list[list[tuple[str, int]]]) -> None:
    AskedQuestion.objects.all().delete()
    Turn.objects.all().delete()
    Topic.objects.all().delete()
    Gap.objects.all().delete()
    for questions in rounds:
        for text, customer in questions:
            (unanswered if text in PARROTS else asked)(text, by=str(customer))
        bring_up_to_date()
        state = list(AskedQuestion.objects.order_by("pk").values_list("pk", "topic_id", "gap_id"))
        bring_up_to_date()
        assert list(AskedQuestion.objects.order_by("pk").values_list("pk", "topic_id", "gap_id")) == state
    assert {row[0] for row in state} == set(questions_asked().values_list("pk", flat=True))
    assert sum(one.questions for one in topic_figures(month())) == questions_asked().count()  # type: ignore[arg-type]
    gaps = dict(AskedQuestion.objects.exclude(gap=None).values_list("gap").annotate(count=Count("pk")))
    alone = AskedQuestion.objects.filter(is_unanswered=True, gap=None).count()
    assert sum(gaps.values()) + alone == AskedQuestion.objects.filter(is_unanswered=True).count()


def test_an_empty_page_says_what_will_be_there(lead: Client) -> None:
    assert "No question in this time." in lead.get("/analytics/topics/").content.decode()
    assert "No gap is known." in lead.get("/analytics/gaps/").content.decode()


def test_the_page_leads_from_a_topic_to_its_conversations(lead: Client) -> None:
    turns = written(*CARDS)
    bring_up_to_date()
    topic = topic_of(CARDS[0])
    assert f"/analytics/topics/{topic.pk}/" in lead.get("/analytics/topics/").content.decode()
    reader = User.objects.get(username="lead")
    reader.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    page = lead.get(f"/analytics/topics/{topic.pk}/").content.decode()
    for turn in turns:
        assert f"/admin/sessions_app/conversation/{turn.conversation_id}/change/" in page


def test_staff_rename_merge_and_hide_on_the_page(lead: Client) -> None:
    written(*CARDS, *RATES)
    bring_up_to_date()
    cards, rates = topic_of(CARDS[0]), topic_of(RATES[0])
    address = f"/analytics/topics/{cards.pk}/"
    assert "Cards on their way" in lead.post(
        address, {"do": "rename", "name": "Cards on their way"}, follow=True
    ).content.decode()  # fmt: skip
    lead.post(address, {"do": "hide"})
    assert [row.figures.topic for row in lead.get("/analytics/topics/").context["hidden"]] == [cards]
    assert lead.post(address, {"do": "merge", "into": str(rates.pk)}).url == f"/analytics/topics/{rates.pk}/"
    assert lead.get(address).url == f"/analytics/topics/{rates.pk}/"
    for wrong in ("", "x", "9" * 30, str(rates.pk)):
        assert lead.post(address, {"do": "merge", "into": wrong}).status_code == 302
    assert lead.post(address, {"do": "explode"}).status_code == 404


def test_who_may_only_look_changes_nothing(client: Client) -> None:
    written(*CARDS)
    bring_up_to_date()
    topic = topic_of(CARDS[0])
    user = User.objects.create_user("agent", is_staff=True)
    client.force_login(user)
    assert client.get("/analytics/topics/").status_code == 403
    assert client.get("/analytics/gaps/").status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_topic"))
    assert client.get(f"/analytics/topics/{topic.pk}/").status_code == 200
    assert client.post(f"/analytics/topics/{topic.pk}/", {"do": "hide"}).status_code == 403
    assert client.post("/analytics/topics/group/").status_code == 403
    hide(topic.pk, is_hidden=True)
    assert Topic.objects.get(pk=topic.pk).is_hidden


@pytest.mark.parametrize("query", ["days=abc", "days=-1", "days=99999", "p=x", "p=99"])
def test_an_address_that_means_nothing_shows_a_page_all_the_same(lead: Client, query: str) -> None:
    for page in ("topics/", "topics/alone/", "gaps/"):
        assert lead.get(f"/analytics/{page}?{query}").status_code == 200
    assert lead.get(f"/analytics/topics/{10**17}/").status_code == 404


def test_chinese_questions_of_different_things_are_different_topics() -> None:
    for text in (*RETURNS, *INVOICES):
        asked(text, language="zh-hans")
    bring_up_to_date()
    topics = {topic.pk: {row.text for row in topic.questions.all()} for topic in Topic.objects.filter(language="zh")}
    assert sorted(map(sorted, topics.values())) == sorted(map(sorted, (set(RETURNS), set(INVOICES))))


def test_chinese_questions_of_an_earlier_release_are_read_anew_and_keep_their_topic() -> None:
    for text in (*RETURNS, *INVOICES):
        asked(text, language="zh-hans")
    bring_up_to_date()
    renamed = Topic.objects.filter(language="zh").order_by("pk")[0]
    Topic.objects.filter(pk=renamed.pk).update(name="Ours", is_renamed=True)
    before = set(renamed.questions.values_list("pk", flat=True))
    AskedQuestion.objects.update(vector=bytes(2 * 384))
    Topic.objects.update(centre=bytes(4 * 384))
    asked("我要退货或者开发票", language="zh-hans")
    bring_up_to_date()
    renamed.refresh_from_db()
    assert renamed.name == "Ours"
    assert before <= set(renamed.questions.values_list("pk", flat=True))
    assert {len(row.vector) for row in AskedQuestion.objects.all()} == {2 * 1_024}
    assert {len(topic.centre) for topic in Topic.objects.all()} == {4 * 1_024}
