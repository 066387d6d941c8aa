"""A draft is shown to those who watch, already filtered; to nobody, nothing is sent. Real Redis, real Channels."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.contrib.auth.models import Permission, User
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.llm.errors import ModelUnavailable
from chatbot.llm.masked import MaskedModel
from chatbot.llm.model import ChatMessage, Listener, ModelReply, Sampling
from chatbot.models import WordRule
from chatbot.pipeline import live_writing
from chatbot.pipeline.live_writing import LiveWriting
from chatbot.rules.current import forget_current
from chatbot.rules.masking.masker import masker_for
from chatbot.rules.masking.policy import DEFAULT_POLICY
from sessions_app import live_drafts
from sessions_app.models import Conversation, Customer
from tests.integration.chatbot.world import World

ANSWER = "Send the blender back within 30 days of buying it [1]. " * 6


class Streaming:
    """Writes `text` in pieces of `size` characters; fails at the end if told to."""

    name = "streaming"

    def __init__(self, text: str, *, size: int = 40, fails: bool = False, meanwhile: Callable[[], Any] = int) -> None:
        self.text, self.size, self.fails, self.meanwhile = text, size, fails, meanwhile

    def reply(self, messages: Any, sampling: Sampling, listener: Listener | None = None) -> ModelReply:
        for end in range(self.size, len(self.text) + self.size, self.size):
            if listener is not None:
                listener(lambda end=end: self.text[:end])
            self.meanwhile()
        if self.fails:
            raise ModelUnavailable("cut")
        return ModelReply(
            text=self.text, model=self.name, finish_reason="stop", prompt_tokens=1, completion_tokens=1,
            first_token_milliseconds=1.0, milliseconds=1.0,
        )  # fmt: skip


class Watching:
    """What the group of a conversation is sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[dict[str, Any]] = []
        monkeypatch.setattr(live_drafts, "announce", self._note)

    def _note(self, group: str, message: dict[str, Any]) -> None:
        self.sent.append({"group": group, **message})

    def types(self) -> list[str]:
        return [message["type"] for message in self.sent]

    def text(self) -> str:
        shown = ""
        for message in self.sent:
            if message["type"] == "draft.piece":
                shown = shown[: message["at"]] + message["text"]
        return shown


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> Watching:
    monkeypatch.setattr(live_writing, "LIVE_STEP_SECONDS", 0.0)
    return Watching(monkeypatch)


@pytest.fixture(autouse=True)
def _no_rules_left() -> Iterator[None]:
    live_drafts.forget_watched()
    yield
    forget_current()
    live_drafts.forget_watched()


def watch(conversation: Conversation) -> None:
    live_drafts.watch(conversation.pk)
    live_drafts.forget_watched()


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Callable[[Streaming], None]:
    return lambda streaming: monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: streaming)


def test_who_watches_sees_the_draft_while_it_is_written_and_is_told_when_it_is_stored(
    world: World, watching: Watching, model: Any
) -> None:
    model(Streaming(ANSWER))
    conversation = world.asked()
    watch(conversation)
    world.work(conversation)
    assert watching.types().count("draft.piece") > 2
    assert ANSWER.startswith(watching.text())
    assert len(watching.text()) > 100
    assert {message["group"] for message in watching.sent} == {f"drafts.{conversation.pk}"}
    assert watching.sent[-1]["type"] == "draft.done"
    assert (watching.sent[-1]["outcome"], watching.sent[-1]["draft"]) == ("answered", None)
    assert live_drafts.so_far(conversation.pk) is None


def test_the_end_names_the_held_draft(world: World, watching: Watching, model: Any) -> None:
    world.threshold(1.0)
    model(Streaming(ANSWER))
    conversation = world.asked()
    watch(conversation)
    world.work(conversation)
    assert watching.sent[-1]["outcome"] == "held"
    assert watching.sent[-1]["draft"] == conversation.review_items.get().pk


def test_nothing_is_sent_where_nobody_watches(world: World, watching: Watching, model: Any) -> None:
    model(Streaming(ANSWER))
    world.work(world.asked())
    assert watching.sent == []


def test_who_comes_late_gets_what_is_shown_so_far(world: World, watching: Watching, model: Any) -> None:
    kept: list[str] = []
    conversation = world.asked()

    def look() -> None:
        live = live_drafts.so_far(conversation.pk)
        kept.append(live.text if live else "")

    model(Streaming(ANSWER, meanwhile=look))
    watch(conversation)
    world.work(conversation)
    assert kept[-1] == watching.text() != ""


def test_a_stream_that_is_cut_is_taken_back_and_the_stored_quotation_announced(
    world: World, watching: Watching, model: Any
) -> None:
    model(Streaming(ANSWER, fails=True))
    conversation = world.asked()
    watch(conversation)
    world.work(conversation)
    assert watching.types()[-2:] == ["draft.withdrawn", "draft.done"]
    assert watching.sent[-2]["because"] == "failed"


def test_a_turn_that_crashes_takes_its_draft_back(world: World, watching: Watching, model: Any) -> None:
    def crash() -> None:
        if watching.sent:
            raise RuntimeError("killed")

    model(Streaming(ANSWER, meanwhile=crash))
    conversation = world.asked()
    watch(conversation)
    with pytest.raises(RuntimeError):
        world.work(conversation)
    assert watching.types() == ["draft.piece", "draft.withdrawn"]


def test_a_newer_message_takes_the_draft_back(world: World, watching: Watching, model: Any) -> None:
    conversation = world.asked()
    written: list[int] = []

    def write_on() -> None:
        if not written:
            written.append(1)
            world.wrote_on(conversation, "It is the small one.")

    model(Streaming(ANSWER, meanwhile=write_on))
    watch(conversation)
    world.work(conversation)
    assert "superseded" in [message.get("because") for message in watching.sent]


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["refund", "re**fund**", "r e f u n d"])
def test_a_blocked_word_is_never_shown(watching: Watching, word: str) -> None:
    WordRule.objects.create(pattern="refund", action="block", reply="No.", scope="outgoing")
    forget_current()
    text = f"{'All is well, and we answer at length here. ' * 5}You get a {word} today. {'More words follow. ' * 9}"
    live_drafts.watch(7)
    live_drafts.forget_watched()
    for size in (1, 7, 90):
        live = LiveWriting(conversation_id=7, turn_id=1)
        for end in range(size, len(text) + size, size):
            live.heard(lambda end=end: text[:end])
        assert watching.types()[-1] == "draft.withdrawn"
        assert word not in watching.text()
        assert watching.sent[-1]["because"] == "stopped"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 25), min_size=1, max_size=40))
def test_placeholders_are_restored_however_the_stream_is_cut(sizes: list[int]) -> None:
    masker = masker_for(["I am Anna Kowalska, write to anna.k@example.org"], policy=DEFAULT_POLICY)
    whole = "Dear [PERSON_1], see [1]. We write to \\[EMAIL\\_1\\] or [ EMAIL_1 ] today, [person_1]!"
    heard: list[str] = []

    class Model(Streaming):
        def reply(self, messages: Any, sampling: Sampling, listener: Listener | None = None) -> ModelReply:
            assert listener is not None
            end = 0
            for size in (*sizes, len(whole)):
                end = min(len(whole), end + size)
                listener(lambda end=end: whole[:end])
            return super().reply(messages, sampling)

    told = [ChatMessage(role="user", content="hi")]
    reply = MaskedModel(Model(whole), masker).reply(
        told, Sampling(temperature=0.0, maximum_tokens=9), lambda so_far: heard.append(so_far())
    )
    assert heard[-1] == reply.text
    for shorter, longer in itertools.pairwise(heard):
        assert longer.startswith(shorter)


def test_a_made_up_placeholder_ends_what_is_shown() -> None:
    masker = masker_for(["I am Anna Kowalska."], policy=DEFAULT_POLICY)
    assert masker.restore_beginning("Dear [PERSON_1], not [EMAIL_7] but more") == "Dear Anna Kowalska, not "


@pytest.mark.django_db
def test_only_staff_who_may_look_at_drafts_may_watch() -> None:
    permission = Permission.objects.get(codename="view_reviewitem")
    allowed = User.objects.create_user("a", is_staff=True)
    stranger = User.objects.create_user("b")
    for user in (allowed, stranger):
        user.user_permissions.add(permission)
    nobody = User.objects.create_user("c", is_staff=True)
    customer = Customer.objects.create(workspace="w", external_id="watched")
    conversation = Conversation.objects.create(workspace="w", external_id="watched", customer=customer)
    assert live_drafts.may_watch(allowed.pk, conversation.pk)
    assert not live_drafts.may_watch(allowed.pk, conversation.pk + 1)
    assert not any(live_drafts.may_watch(key, conversation.pk) for key in (stranger.pk, nobody.pk, None, 0))
    User.objects.filter(pk=allowed.pk).update(is_active=False)
    assert not live_drafts.may_watch(allowed.pk, conversation.pk)


async def test_a_piece_reaches_the_group_through_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(live_drafts.group_of(5), channel)
    draft = live_drafts.LiveDraft(turn=1, run="r", text="Send it back.")
    await asyncio.to_thread(live_drafts.show_piece, 5, draft, at=5)
    message = await asyncio.wait_for(layer.receive(channel), 10)
    assert (message["type"], message["at"], message["text"]) == ("draft.piece", 5, "it back.")
