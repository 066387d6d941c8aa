"""Staff write, preview, try, activate and take back a prompt in the admin, and are told what is wrong at the field."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from chatbot.llm.scripted import ScriptedModel
from chatbot.models import PromptVersion, Turn
from chatbot.prompts.in_force import forget_recent_prompts
from chatbot.prompts.shipped import PROMPTS
from chatbot.prompts.templates import PromptName
from tests.integration.chatbot.world import QUESTION, World

pytestmark = pytest.mark.django_db

ANSWER = PROMPTS[PromptName.ANSWER].shipped
POLITE = f"Be polite.\n{ANSWER.instructions}"
WRITE = {"instructions": POLITE, "message": ANSWER.message, "note": "politer"}


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Any:
    forget_recent_prompts()
    yield
    forget_recent_prompts()


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.com", "x"))
    return client


def page_of(version: PromptVersion) -> str:
    return reverse("admin:chatbot_promptversion_change", args=[version.pk])


LIST = "admin:chatbot_promptversion_changelist"
WRITING = "admin:chatbot_promptversion_write"


def test_a_version_is_written_activated_and_taken_back_in_one_click_each(staff: Client) -> None:
    answer = staff.post(reverse(WRITING, args=["answer"]), {**WRITE, "do": "save"})
    first, second = PromptVersion.objects.filter(name="answer").order_by("number")
    assert answer.url == page_of(second)  # type: ignore[attr-defined]
    assert (second.created_by.username, second.note, second.is_active) == ("root", "politer", False)
    for version in (second, first):
        staff.post(reverse("admin:chatbot_promptversion_activate", args=[version.pk]))
        version.refresh_from_db()
        assert version.is_active
    assert PromptVersion.objects.filter(name="answer", is_active=True).count() == 1


def test_the_page_of_a_version_shows_word_by_word_what_differs(staff: Client) -> None:
    staff.post(reverse(WRITING, args=["answer"]), {**WRITE, "do": "save"})
    shown = staff.get(page_of(PromptVersion.objects.get(number=2)))
    assert [change["label"] for change in shown.context["changes"]] == ["instructions"]
    assert b"Be polite." in shown.content


@pytest.mark.parametrize("text", ["Hello {world}", "", "{{system}}"])
def test_an_unusable_text_is_refused_at_its_field_and_not_lost(staff: Client, text: str) -> None:
    shown = staff.post(reverse(WRITING, args=["answer"]), {**WRITE, "instructions": text, "do": "save"})
    assert shown.status_code == 422
    assert set(shown.context["problems"]) == {"instructions"}
    assert shown.context["written"].message == ANSWER.message
    assert shown.context["note"] == "politer"
    assert PromptVersion.objects.filter(name="answer").count() == 1


def test_the_editor_explains_every_placeholder(staff: Client) -> None:
    for name, kind in PROMPTS.items():
        shown = staff.get(reverse(WRITING, args=[name.value])).content.decode()
        assert all(f"<code>{{{one.name}}}</code>" in shown for one in (*kind.instructions, *kind.message))


def test_a_preview_shows_word_for_word_what_the_model_would_be_told_with_personal_data_masked(
    world: World, staff: Client
) -> None:
    world.work(world.asked(f"My name is Anna Kowalska, anna.k@example.org. {QUESTION}"))
    turn = Turn.objects.get()
    shown = staff.post(reverse(WRITING, args=["answer"]), {**WRITE, "do": "preview", "turn": turn.pk})
    system, last = shown.context["told"]
    assert system.content.startswith("Be polite.\nYou answer customers")
    assert last.content.endswith(f"{QUESTION}</question>")
    assert "[EMAIL_1]" in last.content
    assert "anna.k@example.org" not in last.content
    assert "Kowalska" not in last.content
    assert shown.context["composed"].tokens > 100
    assert shown.context["left_out"] == []
    assert Turn.objects.count() == 1
    assert PromptVersion.objects.filter(name="answer").count() == 1


def test_a_preview_has_the_conversation_before_and_tells_what_does_not_fit(
    world: World, staff: Client, settings: Any
) -> None:
    conversation = world.asked("I have a blender. " + "It is red. " * 300)
    world.work(conversation)
    world.work(world.wrote_on(conversation, QUESTION))
    turn = Turn.objects.order_by("-pk")[0]
    page = page_of(PromptVersion.objects.get(name="answer"))
    whole = staff.post(page, {"do": "preview", "number": f"#{turn.pk}"})
    assert [message.role for message in whole.context["told"]] == ["system", "user", "assistant", "user"]
    settings.MODEL_CONTEXT_TOKENS = 2_048
    cut = staff.post(page, {"do": "preview", "turn": turn.pk})
    assert cut.context["left_out"] == ["1 older message"]


def test_a_follow_ups_prompt_is_previewed_on_a_follow_up_and_said_to_be_unused_elsewhere(
    world: World, staff: Client
) -> None:
    conversation = world.asked()
    world.work(conversation)
    world.work(world.wrote_on(conversation, "and in Germany?"))
    first, second = Turn.objects.order_by("pk")
    page = page_of(PromptVersion.objects.get(name="rewrite"))
    system, last = staff.post(page, {"do": "preview", "turn": second.pk}).context["told"]
    assert system.content.startswith("You prepare a search")
    assert last.content.endswith("<last>and in Germany?</last>")
    assert f"<customer>{QUESTION}</customer>" in last.content
    unused = staff.post(page, {"do": "preview", "turn": first.pk})
    assert unused.context["told"] == ()
    assert "This prompt is not used in this turn." in unused.content.decode()


def test_a_text_is_tried_with_the_model_beside_the_one_that_counts(
    world: World, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.work(world.asked())
    turn = Turn.objects.get()
    model = ScriptedModel(["Kindly send the blender back within 30 days [1].", "Within 30 days of buying it [1]."])
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    shown = staff.post(reverse(WRITING, args=["answer"]), {**WRITE, "do": "try", "turn": turn.pk})
    mine, current = shown.context["columns"]
    assert "Kindly" in mine["answer"]
    assert "Within" in current["answer"]
    assert [asked[0][0].content.startswith("Be polite.") for asked in model.asked] == [True, False]
    assert Turn.objects.count() == 1


@pytest.mark.parametrize("fields", [{}, {"turn": "x"}, {"number": "999999999"}, {"number": "9" * 30}])
def test_a_turn_that_is_not_there_is_asked_for(staff: Client, fields: dict[str, str]) -> None:
    shown = staff.post(page_of(PromptVersion.objects.get(name="answer")), {"do": "preview", **fields})
    assert shown.status_code == 422
    assert "past turn" in shown.context["problem"]


def test_the_text_of_a_new_release_is_offered_and_taken_over_by_hand(staff: Client) -> None:
    PromptVersion.objects.filter(name="answer").update(instructions=POLITE, is_shipped=False)
    assert staff.get(reverse(LIST)).context["prompts"][0]["offered"]
    staff.post(reverse("admin:chatbot_promptversion_take_over", args=["answer"]))
    taken = PromptVersion.objects.get(name="answer", number=2)
    assert (taken.instructions, taken.is_shipped, taken.is_active) == (ANSWER.instructions, True, False)
    assert staff.get(reverse(LIST)).context["prompts"][0]["offered"] is None


def test_who_may_only_look_changes_nothing() -> None:
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_promptversion"))
    client = Client()
    client.force_login(reader)
    version = PromptVersion.objects.get(name="answer")
    assert client.get(reverse(LIST)).status_code == client.get(page_of(version)).status_code == 200
    assert client.get(reverse(WRITING, args=["answer"])).status_code == 403
    assert client.post(reverse("admin:chatbot_promptversion_activate", args=[version.pk])).status_code == 403
    assert client.post(reverse("admin:chatbot_promptversion_take_over", args=["answer"])).status_code == 403
    assert PromptVersion.objects.count() == len(PromptName)


def test_the_story_of_a_turn_links_the_version_it_used(
    world: World, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "chatbot.pipeline.thinking.configured_model", lambda: ScriptedModel(["Send it back within 30 days [1]."])
    )
    world.work(world.asked())
    shown = staff.get(reverse("admin:chatbot_turn_change", args=[Turn.objects.get().pk])).content.decode()
    assert page_of(PromptVersion.objects.get(name="answer")) in shown


@pytest.mark.parametrize("address", ["write/nothing/", "99999/change/", "take-over/nothing/"])
def test_what_is_not_there_is_not_found(staff: Client, address: str) -> None:
    path = reverse(LIST) + address
    assert (staff.post if "over" in address else staff.get)(path).status_code in (302, 404)
