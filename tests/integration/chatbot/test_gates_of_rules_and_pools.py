"""Rules and model pools pass their gate, too, by whichever door they are written; what is refused is not written."""

import re

import pytest
from django.urls import reverse

from chatbot import tasks
from chatbot.errors import GateNotPassed
from chatbot.model_pools import set_on
from chatbot.models import ChangeKind, ChangeTrial, Gate, GateOverride, ModelPool, TriggerRule, WordRule, WordRuleGroup
from chatbot.rules.current import forget_current
from chatbot.trying.gates import told_change
from chatbot.trying.rule_saving import CHANGED_MAX, difference, in_force, saving_rules
from chatbot.trying.trials import work_on
from chatbot.trying.variants import variant_of
from knowledge.audience import Audience
from knowledge.models import Article, QuestionSet
from knowledge.question_sets import add_question, set_named

pytestmark = pytest.mark.django_db

BLENDER = "How do I return a blender?"
WORD = {"kind": "literal", "scope": "incoming", "severity": "2", "priority": "100", "whole_word": "on", "is_on": "on"}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr(tasks.try_change, "apply_async", lambda *_, **__: None)
    yield
    forget_current()


@pytest.fixture
def returns(world) -> QuestionSet:
    world.threshold(0.5)
    found = set_named("Returns")
    add_question(found, BLENDER, audience=Audience(), language="en", article_ids=[Article.objects.get().pk])
    return found


@pytest.fixture
def guarded(returns) -> Gate:
    return Gate.objects.create(question_set=returns, kinds=[ChangeKind.RULES, ChangeKind.MODEL])


def refused(page: str) -> str:
    """The address of the gate's page, out of a page that refuses."""
    assert "goes live only after it has passed its gate" in page
    return re.search(r'href="([^"]*changetrial/gate/\?change=[^"]*)"', page)[1].replace("&amp;", "&")


def test_a_new_rule_is_kept_back_tried_from_the_refusal_and_let_in_once_it_harms_nothing(admin_client, guarded) -> None:
    page = reverse("admin:chatbot_wordrule_add")
    harmful = WORD | {"pattern": "blender", "action": "hand_off"}
    shown = admin_client.post(page, harmful).content.decode()
    address = refused(shown)
    assert not WordRule.objects.exists() and 'value="blender"' in shown, "nothing is written, nothing typed is lost"
    admin_client.post(address, {"do": "try"})
    assert work_on(ChangeTrial.objects.get().pk, seconds=60)
    assert "1 question gets worse" in admin_client.get(address).content.decode()
    assert "goes live only" in admin_client.post(page, harmful).content.decode()
    harmless = WORD | {"pattern": "zebra", "action": "hand_off"}
    admin_client.post(refused(admin_client.post(page, harmless).content.decode()), {"do": "try"})
    assert work_on(ChangeTrial.objects.order_by("pk").last().pk, seconds=60)
    assert admin_client.post(page, harmless).status_code == 302
    assert WordRule.objects.get().pattern == "zebra"


def test_no_door_writes_rules_past_their_gate(admin_client, guarded) -> None:
    on = WordRule.objects.create(pattern="refund", action="review")
    off = WordRule.objects.create(pattern="lawyer", action="hand_off", is_on=False)
    group = WordRuleGroup.objects.create(name="Legal")
    WordRule.objects.create(pattern="court", action="review", group=group)
    trigger = TriggerRule.objects.create(name="Night", keywords="night")
    before = in_force()
    words, listed = reverse("admin:chatbot_wordrule_changelist"), "/admin/chatbot/wordrule/"
    for answer in (
        admin_client.post(words, {"action": "switch_on", "_selected_action": [off.pk]}, follow=True),
        admin_client.post(words, {"action": "switch_off", "_selected_action": [on.pk]}, follow=True),
        admin_client.post(
            words, {"action": "delete_selected", "_selected_action": [on.pk], "post": "yes"}, follow=True
        ),
        admin_client.post(f"{listed}{on.pk}/delete/", {"post": "yes"}, follow=True),
        admin_client.post(f"{listed}{on.pk}/change/", WORD | {"pattern": "refund", "action": "hand_off"}),
        admin_client.post(f"/admin/chatbot/wordrulegroup/{group.pk}/change/", {"name": "Legal"}),
        admin_client.post(f"/admin/chatbot/triggerrule/{trigger.pk}/delete/", {"post": "yes"}, follow=True),
    ):
        assert "goes live only after" in answer.content.decode()
    assert in_force() == before
    note = WORD | {"scope": "both", "pattern": "refund", "action": "review", "note": "Asked for by sales."}
    assert admin_client.post(f"{listed}{on.pk}/change/", note).status_code == 302, "a note decides nothing"
    Gate.objects.update(is_on=False)
    admin_client.post(words, {"action": "switch_on", "_selected_action": [off.pk]})
    off.refresh_from_db()
    assert off.is_on


def test_what_is_tried_is_what_the_save_would_leave(guarded) -> None:
    kept = WordRule.objects.create(pattern="refund", action="review")
    moved = TriggerRule.objects.create(name="Night", keywords="night", route="hold")
    with pytest.raises(GateNotPassed) as error, saving_rules("several"):
        WordRule.objects.filter(pk=kept.pk).delete()
        WordRule.objects.create(pattern="lawyer", action="hand_off", scope="incoming")
        TriggerRule.objects.filter(pk=moved.pk).update(route="hand_off")
    assert WordRule.objects.get().pattern == "refund"
    change, subject = told_change(error.value.address.partition("change=")[2].replace("%3A", ":"))
    compiled = variant_of(change).rules
    assert subject == "several"
    assert [rule.pattern for rule in compiled.matcher.rules] == ["lawyer"]
    assert [trigger.route for trigger in compiled.router.triggers] == ["hand_off"]
    assert difference(in_force(), in_force()) is None


def test_many_rules_at_once_are_refused_in_words(guarded) -> None:
    with pytest.raises(GateNotPassed, match=f"at most {CHANGED_MAX} of them"), saving_rules("a file"):
        WordRule.objects.bulk_create([WordRule(pattern=f"word {n}", action="review") for n in range(CHANGED_MAX + 1)])
    assert not WordRule.objects.exists()


def test_a_pool_takes_calls_only_after_its_gate_and_is_drained_at_once(admin_client, guarded) -> None:
    pool = ModelPool.objects.create(name="New", url="http://model.example", model="new", is_on=False)
    pools = reverse("admin:chatbot_modelpool_changelist")
    answer = admin_client.post(pools, {"action": "enable", "_selected_action": [pool.pk]}, follow=True)
    address = refused(answer.content.decode())
    with pytest.raises(GateNotPassed):
        set_on(pool, True, by="mia")
    admin_client.post(address, {"do": "pass", "reason": "The other region is gone; there is no other."})
    assert GateOverride.objects.get().kind == ChangeKind.MODEL
    assert set_on(pool, True, by="mia")
    assert set_on(pool, False, by="mia"), "the way back is always open"
    ModelPool.objects.filter(pk=pool.pk).update(model="another")
    pool.refresh_from_db()
    with pytest.raises(GateNotPassed):
        set_on(pool, True, by="mia")
