"""Which queue gets what, who sees it, and what happens when nobody has time."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot import overdue, passing_on
from chatbot.desk.listing import Filters, open_items, queue_counts
from chatbot.models import Delivery, Steering
from chatbot.overdue import tend_overdue
from chatbot.returning import give_back_idle
from chatbot.steering import forget_recent
from sessions_app import access, audit
from sessions_app.models import AuditEntry, Conversation, Handoff, ReviewItem, ReviewQueue, default_queue_id
from sessions_app.queues import Need, chosen, make_default
from sessions_app.reason_classes import ReasonClass
from sessions_app.states import State
from tests.integration.chatbot.desk_world import client_of, person, reviewer, waiting
from tests.integration.chatbot.world import World

pytestmark = pytest.mark.django_db

CODES = ("", "en", "de", "zh", "zh-hans")
SCENARIOS = ("", "order", "return", "complaint")


@st.composite
def queues(draw: Any) -> list[ReviewQueue]:
    made = [
        ReviewQueue(
            pk=number,
            name=str(number),
            position=draw(st.integers(0, 3)),
            reason_classes=draw(st.lists(st.sampled_from(ReasonClass.values), max_size=3)),
            scenarios=", ".join(draw(st.lists(st.sampled_from(SCENARIOS[1:]), max_size=2))),
            languages=", ".join(draw(st.lists(st.sampled_from(CODES[1:]), max_size=2))),
        )
        for number in range(1, draw(st.integers(1, 6)))
    ]
    return [*made, ReviewQueue(pk=99, name="rest", is_default=True, position=draw(st.integers(0, 3)))]


@given(
    rows=queues(),
    reason=st.sampled_from(list(ReasonClass)),
    scenario=st.sampled_from(SCENARIOS),
    language=st.sampled_from(CODES),
)
@settings(max_examples=150, deadline=None)
def test_every_question_has_one_queue_the_first_that_fits(
    rows: list[ReviewQueue], reason: ReasonClass, scenario: str, language: str
) -> None:
    need = Need(reason_class=reason, scenario=scenario, language=language)
    found = chosen(rows, need)
    assert found is not None
    assert chosen(list(reversed(rows)), need) is found, "the order of rows must not matter"
    if not found.is_default:
        assert not found.reason_classes or reason in found.reason_classes
        assert not found.scenarios or scenario in found.scenarios.split(", ")
        before = [row for row in rows if (row.position, row.pk) < (found.position, found.pk) and not row.is_default]
        assert all(chosen([row], need) is None for row in before)


def test_the_database_keeps_no_item_without_a_queue_and_no_second_one_that_waits() -> None:
    item = waiting()
    with pytest.raises(IntegrityError, match="queue_id"), transaction.atomic():
        ReviewItem.objects.filter(pk=item.pk).update(queue=None)
    with pytest.raises(IntegrityError, match="review_item_one_waiting"), transaction.atomic():
        ReviewItem.objects.create(conversation=item.conversation, question="?", confidence=0.0, threshold=1.0)


def test_an_item_lands_in_the_queue_of_its_reason_and_language() -> None:
    german = ReviewQueue.objects.create(name="German", position=1, languages="de", target_minutes=5)
    missing = ReviewQueue.objects.create(name="Missing", position=2, reason_classes=["knowledge_missing"])
    assert waiting(language="de").queue == german
    assert waiting(reason_class=ReasonClass.KNOWLEDGE_MISSING).queue == missing
    item = waiting()
    assert item.queue_id == default_queue_id()
    assert item.due_at is not None


def test_one_queue_always_takes_the_rest_and_what_waits_in_a_deleted_one_moves_there() -> None:
    other = ReviewQueue.objects.create(name="Other", position=1)
    item = waiting()
    assert item.queue == other
    other.delete()
    item.refresh_from_db()
    assert item.queue_id == default_queue_id()
    with pytest.raises(IntegrityError, match="must take the rest"), transaction.atomic():
        ReviewQueue.objects.filter(is_default=True).update(is_default=False)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    third = ReviewQueue.objects.create(name="Third")
    make_default(third)
    assert default_queue_id() == third.pk


def test_the_audit_log_only_grows() -> None:
    audit.note(AuditEntry.Action.VIEWED, user=reviewer("mia"), item=waiting())
    with connection.cursor() as cursor:  # as in every database but that of the tests; taken back with the transaction
        cursor.execute("ALTER TABLE sessions_app_auditentry ENABLE TRIGGER audit_is_not_emptied")

    def empty() -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE sessions_app_auditentry CASCADE")

    for statement in (
        lambda: AuditEntry.objects.update(user_name="somebody else"),
        lambda: AuditEntry.objects.all().delete(),
        empty,
    ):
        with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
            statement()
    assert AuditEntry.objects.filter(user_name="mia").exists()


@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_nobody_is_ever_shown_what_waits_in_a_queue_of_others(data: st.DataObject) -> None:
    with transaction.atomic():
        people = [reviewer(f"p{number}") for number in range(3)]
        lead = person("lead", "view_reviewitem", "see_all_queues")
        stranger = person("stranger")
        rows = []
        for number in range(3):
            queue = ReviewQueue.objects.create(name=f"q{number}", position=number + 1)
            members = data.draw(st.sets(st.integers(0, 2)), label="members")
            queue.members.set([people[one] for one in members])
            rows.append((queue, members))
        items = []
        for _ in range(data.draw(st.integers(1, 4), label="items")):
            item = waiting()
            queue, members = data.draw(st.sampled_from(rows), label="queue")
            given_to = data.draw(st.one_of(st.none(), st.integers(0, 2)), label="given to")
            item.queue, item.assigned_to = queue, None if given_to is None else people[given_to]
            item.save()
            items.append((item, members, given_to))
        for number, user in enumerate(people):
            seen = set(open_items(user, Filters()).values_list("pk", flat=True))
            allowed = {
                item.pk for item, members, given_to in items if not members or number in members or given_to == number
            }
            assert seen == allowed
            counted = {row.queue.pk for row in queue_counts(user)} - {default_queue_id()}
            assert counted == {queue.pk for queue, members in rows if not members or number in members}
            for item, _members, _given in items:
                watched = access.visible_conversations(user).filter(pk=item.conversation_id).exists()
                assert watched == (item.pk in allowed)
        item, members, given_to = items[0]
        for number, user in enumerate(people):
            expected = 200 if not members or number in members or given_to == number else 404
            assert client_of(user).get(f"/desk/items/{item.pk}/").status_code == expected
        assert open_items(lead, Filters()).count() == len(items)
        assert not access.visible_items(stranger).exists()
        transaction.set_rollback(True)


def late(queue: ReviewQueue, **fields: Any) -> ReviewItem:
    ReviewQueue.objects.filter(pk=queue.pk).update(**fields)
    item = waiting("Where is it?")
    ReviewItem.objects.filter(pk=item.pk).update(due_at=timezone.now() - timedelta(minutes=1))
    return item


def test_an_overdue_item_escalates_once_and_not_in_a_circle() -> None:
    first = ReviewQueue.objects.create(name="First", position=1)
    second = ReviewQueue.objects.create(name="Second", position=2, overdue="escalate", escalates_to=first)
    item = late(first, overdue="escalate", escalates_to=second)
    tend_overdue()
    item.refresh_from_db()
    assert (item.queue, item.is_escalated, item.overdue_at) == (second, True, None)
    ReviewItem.objects.filter(pk=item.pk).update(due_at=timezone.now() - timedelta(minutes=1))
    tend_overdue()
    tend_overdue()
    item.refresh_from_db()
    assert item.queue == second
    assert AuditEntry.objects.filter(action="overdue", item_id=item.pk).count() == 2


def test_an_overdue_item_is_handed_over_and_the_customer_is_told_once(world: World) -> None:
    world.threshold(1.0)
    conversation = world.asked()
    world.work(conversation)
    item = ReviewItem.objects.get()
    ReviewQueue.objects.filter(pk=item.queue_id).update(overdue="hand_off")
    ReviewItem.objects.filter(pk=item.pk).update(due_at=timezone.now() - timedelta(minutes=1))
    assert tend_overdue() == [conversation.pk]
    assert tend_overdue() == []
    world.work(conversation)
    assert conversation.state == State.PERSON
    assert world.said(conversation) == ["A colleague looks at it.", "A person comes."]
    assert Handoff.objects.get().reason == "overdue"
    assert ReviewItem.objects.get(status="waiting").kind == "handover"


def test_an_overdue_item_says_the_holding_message_again_once(world: World) -> None:
    world.threshold(1.0)
    conversation = world.asked()
    world.work(conversation)
    item = ReviewItem.objects.get()
    ReviewQueue.objects.filter(pk=item.queue_id).update(overdue="holding")
    ReviewItem.objects.filter(pk=item.pk).update(due_at=timezone.now() - timedelta(minutes=1))
    overdue.tend_overdue()
    overdue.tend_overdue()
    world.work(conversation)
    assert world.said(conversation) == ["A colleague looks at it."] * 2
    assert conversation.state == State.REVIEW


def test_an_idle_conversation_goes_back_to_the_bot_only_after_the_teams_hours(world: World) -> None:
    conversation = world.asked("I want to talk to a human")
    world.work(conversation)
    assert conversation.state == State.PERSON
    assert give_back_idle() == []
    Steering.objects.update(return_after_hours=2)
    forget_recent()
    assert give_back_idle() == [], "somebody wrote a moment ago"
    earlier = timezone.now() - timedelta(hours=3)
    conversation.messages.update(sent_at=earlier)
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=earlier)
    assert give_back_idle() == [conversation.pk]
    conversation.refresh_from_db()
    assert (conversation.state, conversation.reply_due_at) == (State.BOT, None)
    assert not ReviewItem.objects.filter(status="waiting").exists()
    assert not Delivery.objects.filter(status="pending").exists(), "nothing is said until the customer writes"


def test_a_move_needs_a_queue_a_person_who_may_see_and_a_time_to_come() -> None:
    mia, item = reviewer("mia"), waiting()
    outsider = person("out")
    for bad in (
        lambda: passing_on.move_to_queue(item.pk, user=mia, queue_id=0),
        lambda: passing_on.give_to(item.pk, user=mia, person_id=outsider.pk),
        lambda: passing_on.snooze(item.pk, user=mia, until=timezone.now()),
    ):
        with pytest.raises(passing_on.BadMove):
            bad()
    passing_on.snooze(item.pk, user=mia, until=timezone.now() + timedelta(hours=1))
    assert not open_items(mia, Filters()).exists()
    assert open_items(mia, Filters(who="asleep")).get() == item


def test_a_queue_ticks_scenarios_and_refuses_what_is_no_language(admin_client: Any) -> None:
    page = "/admin/sessions_app/reviewqueue/add/"
    form = {"name": "Returns", "position": "1", "target_minutes": "60", "overdue": "nothing", "translates_into": ""}
    refused = admin_client.post(page, {**form, "scenarios": ["return"], "languages": "english, de"})
    assert b"english is no code of a language" in refused.content
    unknown = admin_client.post(page, {**form, "scenarios": ["retrun"], "languages": "de"})
    assert unknown.status_code == 200 and not ReviewQueue.objects.filter(name="Returns").exists()
    admin_client.post(page, {**form, "scenarios": ["return", "feature_request"], "languages": "de, zh-hans"})
    queue = ReviewQueue.objects.get(name="Returns")
    assert (queue.scenarios, queue.languages) == ("return, feature_request", "de, zh-hans")
    assert chosen([queue], Need(reason_class=ReasonClass.KNOWLEDGE_MISSING, scenario="feature_request", language="de"))
    again = admin_client.get(f"/admin/sessions_app/reviewqueue/{queue.pk}/change/").content.decode()
    assert again.count("checked") >= 2
