"""The sandbox workspace as a load sees it: customers write there, and there it is checked what they were told."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from analytics.load.questions import Question

CONNECTIONS = 32
CALL_SECONDS = 10.0
#: An attempt is recorded when it ends, at most five seconds (the time a webhook has) after it began.
ATTEMPT_SECONDS = 6.0
#: Records one look asks for at most.
LOOK_RECORDS = 20_000
_FAILURES = (aiohttp.ClientError, TimeoutError)


class SandboxUnavailable(Exception):
    """The sandbox does not answer, or is not one; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One customer's message that the sandbox took."""

    conversation_id: str
    question: Question
    at: float  #: Unix seconds, just before the customer's message left


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One webhook attempt of a conversation of ours."""

    number: int
    conversation_id: str
    opens: bool  #: tells of the customer's own message
    acknowledged: bool
    milliseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one customer saw in the end."""

    answers: tuple[str, ...]  #: the bot's public parts, plain text, in order


class SandboxWorkspace:
    """One sandbox, over HTTP. Use it as an asynchronous context manager."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    async def __aenter__(self) -> "SandboxWorkspace":
        self._client = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS), connector=aiohttp.TCPConnector(limit=CONNECTIONS)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def require_subscription(self) -> None:
        """Raises `SandboxUnavailable` unless webhooks can reach a platform that answers."""
        subscription = await self._get("/webhooks/subscription")
        target = str(subscription.get("url") or "")
        if not target or not subscription.get("enabled"):
            raise SandboxUnavailable(
                f"The sandbox at {self.url} sends no webhooks (a 410 ended them, or it has no address); "
                f'PUT {{"enabled": true}} to {self.url}/webhooks/subscription, or restart it'
            )
        try:
            async with self._client.head(target) as answer:
                status = answer.status
        except _FAILURES as error:
            raise SandboxUnavailable(
                f"Nothing answers at {target}, where the sandbox sends webhooks; start the system with `make run`"
            ) from error
        if status != 200:
            raise SandboxUnavailable(
                f"{target} answered {status} to HEAD; the sandbox sends webhooks to something else"
            )

    async def write(self, question: Question, *, email: str) -> Sent | None:
        """A new customer's first message; None if the sandbox did not take it."""
        body = {"email": email, "body": question.text}
        if question.tier:
            body["tier"] = question.tier
        at = time.time()
        try:
            async with self._client.post(f"{self.url}/messenger/conversations", json=body) as answer:
                if answer.status != 201:
                    return None
                started = await answer.json()
        except _FAILURES:
            return None
        return Sent(conversation_id=str(started["id"]), question=question, at=at)

    async def attempts_since(self, moment: float) -> list[Attempt]:
        """Webhook attempts that began at `moment` (Unix seconds) or later."""
        found = await self._get("/webhooks/deliveries", since=moment, limit=LOOK_RECORDS)
        return [
            Attempt(
                number=row["number"],
                conversation_id=str(row["conversation"]),
                opens=row["topic"] == "conversation.user.created",
                acknowledged=row["status"] is not None and 200 <= row["status"] < 300,
                milliseconds=row["milliseconds"],
            )
            for row in found["deliveries"]
        ]

    async def seen(self, conversation_ids: Sequence[str], *, on_each: Callable[[], Any]) -> dict[str, Seen]:
        """What the customers of these conversations see now; a conversation that is gone is left out."""
        found: dict[str, Seen] = {}
        waiting = list(reversed(conversation_ids))

        async def look() -> None:
            while waiting:
                conversation_id = waiting.pop()
                async with self._client.get(f"{self.url}/messenger/conversations/{conversation_id}") as answer:
                    if answer.status == 200:
                        parts = (await answer.json())["parts"]
                        found[conversation_id] = Seen(
                            answers=tuple(part["body"] for part in parts if part["author"] == "bot")
                        )
                on_each()

        try:
            await asyncio.gather(*(look() for _ in range(4)))
        except _FAILURES as error:
            raise SandboxUnavailable(f"The sandbox at {self.url} stopped answering ({type(error).__name__})") from error
        return found

    async def _get(self, path: str, **query: float) -> dict[str, Any]:
        try:
            async with self._client.get(f"{self.url}{path}", params=query, raise_for_status=True) as answer:
                value = await answer.json()
        except (*_FAILURES, ValueError) as error:
            raise SandboxUnavailable(
                f"No sandbox answers at {self.url} ({type(error).__name__}); start the system with `make run`, "
                "or set SANDBOX_PORT or --sandbox-url to where it runs"
            ) from error
        if not isinstance(value, dict):
            raise SandboxUnavailable(f"{self.url} is not a sandbox")
        return value
