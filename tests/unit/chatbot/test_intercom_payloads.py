"""What each of Intercom's notifications becomes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chatbot.errors import PayloadError
from chatbot.intercom.payloads import (
    CONVERSATION_TOPICS,
    ConversationReport,
    OwnMarks,
    conversation_report,
    item_of,
    moment,
    newest_own_part,
    redacted_part,
)
from sessions_app.conversations import Holder, HolderChange, IncomingMessage
from sessions_app.models import Author
from tests.payloads import NAMES, item, notification

OWN = OwnMarks(admin_id="991267715", app_package_code="handrail-a86dr8yl")
OPENING = "Hi, my blender arrived broken. Order #48211. Can I send it back?"


def report(name: str, own: OwnMarks = OWN, **changes: Any) -> ConversationReport:
    return conversation_report("a86dr8yl", {**item(name), **changes}, own)


def last(name: str, own: OwnMarks = OWN) -> Any:
    return report(name, own).events[-1]


def with_part(name: str, **changes: Any) -> dict[str, Any]:
    found = item(name)
    found["conversation_parts"]["conversation_parts"][0].update(changes)
    return found


@pytest.mark.parametrize("name", ["conversation.user.created", "conversation.user.created.2.16"])
def test_a_new_conversation_is_its_customers_words_whether_html_or_plain(name: str) -> None:
    found = report(name)
    [message] = found.events
    assert isinstance(message, IncomingMessage)
    assert (message.author, message.text) == (Author.CUSTOMER, OPENING)
    assert message.sent_at == datetime.fromtimestamp(1795318800, UTC)
    assert message.attachments[0]["name"] == "broken.jpg"
    assert (found.key.workspace, found.key.external_id) == ("a86dr8yl", "215473840934085")
    customer = found.key.customer
    assert (customer.external_id, customer.name, customer.email) == (
        "6762f0dd1bb69f9f2193bb83",
        "Dana Ortiz",
        "dana@example.com",
    )
    assert customer.tier == "Pro"
    assert customer.attributes["Language"] == "English"


@pytest.mark.parametrize("name", ["conversation.user.replied", "conversation.user.replied.2.16"])
def test_a_reply_is_told_apart_from_the_opening_that_comes_with_it(name: str) -> None:
    opening, reply = report(name).events
    assert opening.external_id == "source:215473840934085"
    assert isinstance(reply, IncomingMessage)
    assert (reply.external_id, reply.author) == ("23456789012", Author.CUSTOMER)
    assert reply.text == "It is the 1.5 l model, bought 9 days ago."


def test_a_reply_that_reopens_a_conversation_is_a_message_though_its_type_is_open() -> None:
    reply = last("conversation.user.replied.reopening")
    assert (reply.author, reply.text) == (Author.CUSTOMER, "It broke again.")


def test_an_own_reply_is_known_by_seat_and_code() -> None:
    assert last("conversation.admin.replied.own").author == Author.BOT
    assert last("conversation.admin.replied.own_seat_without_code").author == Author.TEAMMATE
    assert last("conversation.admin.replied.person").author == Author.TEAMMATE
    assert last("conversation.admin.replied.other_app").author == Author.TEAMMATE


def test_before_our_code_is_learned_any_code_of_our_seat_counts_as_ours() -> None:
    fresh = OwnMarks(admin_id="991267715")
    assert last("conversation.admin.replied.own", fresh).author == Author.BOT
    assert last("conversation.admin.replied.own_seat_without_code", fresh).author == Author.TEAMMATE
    other = OwnMarks(admin_id="991267715", app_package_code="another")
    assert last("conversation.admin.replied.own", other).author == Author.TEAMMATE


@pytest.mark.parametrize("part_type", ["note", "note_and_reopen"])
def test_notes_are_private_whoever_writes_them(part_type: str) -> None:
    for author in ({"type": "admin", "id": "991267715"}, {"type": "admin", "id": "7"}, {"type": "bot", "id": "1"}):
        found = with_part("conversation.admin.noted", part_type=part_type, author=author)
        assert conversation_report("a86dr8yl", found, OWN).events[-1].author == Author.NOTE  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "holder", "admin_id", "team_id"),
    [
        ("conversation.admin.assigned.admin", Holder.PERSON, "991267716", None),
        ("conversation.admin.assigned.bot", Holder.BOT, "991267715", None),
        ("conversation.admin.assigned.team", Holder.TEAM, None, "5017691"),
        ("conversation.admin.assigned.nobody", Holder.TEAM, "", None),
        ("conversation.admin.closed", Holder.NOBODY, None, None),
    ],
)
def test_assignments_and_closings_say_who_holds_the_conversation(
    name: str, holder: Holder, admin_id: str | None, team_id: str | None
) -> None:
    change = last(name)
    assert isinstance(change, HolderChange)
    assert (change.holder, change.admin_id, change.team_id) == (holder, admin_id, team_id)


@pytest.mark.parametrize(
    ("assignee", "is_person"),
    [
        (0, False),
        ("0", False),
        (None, False),
        (991267715, False),
        ("991267715", False),
        (991267716, True),
        ("991267716", True),
    ],
)
def test_zero_null_and_the_bot_are_no_person(assignee: object, is_person: bool) -> None:
    assert report("conversation.user.created", admin_assignee_id=assignee).person_assigned is is_person


def test_fin_answers_and_a_workflow_only_speaks() -> None:
    fin, workflow = last("conversation.operator.replied.fin"), last("conversation.operator.replied.workflow")
    assert (fin.author, fin.answers) == (Author.OTHER_BOT, True)
    assert (workflow.author, workflow.answers) == (Author.OTHER_BOT, False)


def test_a_campaign_in_a_teammates_name_is_no_person_who_has_spoken() -> None:
    opening, reply = report("conversation.user.replied.to_campaign").events
    assert opening.author == Author.OTHER_BOT  # type: ignore[union-attr]
    assert reply.author == Author.CUSTOMER  # type: ignore[union-attr]


def test_a_rating_is_read() -> None:
    rating = report("conversation.rating.added").rating
    assert rating is not None
    assert (rating.value, rating.remark) == (4, "Quick.")


@pytest.mark.parametrize("value", [None, {}, {"rating": 0}, {"rating": 6}, {"rating": True}, {"rating": "4"}, [], "4"])
def test_what_is_no_rating_is_none(value: object) -> None:
    assert report("conversation.rating.added", conversation_rating=value).rating is None


def test_a_redacted_part_names_conversation_and_part() -> None:
    part = redacted_part(item("conversation_part.redacted"))
    assert (part.conversation_id, part.part_id) == ("215473840934085", "23456789012")


def test_ids_may_be_numbers_everywhere() -> None:
    found = with_part("conversation.user.replied", id=23456789012)
    found["id"] = 215473840934085
    found["contacts"]["contacts"][0]["id"] = 42
    result = conversation_report("a86dr8yl", found, OWN)
    assert result.key.external_id == "215473840934085"
    assert result.key.customer.external_id == "42"
    assert [event.external_id for event in result.events] == ["source:215473840934085", "23456789012"]


@pytest.mark.parametrize("parts", [None, [], {}, {"conversation_parts": None}, {"conversation_parts": []}, "many", 3])
def test_missing_or_null_parts_leave_the_opening(parts: object) -> None:
    assert [event.external_id for event in report("conversation.user.created", conversation_parts=parts).events] == [
        "source:215473840934085"
    ]


def test_parts_that_stand_in_a_plain_list_are_read() -> None:
    parts = item("conversation.user.replied")["conversation_parts"]["conversation_parts"]
    assert len(report("conversation.user.replied", conversation_parts=parts).events) == 2


@pytest.mark.parametrize("author", [None, {}, {"type": None}, {"type": "martian", "id": "1"}, "Dana"])
def test_an_unknown_author_is_no_customer(author: object) -> None:
    found = conversation_report("a86dr8yl", with_part("conversation.user.replied", author=author), OWN)
    assert found.events[-1].author == Author.OTHER_BOT  # type: ignore[union-attr]


def test_parts_without_words_say_nothing() -> None:
    found = with_part("conversation.user.replied", part_type="conversation_attribute_updated_by_admin", body=None)
    assert len(conversation_report("a86dr8yl", found, OWN).events) == 1


@pytest.mark.parametrize("value", [None, "", 0, -5, True, {}, [], 1.5, "x" * 65, 10**70])
def test_a_conversation_without_an_id_is_refused_with_the_path(value: object) -> None:
    with pytest.raises(PayloadError, match=r"data\.item\.id"):
        report("conversation.user.created", id=value)


def test_a_part_without_an_id_is_refused_rather_than_dropped() -> None:
    with pytest.raises(PayloadError, match=r"conversation_parts\[\]\.id"):
        conversation_report("a86dr8yl", with_part("conversation.user.replied", id=None), OWN)


@pytest.mark.parametrize("found", [{}, {"data": None}, {"data": {}}, {"data": {"item": []}}, {"data": "x"}])
def test_a_notification_without_an_item_is_refused_with_the_path(found: dict[str, Any]) -> None:
    with pytest.raises(PayloadError, match="`data"):
        item_of(found)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1795318800, 1795318800),
        ("1795318800", 1795318800),
        ("2026-11-22T03:00:00.000Z", 1795316400),
        ("2026-11-22T03:00:00", 1795316400),
        ("0001-01-01T00:00:00+14:00", None),
        (float("nan"), None),
        (1e300, None),
        (-1, None),
        (True, None),
        ("soon", None),
        (None, None),
    ],
)
def test_times_are_seconds_or_iso_text(value: object, expected: int | None) -> None:
    found = moment(value)
    assert found == (None if expected is None else datetime.fromtimestamp(expected, UTC))


def test_the_newest_own_part_is_found_by_time_then_by_id() -> None:
    found = item("conversation.admin.replied.own")
    [part] = found["conversation_parts"]["conversation_parts"]
    found["conversation_parts"]["conversation_parts"] = [{**part, "id": "9"}, {**part, "id": "10"}, {**part, "id": "1"}]
    newest = newest_own_part(found, OWN)
    assert newest is not None
    assert newest["id"] == "10"


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_has_a_topic_that_the_code_knows(name: str) -> None:
    topic = notification(name)["topic"]
    assert topic in CONVERSATION_TOPICS | {"ping", "conversation.rating.added", "conversation_part.redacted"}
