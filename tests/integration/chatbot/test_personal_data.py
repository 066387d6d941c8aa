"""What a customer writes of themselves reaches no model, and the answer still speaks of it."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from chatbot.llm.scripted import ScriptedModel
from chatbot.models import PersonalDataRule, PersonalPattern, Turn
from chatbot.personal_data import forget_masking_policy
from chatbot.rules.masking.entities import EntityType
from chatbot.rules.masking.policy import DEFAULT_TREATMENTS
from knowledge.minilm import MiniLM, read_question
from tests.integration.chatbot.world import World

ASKED = "How do I return a blender? My mail is anna.k@example.org, contract VX-99812."


@pytest.fixture(autouse=True)
def fresh_policy() -> Iterator[None]:
    forget_masking_policy()
    yield
    forget_masking_policy()


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    return client


def test_the_model_sees_placeholders_and_the_customer_their_own_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    PersonalPattern.objects.create(name="contract number", expression=r"\bVX-\d{5}\b")
    model = ScriptedModel(["Send the blender back within 30 days [1]. We write to [EMAIL_1]."])
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    conversation = world.asked(ASKED)
    world.work(conversation)
    asked = "\n".join(message.content for messages, _sampling in model.asked for message in messages)
    assert "[EMAIL_1]" in asked
    assert "[CONTRACT_NUMBER_1]" in asked
    assert "anna.k" not in asked
    assert "99812" not in asked
    turn = Turn.objects.get(conversation=conversation)
    assert "anna.k@example.org" in turn.answer
    assert turn.trace["masked"]["email"] == 1
    assert "anna.k" not in turn.trace["retrieval"]["searched_for"]
    assert turn.masked_question == "How do I return a blender? My mail is [EMAIL_1], contract [CONTRACT_NUMBER_1]."
    assert turn.meaning == read_question(turn.trace["retrieval"]["searched_for"]).vector.astype("<f2").tobytes()


def test_an_answer_to_a_personal_question_is_not_kept_for_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []
    monkeypatch.setattr("chatbot.pipeline.turn.keep_sent", lambda *given, **named: kept.append(given))
    world.work(world.asked("How do I return a blender?"))
    assert len(kept) == 1
    world.work(world.asked("My mail is anna.k@example.org. How do I return a blender?"))
    assert len(kept) == 1


def test_no_embedder_is_asked_for_a_personal_question_as_it_was_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[str] = []
    plain = MiniLM.embed_questions
    monkeypatch.setattr(MiniLM, "embed_questions", lambda self, texts: (embedded.extend(texts), plain(self, texts))[1])
    world.work(world.asked("My mail is anna.k@example.org. How do I return a grinder?"))
    assert embedded
    assert not any("anna.k" in text for text in embedded)


def test_a_refused_kind_goes_to_a_person_and_no_model_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    PersonalDataRule.objects.filter(type=EntityType.EMAIL).update(treatment="refuse")
    model = ScriptedModel(["Send it back."])
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    conversation = world.asked(ASKED)
    world.work(conversation)
    assert model.asked == []
    turn = Turn.objects.get(conversation=conversation)
    assert (turn.outcome, turn.reasons) == ("held", ["personal_data"])


def test_every_kind_has_a_row_with_the_default_treatment(db: None) -> None:
    rows = dict(PersonalDataRule.objects.values_list("type", "treatment"))
    assert rows == {kind.value: treatment.value for kind, treatment in DEFAULT_TREATMENTS.items()}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("expression", {"name": "customer number", "expression": "(?<=a)b"}),
        ("expression", {"name": "customer number", "expression": "x*"}),
        ("name", {"name": "email", "expression": "a+b"}),
        ("name", {"name": "no. 7!", "expression": "a+b"}),
    ],
)
def test_a_pattern_that_cannot_work_is_refused_at_its_field(db: None, field: str, values: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        PersonalPattern(**values).full_clean()
    assert field in refused.value.message_dict


def test_staff_see_what_a_model_would_see(staff: Client) -> None:
    page = staff.post(reverse("admin:chatbot_personaldatarule_try"), {"text": ASKED}).content.decode()
    assert "How do I return a blender? My mail is [EMAIL_1]" in page
    assert "e-mail address" in page


def test_the_pages_open(staff: Client) -> None:
    for name in (
        "personaldatarule_changelist",
        "personaldatarule_try",
        "personalpattern_changelist",
        "personalpattern_add",
    ):
        assert staff.get(reverse(f"admin:chatbot_{name}")).status_code == 200
