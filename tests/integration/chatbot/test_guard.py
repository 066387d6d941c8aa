"""Sensitive words in a conversation: what the customer gets, what the team sees, and what never leaves."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from chatbot import conversation_work
from chatbot.delivery import Receipt
from chatbot.models import Delivery, Playbook, StandardMessage, TriggerRule, Turn, WordRule, WordRuleHits
from chatbot.pipeline.generate import Draft
from chatbot.pipeline.guard import say
from chatbot.playbooks.choosing import forget_recent_playbooks
from chatbot.rules.current import forget_current
from chatbot.steering import forget_recent
from sessions_app.models import Conversation, Handoff, ReviewItem
from sessions_app.states import State
from tests.integration.chatbot.world import Interrupted, World, outbox, outcomes

QUESTION = "How do I return a blender?"


@pytest.fixture(autouse=True)
def _rules_of_this_test_only(db: None) -> Iterator[None]:
    forget_current()
    yield
    forget_current()


def rule(pattern: str, action: str, **more: object) -> WordRule:
    made = WordRule(**{"pattern": pattern, "action": action, **more})
    made.full_clean()
    made.save()
    forget_current()
    return made


def test_a_blocked_question_gets_the_set_reply_and_nothing_is_searched(world: World) -> None:
    made = rule("lawyer", "block", scope="incoming", reply="Please write to our legal team.")
    conversation = world.asked("My l a w y e r asks how I return a blender")
    world.work(conversation)
    assert world.said(conversation) == ["Please write to our legal team."]
    turn = Turn.objects.get()
    assert (turn.outcome, turn.reasons, turn.trace["retrieval"]) == ("answered", ["word_heard"], None)
    [told] = turn.trace["word_rules"]
    assert (told["id"], told["decides"], told["scope"]) == (made.pk, True, "incoming")


def test_a_rule_hands_over_and_the_packet_says_why(world: World) -> None:
    rule("chargeback", "hand_off", scope="incoming")
    conversation = world.asked("I start a сhargeback: how do I return a blender?")
    world.work(conversation)
    assert conversation.state == State.PERSON
    assert Handoff.objects.get().reason == "rule"
    assert Turn.objects.get().reasons == ["word_heard"]


def test_a_rule_holds_a_sure_answer_for_review_with_its_draft(world: World) -> None:
    rule("blender", "review", scope="incoming")
    conversation = world.asked(QUESTION)
    world.work(conversation)
    assert outcomes(conversation) == ["held"]
    assert "30 days" in ReviewItem.objects.get().draft
    assert ReviewItem.objects.get().reasons == ["word_heard"]


def test_masked_words_reach_neither_search_nor_model(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rule("hunter2", "mask", scope="incoming")
    model = Interrupted([])
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    conversation = world.asked(f"My password is hunter2. {QUESTION}")
    world.work(conversation)
    world.work(world.wrote_on(conversation, "And a mixer, how do I return it?"))
    assert model.asked
    assert all("hunter2" not in message.content for asked in model.asked for message in asked)
    assert "••••" in Turn.objects.order_by("pk")[0].question


@pytest.mark.parametrize(
    ("action", "more", "outcome", "said"),
    [
        ("block", {"reply": "Let me ask a colleague."}, "answered", ["Let me ask a colleague."]),
        ("block", {}, "held", ["A colleague looks at it."]),
        ("review", {}, "held", ["A colleague looks at it."]),
        ("hand_off", {}, "handed_over", ["A person comes."]),
    ],
)
def test_what_a_rule_stops_on_the_way_out_is_not_said(
    world: World, action: str, more: dict[str, str], outcome: str, said: list[str]
) -> None:
    rule(r"30\s+days", action, kind="expression", scope="outgoing", **more)
    conversation = world.asked(QUESTION)
    world.work(conversation)
    assert (outcomes(conversation), world.said(conversation)) == ([outcome], said)
    assert Turn.objects.get().reasons[0] == "word_said"


def test_masked_words_leave_as_a_mask(world: World) -> None:
    rule("30 days", "mask", scope="outgoing")
    conversation = world.asked(QUESTION)
    world.work(conversation)
    [answer] = world.said(conversation)
    assert "30 days" not in answer
    assert "••••" in answer


def test_a_word_hidden_by_markup_is_seen_as_the_customer_would_see_it() -> None:
    made = rule("blender", "block", scope="outgoing", reply="Ask a colleague.")
    draft = Draft(text="A ble[nder](https://help.example/a).", cited=(), answerer="sly", reply=None, failure="")
    said = say(draft, language="en")
    assert said.verdict.decisive is not None
    assert said.verdict.decisive.id == made.pk
    WordRule.objects.update(action="mask")
    forget_current()
    assert not say(draft, language="en").is_safe


def test_a_rule_younger_than_the_draft_stops_it_before_it_leaves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = world.asked(QUESTION)
    sent = conversation_work.deliver

    def deliver_later(conversation: Conversation) -> Receipt:
        rule("30 days", "review", scope="outgoing")
        return sent(conversation)

    monkeypatch.setattr(conversation_work, "deliver", deliver_later)
    world.work(conversation)
    assert world.said(conversation) == []
    assert outbox(conversation)[0] == ("reply", "withheld")
    assert Handoff.objects.get().reason == "rule"
    assert conversation.state == State.PERSON


def test_tags_are_put_on_the_conversation_in_intercom(world: World) -> None:
    rule("blender", "tag", scope="incoming", category="kitchen")
    rule("return", "tag", scope="incoming", category="returns")
    conversation = world.asked(QUESTION)
    world.work(conversation)
    item = world.sandbox.http.get(
        f"/conversations/{conversation.external_id}", headers={"Authorization": "Bearer sandbox-token"}
    ).json()
    assert {tag["name"] for tag in item["tags"]["tags"]} == {"kitchen", "returns"}
    assert len(world.said(conversation)) == 1


def test_hits_are_counted_by_day_without_the_words(world: World) -> None:
    made = rule("blender", "tag", scope="incoming", category="kitchen")
    for _ in range(2):
        world.work(world.asked(QUESTION))
    hits = WordRuleHits.objects.get()
    assert (hits.rule, hits.count, hits.scope) == (made, 2, "incoming")
    assert "blender" not in str(WordRuleHits.objects.values().get())


def test_a_person_is_warned_and_may_send_it_all_the_same(world: World) -> None:
    rule("money back", "review", scope="outgoing")
    world.threshold(1.0)
    conversation = world.asked(QUESTION)
    world.work(conversation)
    staff = Client()
    staff.force_login(User.objects.create_superuser("root", "root@example.com", "x"))
    item = ReviewItem.objects.get()
    address = reverse("desk:draft", args=[item.pk])
    form = {"answer": "You get your m o n e y  b a c k.", "decision": "approve"}
    warned = staff.post(address, form)
    assert warned.status_code == 422
    assert "m o n e y  b a c k" in warned.content.decode()
    assert not Delivery.objects.filter(kind="reply").exists()
    assert staff.post(address, {**form, "decision": "approve_warned"}).status_code == 302
    world.work(conversation)
    assert world.said(conversation)[-1] == "You get your m o n e y b a c k."


def test_the_story_of_a_turn_names_the_rules(world: World) -> None:
    made = rule("lawyer", "block", scope="incoming", reply="Please write to our legal team.")
    world.work(world.asked("my lawyer"))
    staff = Client()
    staff.force_login(User.objects.create_superuser("root", "root@example.com", "x"))
    page = staff.get(reverse("admin:chatbot_turn_change", args=[Turn.objects.get().pk])).content.decode()
    assert reverse("admin:chatbot_wordrule_change", args=[made.pk]) in page
    assert "A rule about what customers write matched." in page


def test_set_words_that_a_rule_stops_do_not_leave_either(world: World) -> None:
    """Of a playbook, of a standard message: they were written before the rule was."""
    rule("serial", "block", scope="outgoing", reply="A colleague will tell you.")
    made = Playbook.objects.create(name="Returns")
    made.steps.create(kind="ask", text="What is the s e r i a l number?")
    TriggerRule.objects.create(name="returns", route="continue", keywords="return", playbook="Returns")
    StandardMessage.objects.update_or_create(
        kind=StandardMessage.Kind.HOLDING, language="en", defaults={"text": "Have your serial ready.", "is_on": True}
    )
    forget_current()
    forget_recent()
    forget_recent_playbooks()
    conversation = world.asked(QUESTION)
    world.work(conversation)
    assert outcomes(conversation) == ["held"]
    assert Turn.objects.get().reasons == ["word_said"]
    assert world.said(conversation) == []
    forget_recent()
    forget_recent_playbooks()
