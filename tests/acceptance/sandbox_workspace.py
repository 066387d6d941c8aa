"""The sandbox from outside, as people use it: customers in the messenger, teammates in the inbox, and its levers."""

import itertools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.acceptance.waiting import eventually

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that was said."""

    id: str
    author: str  #: customer, bot, teammate or note
    body: str  #: plain text, links in brackets
    sent_at: int  #: Unix seconds


class Workspace:
    """One running sandbox."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx2.Client(base_url=url, timeout=30.0)

    def close_connections(self) -> None:
        self._http.close()

    # The customer ---------------------------------------------------------------------------------------------------

    def ask(self, body: str, *, webhook: bool = True, email: str = "") -> str:
        """A new customer, or the one with this `email`, opens a conversation; returns its id.

        Without `webhook`, no notification tells of it.
        """
        number = next(_numbers)
        return str(
            self._send(
                "POST",
                "/messenger/conversations",
                {
                    "email": email or f"{uuid.uuid4().hex}@example.com",
                    "name": f"Customer {number}",
                    "body": body,
                    "webhook": webhook,
                },
            )["id"]
        )

    def write(self, conversation: str, body: str, *, webhook: bool = True) -> None:
        """The customer writes on."""
        self._send("POST", f"/messenger/conversations/{conversation}/replies", {"body": body, "webhook": webhook})

    # The teammate ---------------------------------------------------------------------------------------------------

    def teammate_writes(self, conversation: str, body: str, *, webhook: bool = True) -> None:
        self._send("POST", f"/teammate/conversations/{conversation}/replies", {"body": body, "webhook": webhook})

    def teammate_notes(self, conversation: str, body: str) -> None:
        self._send("POST", f"/teammate/conversations/{conversation}/notes", {"body": body})

    def teammate_closes(self, conversation: str, *, webhook: bool = True) -> None:
        self._send("POST", f"/teammate/conversations/{conversation}/close", {"webhook": webhook})

    def fin_answers(self, conversation: str, body: str) -> None:
        """Intercom's own agent answers."""
        self._send("POST", f"/teammate/conversations/{conversation}/fin", {"body": body})

    # What can be seen -----------------------------------------------------------------------------------------------

    def thread(self, conversation: str) -> list[Part]:
        """Everything said, oldest first."""
        answer = self._http.get(f"/messenger/conversations/{conversation}")
        answer.raise_for_status()
        return [
            Part(id=part["id"], author=part["author"], body=part["body"], sent_at=part["created_at"])
            for part in answer.json()["parts"]
        ]

    def said_by(self, author: str, conversation: str) -> list[Part]:
        return [part for part in self.thread(conversation) if part.author == author]

    def bot_says(self, conversation: str, *, count: int = 1, seconds: float = 30.0) -> list[Part]:
        """What the bot said to the customer, once it is `count` parts."""
        return eventually(
            lambda: found if len(found := self.said_by("bot", conversation)) >= count else [],
            f"{count} answers in conversation {conversation}",
            seconds=seconds,
        )

    def assigned_teams(self, conversation: str) -> list[str]:
        """Ids of the teams to which the platform asked to give the conversation, in order."""
        return [
            call["body"]["assignee_id"]
            for call in self.calls(conversation)
            if call["method"] == "POST" and call["path"].endswith("/parts") and call["status"] == 200
        ]

    def calls(self, conversation: str) -> list[dict[str, Any]]:
        """REST calls of the platform about one conversation, oldest first."""
        answer = self._http.get("/calls", params={"conversation": conversation})
        answer.raise_for_status()
        return list(answer.json()["calls"])

    def webhooks_under_way(self) -> int:
        answer = self._http.get("/webhooks/deliveries", params={"limit": 0})
        answer.raise_for_status()
        return int(answer.json()["pending"])

    # The levers -----------------------------------------------------------------------------------------------------

    def set_faults(self, **sections: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Replace all faults: `rest`, `webhooks`, `model`."""
        self._send("PUT", "/faults", dict(sections))

    def clear_faults(self) -> None:
        self._send("PUT", "/faults", {})

    def strikes(self, section: str) -> int:
        """How often the faults of one section have hit so far."""
        answer = self._http.get("/faults")
        answer.raise_for_status()
        return sum(fault["struck"] for fault in answer.json()[section])

    def send_ping(self) -> None:
        self._send("POST", "/webhooks/ping", {})

    def _send(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._http.request(method, path, json=dict(body))
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}
