"""People decide about held drafts, once, on the desk."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from chatbot import reviewing
from chatbot.desk import listing
from chatbot.models import Delivery
from sessions_app.errors import AlreadyDecided
from sessions_app.models import Conversation, Customer, Handoff, ReviewItem
from sessions_app.states import State
from tests.integration.chatbot.world import World, outbox


@pytest.fixture
def held(world: World) -> Conversation:
    """A conversation whose draft waits."""
    world.threshold(1.0)
    conversation = world.asked()
    world.work(conversation)
    return conversation


@pytest.fixture
def reviewer(db: None) -> User:
    user: User = User.objects.create_user("mia", password="x", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_reviewitem", "change_reviewitem"]))
    return user


@pytest.fixture
def desk(reviewer: User) -> Client:
    client = Client()
    client.force_login(reviewer)
    return client


def item() -> ReviewItem:
    return ReviewItem.objects.latest("pk")


def test_an_approved_draft_is_sent_as_it_is(world: World, held: Conversation, reviewer: User) -> None:
    decided = reviewing.approve(item().pk, user=reviewer, answer=item().draft)
    assert (decided.status, decided.decided_by) == ("approved", reviewer)
    world.work(held)
    assert "30 days" in world.said(held)[-1]
    assert held.state == State.BOT


def test_an_edited_draft_is_sent_as_edited(world: World, held: Conversation, reviewer: User) -> None:
    assert reviewing.approve(item().pk, user=reviewer, answer="Keep **it**.\x00").status == "edited"
    world.work(held)
    assert world.said(held)[-1] == "Keep it."
    assert item().answer == "Keep **it**."


def test_a_rejected_draft_says_nothing_and_gives_the_conversation_to_the_team(
    world: World, held: Conversation, reviewer: User
) -> None:
    type(world.workspace).objects.update(handoff_team_id="2002")
    from chatbot import workspaces

    workspaces._recent.clear()
    reviewing.reject(item().pk, user=reviewer, note="wrong article")
    world.work(held)
    assert world.said(held) == ["A colleague looks at it."]
    assert held.state == State.PERSON
    assert world.team_of(held) == "2002"
    assert Handoff.objects.get().packet["why"] == "wrong article"
    assert outbox(held)[-1] == ("assign", "sent")


def test_a_second_decision_finds_the_first_and_sends_nothing(world: World, held: Conversation, reviewer: User) -> None:
    reviewing.approve(item().pk, user=reviewer, answer="Yes.")
    decisions: list[Callable[[], Any]] = [
        lambda: reviewing.approve(item().pk, user=reviewer, answer="No."),
        lambda: reviewing.reject(item().pk, user=reviewer, note=""),
    ]
    for decide in decisions:
        with pytest.raises(AlreadyDecided, match="edited and sent"):
            decide()
    world.work(held)
    assert world.said(held)[-1] == "Yes."
    assert Delivery.objects.filter(kind="reply").count() == 1


def test_a_draft_that_a_newer_message_made_obsolete_cannot_be_sent(
    world: World, held: Conversation, reviewer: User
) -> None:
    old = item().pk
    world.work(world.wrote_on(held, "And a toaster?"))
    with pytest.raises(AlreadyDecided, match="obsolete"):
        reviewing.approve(old, user=reviewer, answer="Yes.")


def test_a_person_who_answers_in_intercom_is_not_talked_over_by_an_approved_draft(
    world: World, held: Conversation, reviewer: User
) -> None:
    reviewing.approve(item().pk, user=reviewer, answer="Yes.")
    world.act("teammate", held, "replies", body="I look at it.")
    world.work(held)
    assert "Yes." not in world.said(held)
    assert ("reply", "withheld") in outbox(held)


@pytest.mark.parametrize("answer", ["", "  \n ", "---", "\x00"])
def test_an_answer_without_words_is_refused_with_the_field(held: Conversation, desk: Client, answer: str) -> None:
    response = desk.post(f"/desk/drafts/{item().pk}/", {"decision": "approve", "answer": answer})
    assert response.status_code == 422
    assert "The answer is empty" in response.content.decode()
    assert item().status == "waiting"


def test_an_answer_that_is_too_long_is_refused_and_kept_in_the_form(held: Conversation, desk: Client) -> None:
    response = desk.post(f"/desk/drafts/{item().pk}/", {"decision": "approve", "answer": "x" * 10_001})
    assert response.status_code == 422
    assert "10000 fit" in response.content.decode()
    assert "x" * 10_001 in response.content.decode()


def test_the_desk_shows_what_waits_and_takes_decisions(world: World, held: Conversation, desk: Client) -> None:
    assert "How do I return a blender?" in desk.get("/desk/").content.decode()
    page = desk.get(f"/desk/drafts/{item().pk}/").content.decode()
    assert "The confidence is under the threshold." in page
    assert desk.post(f"/desk/drafts/{item().pk}/", {"decision": "approve", "answer": "Yes."}).status_code == 302
    assert item().status == "edited"
    again = desk.post(f"/desk/drafts/{item().pk}/", {"decision": "reject", "note": "late"}, follow=True)
    assert "Somebody was faster" in again.content.decode()
    assert desk.get(f"/desk/drafts/{item().pk}/").status_code == 200


@pytest.mark.parametrize(
    ("is_staff", "permissions", "looked", "decided"),
    [(False, [], 302, 302), (True, [], 403, 403), (True, ["view_reviewitem"], 200, 403)],
)
def test_who_may_look_and_who_may_decide(
    held: Conversation, is_staff: bool, permissions: list[str], looked: int, decided: int
) -> None:
    user = User.objects.create_user("jun", password="x", is_staff=is_staff)
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    address = f"/desk/drafts/{item().pk}/"
    assert [client.get(page).status_code for page in ("/desk/", address)] == [looked, looked]
    assert client.post(address, {"decision": "approve", "answer": "Yes."}).status_code == decided
    assert item().status == "waiting"
    assert Client().get("/desk/").status_code == 302


def test_all_drafts_can_be_reached_those_that_wait_longest_first(
    held: Conversation, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_ITEMS", 2)
    for number in range(2, 6):
        customer = Customer.objects.create(workspace="w", external_id=str(number), name=f"Customer {number}")
        conversation = Conversation.objects.create(workspace="w", external_id=str(number), customer=customer)
        ReviewItem.objects.create(conversation=conversation, question="?", confidence=0.1, threshold=0.85)
    pages = [desk.get(f"/desk/?page={number}").content.decode() for number in (1, 2, 3)]
    assert [[f"Customer {number}" in page for number in range(2, 6)] for page in pages] == [
        [True, False, False, False],
        [False, True, True, False],
        [False, False, False, True],
    ]
    assert 'href="?page=2"' in pages[0]
    assert 'href="?page=1"' in pages[1]
