"""The page of model pools, as operators use it; and a turn whose first pool is gone."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from chatbot import model_pools
from chatbot.admin.turn import story_of
from chatbot.llm.errors import NoPoolLeft
from chatbot.models import ModelPool, ModelPoolEvent, Turn
from tests.integration.chatbot.world import World
from tests.integration.sandbox.running import Running

pytestmark = pytest.mark.django_db
LIST = "admin:chatbot_modelpool_changelist"
SECRET = "very-secret-token"
GIVEN = {
    "name": "Frankfurt", "region": "eu", "order": "1", "is_on": "on", "model": "openai/gpt-oss-20b", "token": SECRET,
    "key_id": "", "certificate": "", "authority": "", "maximum_tokens": "0", "parallel_calls": "0",
    "first_token_seconds": "5", "idle_seconds": "5", "total_seconds": "20",
}  # fmt: skip


@pytest.fixture
def staff(settings: Any) -> Client:
    settings.MODEL_URL = ""
    model_pools.health.cache_clear()
    model_pools.forget_recent()
    client = Client()
    client.force_login(User.objects.create_superuser("mia"))
    return client


def saved(staff: Client, row: ModelPool | None = None, **changes: Any) -> str:
    """The page that follows, whether it was saved or not."""
    address = (
        reverse("admin:chatbot_modelpool_change", args=[row.pk]) if row else reverse("admin:chatbot_modelpool_add")
    )
    given = {name: value for name, value in (GIVEN | changes).items() if value is not None}
    return staff.post(address, given, follow=True).content.decode()


def pool(url: str = "http://127.0.0.1:9", name: str = "Frankfurt", **more: Any) -> ModelPool:
    return ModelPool.objects.create(name=name, url=url, model="openai/gpt-oss-20b", **more)


def test_the_token_is_kept_and_never_shown_again(staff: Client) -> None:
    saved(staff, url="http://gpu-1:8000")
    row = ModelPool.objects.get()
    assert row.token == SECRET
    page = staff.get(reverse("admin:chatbot_modelpool_change", args=[row.pk])).content.decode()
    assert SECRET not in page + staff.get(reverse(LIST)).content.decode()
    saved(staff, row, url="http://gpu-1:8000", token="", region="us")
    row.refresh_from_db()
    assert (row.token, row.region) == (SECRET, "us")


def test_a_token_does_not_follow_to_another_address(staff: Client) -> None:
    row = pool(token=SECRET)
    assert "Give the token again" in saved(staff, row, url="http://somebody-else:8000", token="")
    row.refresh_from_db()
    assert row.url == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"url": "gpu-1:8000"}, "The address must look like"),
        ({"url": "http://me:secret@gpu-1"}, "Put the token into its own field"),
        ({"url": ""}, "This is needed."),
        ({"url": "http://gpu-1", "model": ""}, "This is needed."),
        ({"url": "http://gpu-1", "signs_calls": "on"}, "Either a token or signed calls"),
        ({"url": "http://gpu-1", "signs_calls": "on", "token": ""}, "MODEL_JWT_KEY is not set"),
        ({"url": "http://gpu-1", "certificate": __file__}, "Certificates need an https address."),
        ({"url": "https://gpu-1", "certificate": "/nowhere/c.pem"}, "cannot be read on this machine"),
        ({"url": "http://gpu-1", "first_token_seconds": "30"}, "Not more than the seconds for the whole answer."),
        ({"url": "http://gpu-1", "name": "MODEL_URL"}, "This is the name of the pool that comes from the settings"),
        ({"url": "http://gpu-1", "key_id": "../../etc/passwd"}, "Letters, digits, dots and dashes."),
    ],
    ids=str,
)
def test_what_cannot_work_is_said_beside_its_field(staff: Client, changes: dict[str, str], told: str) -> None:
    assert told in saved(staff, **changes)
    assert not ModelPool.objects.exists()


def test_a_try_shows_the_first_token_and_the_name_that_the_server_gives(staff: Client, intercom: Running) -> None:
    row = pool(url=intercom.url)
    address = reverse("admin:chatbot_modelpool_test_now", args=[row.pk])
    assert "Test now" in staff.get(address).content.decode()
    page = staff.post(address).content.decode()
    assert "It answered" in page
    assert "openai/gpt-oss-20b" in page
    intercom.faults(model={"mode": "other_model"})
    try:
        assert "That is another name" in staff.post(address).content.decode()
    finally:
        intercom.faults()


@pytest.mark.parametrize(
    ("fault", "error", "cure"),
    [
        ({"status": 401}, "answered 401", "Correct the address"),
        ({"status": 422}, "answered 422", "chat template"),
        ({"status": 503}, "answered 503", "has room for more calls"),
    ],
)
def test_a_try_that_fails_says_what_to_do(
    staff: Client, intercom: Running, fault: dict[str, Any], error: str, cure: str
) -> None:
    intercom.faults(model=fault)
    try:
        page = staff.post(
            reverse("admin:chatbot_modelpool_test_now", args=[pool(url=intercom.url).pk])
        ).content.decode()
    finally:
        intercom.faults()
    assert error in page
    assert cure in page
    assert not ModelPoolEvent.objects.exists(), "a try counts for nothing"


def test_draining_and_letting_in_again_keep_who_did_it(staff: Client) -> None:
    row = pool()
    page = staff.post(reverse(LIST), {"action": "drain", "_selected_action": [row.pk]}, follow=True).content.decode()
    assert "No pool takes calls now" in page
    saved(staff, row, url="http://127.0.0.1:9")  # with the box ticked
    assert [(event.why, event.by) for event in ModelPoolEvent.objects.order_by("pk")] == [
        ("drained", "mia"),
        ("enabled", "mia"),
    ]
    page = staff.get(reverse("admin:chatbot_modelpool_change", args=[row.pk])).content.decode()
    assert "mia drained it." in page


def test_the_pool_of_the_settings_shows_no_secret_and_cannot_be_deleted(staff: Client, settings: Any) -> None:
    settings.MODEL_URL, settings.MODEL_TOKEN = "http://user:pass-in-address@gpu-1:8000", SECRET
    page = staff.get(reverse(LIST)).content.decode()
    row = ModelPool.objects.get(is_from_settings=True)
    assert "http://gpu-1:8000" in page
    page += staff.get(reverse("admin:chatbot_modelpool_change", args=[row.pk])).content.decode()
    assert "pass-in-address" not in page
    assert SECRET not in page
    assert staff.post(reverse("admin:chatbot_modelpool_delete", args=[row.pk])).status_code == 403


def test_what_happened_is_told_in_words(staff: Client) -> None:
    row = pool()
    ModelPoolEvent.objects.create(
        pool=row, kind="state", before="healthy", after="open", why="errors", calls=20, errors=3, last_error="no answer"
    )
    ModelPoolEvent.objects.create(pool=row, kind="slow", why="slow", in_a_row=5)
    page = staff.get(reverse("admin:chatbot_modelpoolevent_changelist")).content.decode()
    assert "healthy → left alone. 3 of 20 calls failed (15.0 %). The last error: no answer." in page
    assert "Slow: 5 answers in a row took too long." in page
    assert "alerts of slow models in 24 hours" in staff.get(reverse("admin:index")).content.decode()


def test_a_turn_whose_first_pool_is_gone_is_answered_by_the_next_and_its_story_says_so(
    world: World, settings: Any
) -> None:
    settings.MODEL_URL = ""
    pool(name="Gone", url="http://127.0.0.1:1", order=1)
    pool(name="Here", url=world.sandbox.url, order=2)
    model_pools.health.cache_clear()
    model_pools.forget_recent()
    conversation = world.asked()
    world.work(conversation)
    turn = Turn.objects.get(conversation=conversation)
    assert [(one["name"], one["outcome"]) for one in turn.trace["pools"]] == [("Gone", "failed"), ("Here", "answered")]
    assert turn.trace["model"]["pool"] == "Here"
    assert [pool["words"] for pool in story_of(turn)["pools"]] == ["failed", "answered"]
    assert "model_failed" not in turn.reasons


def test_a_degraded_pool_gets_a_shorter_prompt_and_its_answer_a_higher_threshold(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    from dataclasses import replace

    from tests.integration.chatbot.test_obedient_model import Saying

    class Strained(Saying):
        is_degraded = True

        def reply(self, messages: Any, sampling: Any, *more: Any) -> Any:
            return replace(super().reply(messages, sampling, *more), is_degraded=True)

    model = Strained("Send it back within 30 days [1].")
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    conversation = world.asked()
    world.work(conversation)
    turn = Turn.objects.get(conversation=conversation)
    assert "model_degraded" in turn.reasons
    assert turn.threshold == pytest.approx(settings.MODEL_DEGRADED_THRESHOLD), "the world's own is 0"
    assert model.asked[-1][-1].content.count("<passage ") <= 2


def test_where_no_pool_answers_the_turn_quotes_and_says_what_each_did(world: World, settings: Any) -> None:
    settings.MODEL_URL = ""
    for number, name in enumerate(("Gone", "Also gone")):
        pool(name=name, url="http://127.0.0.1:1", order=number)
    model_pools.health.cache_clear()
    model_pools.forget_recent()
    conversation = world.asked()
    world.work(conversation)
    turn = Turn.objects.get(conversation=conversation)
    assert (turn.trace["answerer"], "model_failed" in turn.reasons) == ("extractive", True)
    assert [one["outcome"] for one in turn.trace["pools"]] == ["failed", "failed"]
    assert NoPoolLeft.__name__ and "Also gone" in turn.trace["model_failure"]
