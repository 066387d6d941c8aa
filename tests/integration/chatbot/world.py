"""A workspace that really answers, an article, and the steps of the path called by hand."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from chatbot import workspaces
from chatbot.conversation_work import WorkDone, work_on
from chatbot.intake import record_conversation
from chatbot.intercom.client import client_for
from chatbot.llm.model import ChatMessage, ModelReply, Sampling
from chatbot.models import Delivery, StandardMessage, Steering, Turn, Workspace
from chatbot.steering import forget_recent
from chatbot.workspaces import client_of
from knowledge.caches.answers import forget_all as forget_answers
from sessions_app.models import Conversation
from tests.integration.knowledge.shelves import publish
from tests.integration.sandbox.running import Running

QUESTION = "How do I return a blender?"
_NUMBERS = count(1)


@dataclass
class World:
    sandbox: Running
    workspace: Workspace

    def threshold(self, value: float) -> None:
        """0.0 sends every draft, 1.0 holds every draft."""
        Steering.objects.update_or_create(pk=1, defaults={"threshold": value, "is_answering": True})
        forget_recent()

    def asked(self, text: str = QUESTION) -> Conversation:
        """A customer wrote, and the message was taken in."""
        return self.look(self.sandbox.ask(text, email=f"customer{next(_NUMBERS)}@example.com"))

    def wrote_on(self, conversation: Conversation, text: str) -> Conversation:
        self.act("messenger", conversation, "replies", body=text)
        return self.look(conversation.external_id)

    def act(self, side: str, conversation: Conversation, what: str, **body: Any) -> None:
        path = f"/{side}/conversations/{conversation.external_id}/{what}"
        answer = self.sandbox.http.post(path, json=body)
        assert answer.status_code == 201, answer.text

    def look(self, external_id: str) -> Conversation:
        self.workspace.refresh_from_db()
        recorded = record_conversation(self.workspace, client_of(self.workspace).conversation(external_id))
        return Conversation.objects.get(pk=recorded.conversation_id)

    def work(self, conversation: Conversation) -> WorkDone:
        done = work_on(conversation.pk)
        conversation.refresh_from_db()
        return done

    def said(self, conversation: Conversation, author: str = "bot") -> list[str]:
        parts = self.sandbox.view(conversation.external_id)["parts"]
        return [part["body"] for part in parts if part["author"] == author]

    def posted(self, conversation: Conversation, message_type: str = "comment") -> int:
        """How often the platform asked Intercom to say something, whatever came of it."""
        calls = self.sandbox.calls(conversation=conversation.external_id)
        return sum(1 for call in calls if (call["body"] or {}).get("message_type") == message_type)

    def team_of(self, conversation: Conversation) -> str:
        return str(client_of(self.workspace).conversation(conversation.external_id)["team_assignee_id"])

    def make_due(self, conversation: Conversation) -> None:
        """As if the pause until the next try were over."""
        Delivery.objects.filter(conversation=conversation).update(next_attempt_at=timezone.now())

    def make_old(self, conversation: Conversation, hours: float) -> None:
        earlier = timezone.now() - timedelta(hours=hours)
        Delivery.objects.filter(conversation=conversation).update(created_at=earlier, next_attempt_at=timezone.now())


def outcomes(conversation: Conversation) -> list[str]:
    return list(Turn.objects.filter(conversation=conversation).order_by("pk").values_list("outcome", flat=True))


def outbox(conversation: Conversation) -> list[tuple[str, str]]:
    rows = Delivery.objects.filter(conversation=conversation).order_by("pk")
    return list(rows.values_list("kind", "status"))


@dataclass
class Interrupted:
    """A model during whose thinking something happens; answers with a quotation of the first passage."""

    meanwhile: list[Callable[[], object]]
    name: str = "interrupted"
    asked: list[Sequence[ChatMessage]] = field(default_factory=list)

    def reply(self, messages: Sequence[ChatMessage], sampling: Sampling, listener: object = None) -> ModelReply:
        self.asked.append(messages)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return ModelReply(
            text="Send the blender back within 30 days [1].",
            model=self.name,
            finish_reason="stop",
            prompt_tokens=1,
            completion_tokens=1,
            first_token_milliseconds=1.0,
            milliseconds=1.0,
        )


@contextmanager
def made_world(intercom: Running, settings: Any) -> Iterator[World]:
    """A connected workspace, one article and the standard messages; faults and caches gone before and after."""
    _forget_all(intercom)
    intercom.http.delete("/calls")
    settings.INTERCOM_URL, settings.INTERCOM_TOKEN = intercom.url, "sandbox-token"
    settings.REPLY_PAUSE_SECONDS = 0.0
    for kind, text in (("holding", "A colleague looks at it."), ("greeting", "Hello!"), ("handoff", "A person comes.")):
        StandardMessage.objects.update_or_create(kind=kind, language="en", defaults={"text": text, "is_on": True})
    publish("Returning a blender", "# Returning a blender\n\nSend the blender back within 30 days of buying it.")
    workspace, _ = workspaces.connect(url=intercom.url, token="sandbox-token")
    world = World(sandbox=intercom, workspace=workspace)
    world.threshold(0.0)
    try:
        yield world
    finally:
        _forget_all(intercom)


def _forget_all(intercom: Running) -> None:
    intercom.faults()
    workspaces._recent.clear()
    forget_recent()
    forget_answers(and_counts=True)
    client_for.cache_clear()
