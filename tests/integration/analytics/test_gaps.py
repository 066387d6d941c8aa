"""What the bot could not answer: in the order of who waits, with a draft made from what people answered."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from analytics.gaps import deciding
from analytics.gaps.deciding import GapDecided, NothingToAccept
from analytics.gaps.drafts import composed
from analytics.gaps.reading import alone, waiting_gaps
from analytics.models import AskedQuestion, Gap
from analytics.topics.running import bring_up_to_date
from chatbot.models import Turn
from knowledge.models import Article, Chunk, Collection
from sessions_app.models import Message
from tests.integration.analytics.asking import CARDS, PARROTS, RATES, answered, asked, unanswered

pytestmark = pytest.mark.django_db
ANSWER = "Parrots travel in the hold, in a cage of at most 40 cm. Book it two days before the flight."


@pytest.fixture
def editor(client: Client) -> Client:
    user = User.objects.create_user("editor", is_staff=True)
    wanted = ("view_gap", "change_gap", "add_article", "view_article", "change_article", "view_topic")
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client.force_login(user)
    return client


def parrots(*, answer: str = ANSWER) -> list[Turn]:
    turns = [unanswered(text, answer=answer if number == 0 else "") for number, text in enumerate(PARROTS)]
    bring_up_to_date()
    return turns


def the_gap() -> Gap:
    return Gap.objects.get()


def test_a_gap_stops_speaking_with_words_that_were_redacted() -> None:
    turns = parrots()
    for _ in turns:
        title = the_gap().title
        spoken = AskedQuestion.objects.get(text__iexact=title)
        turn = Turn.objects.get(pk=spoken.turn_id)
        turn.question = ""
        turn.save(update_fields=["question", "trace", "answer"])
        assert the_gap().title.lower() != title.lower()
    assert the_gap().title == "…"


def test_most_customers_stand_first_not_most_questions() -> None:
    for text in (*CARDS, *CARDS):
        unanswered(text, by="one and the same")
    for text in PARROTS:
        unanswered(text)
    unanswered("Do you sell gift vouchers?")
    asked(RATES[0])
    bring_up_to_date()
    found = waiting_gaps()
    assert [(one.customers, one.questions) for one in found] == [(3, 3), (1, 8)]
    assert "parrot" in found[0].gap.title.lower()
    assert alone() == 1


@pytest.mark.parametrize(
    ("outcome", "reason", "counts"),
    [
        ("held", "knowledge_missing", True),
        ("handed_over", "knowledge_missing", True),
        ("held", "low_confidence", True),
        ("held", "not_borne_out", True),
        ("handed_over", "customer_asked", False),
        ("held", "always_review", False),
        ("handed_over", "model_failed", False),
        ("answered", "confident", False),
        ("held", "a reason of another version", False),
    ],
)
def test_only_what_the_bot_did_not_know_is_a_gap(outcome: str, reason: str, counts: bool) -> None:
    asked(PARROTS[0], outcome=outcome, reason=reason)
    bring_up_to_date()
    assert AskedQuestion.objects.get().is_unanswered is counts


def test_the_draft_is_what_people_answered_without_personal_data() -> None:
    unanswered(PARROTS[0], name="Tom Miller", answer=f"Hi Tom,\n\n{ANSWER} Tom Miller, write to jane@example.com.")
    unanswered(PARROTS[1], answer=f"Hello Sue, {ANSWER}\n\nBest regards,\nMaria")
    turn = unanswered(PARROTS[2])
    bring_up_to_date()
    gap = the_gap()
    assert gap.body.startswith("Parrots travel in the hold")
    assert gap.answers == 2
    for private in ("Tom", "Miller", "jane@", "Maria", "regards"):
        assert private not in gap.body
    answered(turn, "Only on flights within Europe; call us for all others, please.", at=timezone.now())
    bring_up_to_date()
    assert "Only on flights within Europe" in the_gap().body


def test_an_answer_in_the_inbox_counts_where_nobody_answered_at_the_desk() -> None:
    turn = unanswered(PARROTS[0])
    unanswered(PARROTS[1])
    for number, text in enumerate(("One moment please", ANSWER, "Anything else? We are glad to help you any time.")):
        moment = turn.started_at + timedelta(minutes=number + 1)
        Message.objects.create(
            conversation=turn.conversation, external_id=f"t{number}", author="teammate", text=text, sent_at=moment
        )
    bring_up_to_date()
    assert the_gap().body == ANSWER


def test_accepting_makes_one_draft_article_and_publishes_nothing(editor: Client) -> None:
    parrots()
    gap = the_gap()
    address = f"/analytics/gaps/{gap.pk}/"
    page = editor.post(address, {"do": "accept", "title": gap.title, "body": gap.body})
    article = Article.objects.get()
    assert page.url == f"/admin/knowledge/article/{article.pk}/change/"
    assert (article.status, article.title, article.body) == ("draft", gap.title, ANSWER)
    assert not Chunk.objects.filter(article=article).exists()
    assert not waiting_gaps()
    editor.post(address, {"do": "accept", "title": gap.title, "body": gap.body})
    assert Article.objects.count() == 1
    with pytest.raises(GapDecided):
        deciding.dismiss(gap.pk, user=None)
    editor.post(address, {"do": "reopen"})
    assert deciding.accept(gap.pk, user=None) == article
    assert Article.objects.count() == 1


def test_what_is_typed_on_the_page_is_what_is_accepted_into_the_chosen_collection(editor: Client) -> None:
    parrots()
    shelf = Collection.objects.create(name="Travel")
    told = {"do": "accept", "title": "Parrots on board", "body": "Only in the hold.", "collection": str(shelf.pk)}
    editor.post(f"/analytics/gaps/{the_gap().pk}/", told)
    article = Article.objects.get()
    assert (article.title, article.body, article.collection) == ("Parrots on board", "Only in the hold.", shelf)


def test_what_a_person_wrote_is_not_overwritten() -> None:
    turns = parrots()
    deciding.edit(the_gap().pk, title="Parrots", body="My own words.")
    answered(turns[1], "A quite different answer that came in later on.", at=timezone.now())
    bring_up_to_date()
    assert the_gap().body == "My own words."


def test_nothing_to_accept_is_told_and_changes_nothing(editor: Client) -> None:
    parrots(answer="")
    address = f"/analytics/gaps/{the_gap().pk}/"
    page = editor.post(address, {"do": "accept", "title": the_gap().title, "body": ""}, follow=True)
    assert "There is no text yet" in page.content.decode()
    page = editor.post(address, {"do": "save", "title": " ", "body": "x"}, follow=True)
    assert "Write a title" in page.content.decode()
    assert not Article.objects.exists()
    with pytest.raises(NothingToAccept):
        deciding.accept(the_gap().pk, user=None)


def test_a_dismissed_gap_stays_away_until_clearly_more_customers_ask(editor: Client) -> None:
    parrots()
    editor.post(f"/analytics/gaps/{the_gap().pk}/", {"do": "dismiss"})
    assert not waiting_gaps()
    for text in PARROTS[:2]:
        unanswered(text)
    bring_up_to_date()
    assert not waiting_gaps()  # five customers, and six would be needed
    unanswered(PARROTS[2])
    bring_up_to_date()
    assert [one.is_back for one in waiting_gaps()] == [True]
    assert "dismissed, and back" in editor.get("/analytics/gaps/").content.decode()


def test_questions_older_than_a_quarter_let_nobody_wait() -> None:
    for text in PARROTS:
        unanswered(text, days_ago=100)
    bring_up_to_date()
    assert Gap.objects.count() == 1
    assert not waiting_gaps()


def test_who_may_not_write_articles_may_not_accept(client: Client) -> None:
    parrots()
    user = User.objects.create_user("reviewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_gap", "change_gap")))
    client.force_login(user)
    address = f"/analytics/gaps/{the_gap().pk}/"
    assert "Make it a draft article" not in client.get(address).content.decode()
    assert client.post(address, {"do": "accept", "title": "x", "body": "y"}).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="view_gap"))
    client.force_login(User.objects.get(pk=user.pk))
    assert client.post(address, {"do": "dismiss"}).status_code == 403
    assert the_gap().status == "open"


def test_an_empty_list_of_answers_is_an_empty_draft() -> None:
    assert composed([], language="en") == ""
