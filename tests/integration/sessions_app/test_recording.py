"""What is told of a conversation, once or twice, in time or late, ends as the same thread."""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from sessions_app.conversations import Holder, mark_handled, redact, unhandled
from sessions_app.handoff import hand_over
from sessions_app.models import Author, Conversation, Handoff, Message, ReviewItem
from sessions_app.reviews import HeldDraft, hold
from sessions_app.states import State
from tests.integration.sessions_app.threads import (
    at,
    customer,
    fin,
    given,
    one_by_one,
    record,
    said,
    teammate,
    waiting,
)

pytestmark = pytest.mark.django_db

EXAMPLES = count(1)
KINDS = {
    "customer": customer,
    "teammate": teammate,
    "fin": fin,
    "workflow": lambda second: said(Author.OTHER_BOT, second, "We are back soon."),
    "note": lambda second: said(Author.NOTE, second),
    "person": lambda second: given(Holder.PERSON, second, f"person{second}"),
    "to bot": lambda second: given(Holder.BOT, second, "bot"),
    "team": lambda second: given(Holder.TEAM, second, f"team{second}"),
    "close": lambda second: given(Holder.NOBODY, second),
}


def ends_as(conversation: Conversation) -> dict[str, Any]:
    rows = Message.objects.filter(conversation=conversation).order_by("sent_at")
    return {
        "state": conversation.state,
        "admin": conversation.assigned_admin_id,
        "team": conversation.assigned_team_id,
        "is due": conversation.reply_due_at is not None,
        "waiting": sorted(waiting(conversation)),
        "thread": [(row.external_id, row.author, row.text) for row in rows],
    }


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@for_all(data=st.data(), kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=7))
def test_any_order_and_any_repetition_ends_the_same(data: st.DataObject, kinds: list[str]) -> None:
    events = [KINDS[kind](second) for second, kind in enumerate(kinds, start=1)]
    shuffled = data.draw(st.permutations(events)) + data.draw(st.lists(st.sampled_from(events), max_size=3))
    number = next(EXAMPLES)
    in_order = ends_as(one_by_one(*events, external_id=f"in order {number}"))
    at_once = record(*shuffled, external_id=f"at once {number}")
    assert ends_as(one_by_one(*shuffled, external_id=f"shuffled {number}")) == in_order
    assert ends_as(Conversation.objects.get(pk=at_once.conversation_id)) == in_order


def test_a_second_delivery_of_the_same_message_is_stored_once() -> None:
    assert record(customer(1), customer(1)).created == 1
    again = record(customer(1))
    assert again.created == 0
    assert Message.objects.count() == 1


def test_a_question_is_due_after_the_pause_and_more_words_prolong_it() -> None:
    first = record(customer(1)).reply_due_at
    second = record(customer(2)).reply_due_at
    assert first is not None
    assert second is not None
    assert second > first


def test_a_teammate_who_speaks_silences_the_bot() -> None:
    conversation = one_by_one(customer(1), teammate(2), customer(3))
    assert (conversation.state, conversation.reply_due_at, waiting(conversation)) == (State.PERSON, None, [])


def test_closing_gives_the_conversation_back_to_the_bot_when_the_customer_writes_again() -> None:
    conversation = one_by_one(customer(1), teammate(2), given(Holder.NOBODY, 3))
    assert conversation.state == State.CLOSED
    conversation = one_by_one(customer(4))
    assert (conversation.state, waiting(conversation)) == (State.BOT, ["p4"])


def test_a_question_after_a_closing_is_not_lost_when_the_closing_comes_late() -> None:
    conversation = one_by_one(customer(1), teammate(2), customer(4), given(Holder.NOBODY, 3))
    assert (conversation.state, waiting(conversation)) == (State.BOT, ["p4"])
    assert conversation.reply_due_at is not None


def test_a_late_old_reply_of_a_teammate_after_a_closing_changes_nothing() -> None:
    conversation = one_by_one(customer(1), given(Holder.NOBODY, 3), customer(4), teammate(2))
    assert (conversation.state, waiting(conversation)) == (State.BOT, ["p4"])


def test_a_teammates_late_reply_takes_care_of_what_was_asked_before_it() -> None:
    conversation = one_by_one(customer(1), given(Holder.BOT, 3), teammate(2))
    assert (conversation.state, waiting(conversation), conversation.reply_due_at) == (State.BOT, [], None)


@pytest.mark.parametrize(
    ("holder", "state"), [(Holder.PERSON, State.PERSON), (Holder.TEAM, State.BOT), (Holder.BOT, State.BOT)]
)
def test_an_assignment_says_who_holds_the_conversation(holder: Holder, state: State) -> None:
    conversation = one_by_one(customer(1), given(holder, 2))
    assert conversation.state == state
    assert (waiting(conversation) == []) is (state == State.PERSON)


def test_a_person_who_gives_it_back_makes_the_bot_answer_what_comes_next_only() -> None:
    conversation = one_by_one(customer(1), teammate(2), customer(3), given(Holder.BOT, 4))
    assert (conversation.state, waiting(conversation)) == (State.BOT, [])
    assert waiting(one_by_one(customer(5))) == ["p5"]


def test_a_whole_look_that_shows_a_person_silences_the_bot_without_a_part_that_says_so() -> None:
    record(customer(1), person_assigned=True)
    assert Conversation.objects.get().state == State.PERSON
    record(customer(3))
    record(customer(2))
    conversation = Conversation.objects.get()
    assert (conversation.state, waiting(conversation)) == (State.PERSON, [])


def test_fins_answer_takes_care_of_earlier_questions_and_not_of_later_ones() -> None:
    assert waiting(one_by_one(customer(1), customer(3), fin(2))) == ["p3"]
    assert waiting(one_by_one(customer(0))) == ["p3"]


def test_history_before_we_were_connected_is_not_answered_again() -> None:
    record(customer(1), teammate(2), given(Holder.NOBODY, 3), customer(4))
    conversation = Conversation.objects.get()
    assert (conversation.state, waiting(conversation)) == (State.BOT, ["p4"])


def test_our_own_handover_stands_when_older_news_come_late() -> None:
    conversation = one_by_one(customer(5))
    hand_over(conversation, reason=Handoff.Reason.CUSTOMER_ASKED, packet={})
    mark_handled(conversation, [message.pk for message in unhandled(conversation.pk)], now=at(9))
    for late in (given(Holder.BOT, 2), given(Holder.NOBODY, 3), customer(4)):
        conversation = one_by_one(late)
        assert (conversation.state, waiting(conversation)) == (State.PERSON, [])


def test_what_the_bot_has_answered_is_not_asked_again_by_a_late_part() -> None:
    conversation = one_by_one(customer(5))
    mark_handled(conversation, [message.pk for message in unhandled(conversation.pk)], now=at(6))
    conversation = one_by_one(said(Author.BOT, 6), given(Holder.NOBODY, 3))
    assert (conversation.state, waiting(conversation)) == (State.BOT, [])


def test_a_teammate_makes_a_waiting_draft_obsolete() -> None:
    conversation = one_by_one(customer(1))
    hold(conversation, HeldDraft(question="?", draft="!", confidence=0.1, threshold=0.85, reasons=[]))
    conversation.save()
    one_by_one(teammate(2))
    assert ReviewItem.objects.get().status == ReviewItem.Status.SUPERSEDED


def test_redacted_words_are_gone_and_stay_gone() -> None:
    conversation = one_by_one(customer(1, "my card is 4111"))
    assert redact(conversation.pk, external_id="p1", sent_at=at(1))
    record(customer(1, "my card is 4111"))
    assert list(Message.objects.values_list("text", "redacted")) == [("", True)]


def test_words_that_come_after_their_redaction_are_not_stored() -> None:
    conversation = one_by_one(customer(1))
    assert not redact(conversation.pk, external_id="p2", sent_at=at(2))
    record(customer(2, "my card is 4111"))
    assert not Message.objects.filter(text__contains="4111").exists()
    assert Message.objects.count() == 2


def test_two_customers_facts_do_not_mix_and_newer_facts_win() -> None:
    record(customer(1))
    conversation = Conversation.objects.select_related("customer").get()
    assert conversation.customer.external_id == "dana"
