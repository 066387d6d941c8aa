"""A draft on somebody's screen: real WebSockets to the real application, Redis, a stream of the stand-in model.

`tests/acceptance/test_live_drafts.py` does the same with a whole running system, and kills its worker.
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from django.contrib.auth.models import User
from django.test import Client
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from chatbot.llm.client import HubModel
from chatbot.llm.model import ChatMessage, Sampling
from sessions_app import live_drafts
from sessions_app.models import Conversation
from tests.integration.chatbot.world import World
from tests.integration.knowledge.shelves import publish
from tests.integration.sandbox.running import running_sandbox, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "How do I polish the walrus cabinet?"
WAIT_SECONDS = 25.0
#: Long sentences, so that the stand-in takes a second or two to write its answer.
ARTICLE = " ".join(
    f"To polish the walrus cabinet, {step} and polish the walrus cabinet in slow circles until {sign}; whoever "
    "polishes the walrus cabinet in a hurry has to do it twice, because the grain takes the wax only while it is warm, "
    "and a cold walrus cabinet sheds all that was put on it within a day."
    for step, sign in (
        ("warm a spoon of beeswax", "the doors shine"),
        ("take a linen cloth", "the drawers slide"),
        ("open a window", "the brass glows"),
    )
)


@pytest.fixture(scope="module")
def intercom() -> Iterator[Any]:
    """A workspace whose model writes slowly enough to be watched."""
    with running_sandbox(model_tokens_per_second=150.0) as running:
        yield running


@pytest.fixture
def web() -> Iterator[str]:
    """The application as it is served, on a free port."""
    from config.asgi import application

    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def model(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> HubModel:
    """Asked once before, so that it is known to speak plainly."""
    settings.ANSWER_CACHE = False
    publish("Polish the walrus cabinet", ARTICLE)
    model = HubModel(url=f"{world.sandbox.url}/v1", name="openai/gpt-oss-20b", token="x")
    model.reply([ChatMessage(role="user", content="hi")], Sampling(temperature=0.0, maximum_tokens=50))
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    return model


class Screen:
    """What a watcher shows: the text as `docs/reference/live-drafts.md` says to put it together."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.events: list[dict[str, Any]] = []
        self.text = ""

    def until(self, kind: str) -> dict[str, Any]:
        """The next event of this type; those before it are shown, too."""
        while True:
            event = json.loads(self._socket.recv(timeout=WAIT_SECONDS))
            self.events.append(event)
            if event["type"] == "draft.piece":
                assert event["at"] in (0, len(self.text))
                self.text = self.text[: event["at"]] + event["text"]
            elif event["type"] == "draft.withdrawn":
                self.text = ""
            if event["type"] == kind:
                return event

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


def address(web: str, conversation: Conversation) -> str:
    return f"ws://{web}/ws/drafts/{conversation.pk}/"


@contextlib.contextmanager
def watching(web: str, conversation: Conversation) -> Iterator[Screen]:
    client = Client()
    client.force_login(User.objects.filter(username="root").first() or User.objects.create_superuser("root"))
    cookies = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    with connect(address(web, conversation), additional_headers=cookies, origin=f"http://{web}") as socket:  # type: ignore[arg-type]  # any text

        def is_noted() -> bool:
            live_drafts.forget_watched()
            return live_drafts.is_watched(conversation.pk)

        wait_until(is_noted)
        yield Screen(socket)


def test_a_draft_is_seen_while_it_is_written_and_its_end_is_told(world: World, model: HubModel, web: str) -> None:
    conversation = world.asked(QUESTION)
    with watching(web, conversation) as screen:
        world.work(conversation)
        done = screen.until("draft.done")
    assert screen.types().count("draft.piece") > 2
    assert screen.text.startswith("To polish the walrus cabinet")
    assert (done["conversation"], done["outcome"], done["draft"]) == (conversation.pk, "answered", None)
    assert screen.text[:80] in world.said(conversation)[0]


def test_a_stream_that_is_cut_is_taken_back_and_the_quotation_announced(
    world: World, model: HubModel, web: str
) -> None:
    conversation = world.asked(QUESTION)
    world.sandbox.faults(model={"mode": "cut"})
    with watching(web, conversation) as screen:
        world.work(conversation)
        screen.until("draft.done")
    assert screen.types()[0] == "draft.piece"
    assert screen.types()[-2:] == ["draft.withdrawn", "draft.done"]
    assert screen.events[-2]["because"] == "failed"


def test_strangers_are_refused_at_the_door(world: World, web: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(address(web, world.asked()), origin=f"http://{web}"):  # type: ignore[arg-type]  # any text
        pass
    assert refused.value.response.status_code == 403
