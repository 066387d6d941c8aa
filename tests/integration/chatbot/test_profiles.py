"""A profile decides how warm the model speaks and how sure the bot must be; the turn says which one it was."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from chatbot.llm.model import Sampling
from chatbot.llm.scripted import ScriptedModel
from chatbot.models import Guidance, TemperatureProfile, Turn
from chatbot.profiles.choosing import ChosenBy, choose_profile, forget_recent_profiles
from chatbot.profiles.guidance import forget_recent_guidance
from tests.integration.chatbot.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    forget_recent_profiles()
    forget_recent_guidance()


def profile(name: str, **values: object) -> TemperatureProfile:
    return TemperatureProfile.objects.create(name=name, **values)


def fields_refused(row: TemperatureProfile) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    return set(caught.value.message_dict)


def test_a_new_installation_consults_at_0_3_and_creates_at_0_7() -> None:
    assert choose_profile().profile.temperature == 0.3
    assert choose_profile(scenario="creative").profile.temperature == 0.7


def test_a_rule_comes_before_the_scenario_and_the_scenario_before_the_default() -> None:
    profile("Gold customers", temperature=0.1)
    assert choose_profile(named="Gold customers", scenario="creative").chosen_by == ChosenBy.RULE
    assert choose_profile(named="gone", scenario="creative").profile.name == "Creative"
    assert choose_profile(named="gone", scenario="order").chosen_by == ChosenBy.DEFAULT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", 99),
        ("temperature", float("nan")),
        ("top_p", 0),
        ("threshold", 1.5),
        ("maximum_tokens", 1),
        ("passages", 0),
        ("name", ""),
        ("name", "\u200b"),
        ("tone", "warm\x00"),
        ("scenario", "consultation"),
        ("is_default", True),
    ],
)
def test_a_careless_profile_is_refused_at_the_field(field: str, value: object) -> None:
    row = TemperatureProfile(**{"name": "New", field: value})
    assert field in fields_refused(row)


def test_the_database_keeps_one_default_apart_from_a_second() -> None:
    with pytest.raises(IntegrityError, match="profile_one_default"), transaction.atomic():
        profile("Another", is_default=True)


def test_the_database_keeps_the_last_default() -> None:
    with pytest.raises(IntegrityError, match="one profile must be the default"), transaction.atomic():
        TemperatureProfile.objects.filter(is_default=True).update(is_default=False)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_model_speaks_as_the_profile_and_the_guidance_say_and_the_turn_records_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    TemperatureProfile.objects.filter(is_default=True).update(temperature=0.1, top_p=0.5, tone="calm", version=7)
    Guidance.objects.create(text="Never promise a delivery date.", subject="dates", priority=2)
    Guidance.objects.create(text="Give the expected date.", subject="dates")
    Guidance.objects.create(text="Only for orders.", scenarios=["order"])
    model = ScriptedModel(["Send the blender back within 30 days [1]."])
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    world.work(world.asked())
    messages, sampling = model.asked[-1]
    assert sampling == Sampling(temperature=0.1, maximum_tokens=800, top_p=0.5)
    assert "Tone: calm" in messages[0].content
    assert "Never promise a delivery date." in messages[0].content
    assert "Give the expected date." not in messages[0].content
    trace = Turn.objects.get().trace
    assert (trace["profile"]["name"], trace["profile"]["version"]) == ("Consultation", 7)
    assert trace["guidance"]["status"] == "given"
    assert [piece["text"] for piece in trace["guidance"]["applied"]] == ["Never promise a delivery date."]
    assert [piece["text"] for piece in trace["guidance"]["overruled"]] == ["Give the expected date."]


def test_a_quotation_obeys_no_guidance_and_the_turn_says_so(world: World) -> None:
    Guidance.objects.create(text="Never promise a delivery date.")
    world.work(world.asked())
    assert Turn.objects.get().trace["guidance"]["status"] == "not_applicable"


def test_a_profile_that_asks_for_review_holds_every_draft(world: World) -> None:
    TemperatureProfile.objects.filter(is_default=True).update(always_review=True)
    world.work(world.asked())
    turn = Turn.objects.get()
    assert (turn.outcome, turn.reasons) == ("held", ["always_review"])


def test_a_profiles_threshold_counts_instead_of_the_teams(world: World) -> None:
    TemperatureProfile.objects.filter(is_default=True).update(threshold=1.0)
    world.work(world.asked())
    turn = Turn.objects.get()
    assert (turn.outcome, turn.threshold) == ("held", 1.0)


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.com", "x"))
    return client


def test_a_save_that_changes_what_the_profile_does_is_a_new_version_and_keeps_the_old_one() -> None:
    row = TemperatureProfile.objects.get(is_default=True)
    row.temperature = 0.2
    row.save()
    row.save()
    assert row.version == 2
    assert list(row.history.order_by("history_id").values_list("version", "temperature"))[-1] == (2, 0.2)


def test_making_another_profile_the_default_takes_one_click(staff: Client) -> None:
    creative = TemperatureProfile.objects.get(name="Creative")
    action = {"action": "make_the_default", "_selected_action": [creative.pk]}
    staff.post(reverse("admin:chatbot_temperatureprofile_changelist"), action)
    assert [row.name for row in TemperatureProfile.objects.filter(is_default=True)] == ["Creative"]


def test_two_profiles_answer_one_question_side_by_side_and_nothing_is_stored(world: World, staff: Client) -> None:
    strict = profile("Strict", always_review=True)
    default = TemperatureProfile.objects.get(is_default=True)
    page = reverse("admin:chatbot_temperatureprofile_compare")
    answer = staff.post(page, {"question": "How do I return a blender?", "left": default.pk, "right": strict.pk})
    left, right = answer.context["columns"]
    assert "30 days" in left["answer"]
    assert "30 days" in right["answer"]
    assert (left["is_sent"], right["is_sent"]) == (True, False)
    assert not Turn.objects.exists()
    assert staff.post(page, {"question": ""}).status_code == 422


def test_guidance_that_may_contradict_is_shown(staff: Client) -> None:
    Guidance.objects.create(text="Never promise a delivery date.", subject="dates", priority=2)
    Guidance.objects.create(text="Give the expected date.", subject="dates")
    Guidance.objects.create(text="Only for orders.", scenarios=["order"])
    shown = staff.get(reverse("admin:chatbot_guidance_changelist")).context["conflicts"]
    assert [(row["first"].subject, row["second"].subject) for row in shown] == [("dates", "dates")]


@pytest.mark.parametrize("page", ["temperatureprofile_changelist", "temperatureprofile_add", "guidance_add"])
def test_every_page_of_profiles_opens(staff: Client, page: str) -> None:
    assert staff.get(reverse(f"admin:chatbot_{page}")).status_code == 200
