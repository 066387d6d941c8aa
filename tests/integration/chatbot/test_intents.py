"""Examples come in with a word about each line; a training makes a version; one click activates it or rolls back."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from chatbot.intents.active import active_intents, forget_recent_intents, guessed_intent
from chatbot.intents.errors import TrainingRefused
from chatbot.intents.examples import LineStatus, import_file
from chatbot.intents.jobs import activate, ask_for_training, forgotten_trainings, run_training
from chatbot.intents.labelled_files import FileUnusable
from chatbot.intents.starter import load_starter_intents
from chatbot.intents.suggestions import refresh_suggestions
from chatbot.models import Intent, IntentExample, IntentModel, LabelSuggestion, Steering, Turn
from chatbot.steering import forget_recent as forget_recent_steering
from knowledge.minilm import weights_file
from tests.integration.chatbot.world import World

pytestmark = pytest.mark.django_db
needs_weights = pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)")


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Any:
    forget_recent_intents()
    yield
    forget_recent_intents()


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.com", "x"))
    return client


def statuses(data: bytes, **options: Any) -> list[tuple[str, str]]:
    return [(line.status.value, line.why) for line in import_file(data, user=None, **options).lines]


def test_good_lines_are_stored_and_every_other_says_why_not() -> None:
    Intent.objects.create(name="return")
    data = (
        "text,intent\nsend it back,return\nSend it  back!,return\nwhere is it,order\nsend it back,order\n,return\nhi,\n"
        + "x" * 1001
        + ",return\n\u200bhey,return\nanything,oos\n"
    ).encode()
    found = import_file(data, user=None)
    assert [line.status.value for line in found.lines] == ["new", "known", "new"] + ["refused"] * 6
    assert [line.line for line in found.lines] == list(range(2, 11))
    assert all(line.why for line in found.lines if line.status == LineStatus.REFUSED)
    assert "return" in found.lines[3].why
    assert found.new_intents == ("order",)
    assert IntentExample.objects.count() == 2


def test_a_look_stores_nothing() -> None:
    assert statuses(b"text,intent\na question,one\n", is_trial=True) == [("new", "")]
    assert not Intent.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_files_of_usual_encodings_are_read(encoding: str) -> None:
    assert statuses("text;intent\n我想退货;退货\n".encode(encoding)) == [("new", "")]
    assert IntentExample.objects.get().text == "我想退货"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "columns text and intent"),
        (b"question,label\na,b\n", "intent, text"),
        (b"text,intent\n", "no line"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text"),
    ],
)
def test_a_file_that_is_no_table_is_refused_whole(data: bytes, words: str) -> None:
    with pytest.raises(FileUnusable, match=words):
        import_file(data, user=None)
    assert not Intent.objects.exists()


@needs_weights
def test_a_training_makes_a_version_that_answers_once_it_is_activated_and_not_when_rolled_back(staff: Client) -> None:
    assert load_starter_intents() > 100
    first = IntentModel.objects.get(is_active=True)
    assert guessed_intent("my parcel has still not come").intent == "order status"
    assert guessed_intent("my parcel has still not come").scenario == "order"
    Intent.objects.create(name="almost empty").examples.create(text="hm, one example")
    second = ask_for_training()
    with pytest.raises(TrainingRefused):
        ask_for_training()
    assert run_training(second.pk)
    assert not run_training(second.pk), "a task that comes twice trains once"
    second.refresh_from_db()
    assert (second.status, second.progress, second.is_active) == ("ready", 100, False)
    assert second.report["left_out"] == {"almost empty": 1}
    assert second.report["accuracy"] > 0.4
    page = staff.get(reverse("admin:chatbot_intentmodel_change", args=[second.pk])).content.decode()
    assert "almost empty (1)" in page
    assert "Activate" in page
    staff.post(reverse("admin:chatbot_intentmodel_switch", args=[second.pk]))
    assert active_intents().version == second.pk
    staff.post(reverse("admin:chatbot_intentmodel_switch", args=[first.pk]))
    assert active_intents().version == first.pk
    staff.post(reverse("admin:chatbot_intentmodel_switch", args=[first.pk]), {"step": "off"})
    assert guessed_intent("where is my parcel") is None


def test_a_training_without_enough_examples_fails_with_the_cure() -> None:
    version = ask_for_training()
    run_training(version.pk)
    version.refresh_from_db()
    assert version.status == "failed"
    assert "two intents with at least 5 examples" in version.error


def test_a_training_whose_worker_died_is_begun_again() -> None:
    version = ask_for_training()
    IntentModel.objects.filter(pk=version.pk).update(
        status="running", created_at="2020-01-01T00:00Z", heard_at="2020-01-01T00:00Z"
    )
    assert forgotten_trainings() == [version.pk]
    version.refresh_from_db()
    assert version.status == "waiting"


def test_a_version_without_a_model_cannot_be_activated() -> None:
    version = ask_for_training()
    with pytest.raises(IntentModel.DoesNotExist):
        activate(version.pk)


@needs_weights
def test_a_turn_names_its_intent_and_the_person_who_is_wanted_is_called(world: World) -> None:
    load_starter_intents()
    Steering.objects.update(intent_check_percent=100.0)
    forget_recent_steering()
    world.work(world.asked("how do I return a blender that I do not like"))
    turn = Turn.objects.get()
    assert (turn.intent, turn.scenario) == ("return an item", "return")
    assert turn.trace["intent"]["model_version"] == active_intents().version
    assert turn.trace["profile"]["chosen_by"] == "default"
    assert turn.check_of_intent.guess == "return an item", "drawn for a person to label"


@needs_weights
def test_past_messages_are_suggested_grouped_and_labelled_with_one_click(world: World, staff: Client) -> None:
    for text in ("do you sell gift vouchers", "do you sell gift vouchers?", "can I park my car near the shop"):
        world.work(world.asked(text))
    intent = Intent.objects.create(name="vouchers")
    assert refresh_suggestions() == 2
    first = LabelSuggestion.objects.first()
    assert (first.count, first.text) == (2, "do you sell gift vouchers?")
    page = reverse("admin:chatbot_intent_label_messages")
    assert "gift vouchers" in staff.get(page).content.decode()
    staff.post(page, {"step": "label", "suggestion": first.pk, "intent": intent.pk})
    assert intent.examples.get().source == "labelled"
    staff.post(page, {"step": "dismiss", "suggestion": LabelSuggestion.objects.get(status="open").pk})
    assert refresh_suggestions() == 0, "what is labelled or put aside is not suggested again"


def test_staff_paste_and_import_examples(staff: Client) -> None:
    intent = Intent.objects.create(name="return")
    form = {
        "name": "return",
        "scenario": "return",
        "is_on": "on",
        "paste": "send it back\n\nI want to return it\nsend it back",
        "examples-TOTAL_FORMS": "0",
        "examples-INITIAL_FORMS": "0",
    }
    answer = staff.post(reverse("admin:chatbot_intent_change", args=[intent.pk]), form, follow=True)
    assert "2 examples added." in answer.content.decode()
    page = reverse("admin:chatbot_intent_import_examples")
    file = io.BytesIO(b"text,intent\nwhere is it,order\n,order\n")
    looked = staff.post(page, {"step": "look", "file": file})
    assert "the column text is empty" in looked.content.decode()
    assert not Intent.objects.filter(name="order").exists()
    staff.post(page, {"step": "do", "key": looked.context["key"]})
    assert Intent.objects.get(name="order").examples.count() == 1
    assert staff.post(page, {"step": "look", "pasted": "no table"}).status_code == 422


@pytest.mark.parametrize("name", ["", "\u200b", "oos", "x" * 65])
def test_a_careless_name_is_refused_at_the_field(staff: Client, name: str) -> None:
    form = {"name": name, "scenario": "order", "examples-TOTAL_FORMS": "0", "examples-INITIAL_FORMS": "0"}
    answer = staff.post(reverse("admin:chatbot_intent_add"), form)
    assert answer.status_code == 200
    assert "name" in answer.context["adminform"].form.errors


def test_every_page_of_intents_opens_empty(staff: Client) -> None:
    for page in ("intent_changelist", "intent_add", "intent_train_now", "intent_import_examples"):
        assert staff.get(reverse(f"admin:chatbot_{page}")).status_code == 200
