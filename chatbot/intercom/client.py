"""Intercom's REST API: the few calls we make, with their time limits and retry rules.

Reads are repeated, writes never: Intercom has no idempotency key, so a write whose outcome is unknown must be looked up
first, and only `chatbot.delivery` knows how.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx2
from django.conf import settings

from chatbot.conf import (
    INTERCOM_ARTICLE_PAGES,
    INTERCOM_ARTICLES_A_PAGE,
    INTERCOM_CONNECT_SECONDS,
    INTERCOM_CONNECTIONS,
    INTERCOM_LOOK_SECONDS,
    INTERCOM_PAGE,
    INTERCOM_PAGES,
    INTERCOM_READ_ATTEMPTS,
    INTERCOM_READ_SECONDS,
)
from chatbot.intercom.errors import NotFound, NotSent, OutcomeUnknown, PageLimit, RateLimited, Refused

logger = logging.getLogger(__name__)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose token this is."""

    app_id: str
    workspace_name: str
    region: str
    admin_id: str


class IntercomClient:
    """One workspace. Thread-safe; connections are kept and shared by all threads of the process."""

    def __init__(self, *, url: str, token: str, version: str) -> None:
        self._http = httpx2.Client(
            base_url=url,
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/json",
                "Intercom-Version": version,
            },
            limits=httpx2.Limits(max_connections=INTERCOM_CONNECTIONS, max_keepalive_connections=INTERCOM_CONNECTIONS),
        )
        self._lock = threading.Lock()
        self._blocked_until = 0.0

    # Reading ----------------------------------------------------------------------------------------------------

    def identity(self) -> Identity:
        me = self._read("GET", "/me")
        app = me.get("app") or {}
        return Identity(
            app_id=str(app.get("id_code") or ""),
            workspace_name=str(app.get("name") or ""),
            region=str(app.get("region") or ""),
            admin_id=str(me.get("id") or ""),
        )

    def teams(self) -> list[tuple[str, str]]:
        """Every team as (id, name)."""
        found = self._read("GET", "/teams").get("teams") or []
        return [(str(team.get("id")), str(team.get("name") or "")) for team in found]

    def conversation(self, conversation_id: str) -> Json:
        """The conversation with its newest parts (500 at most), bodies as HTML."""
        return self._read("GET", f"/conversations/{_segment(conversation_id)}")

    def conversations_updated_since(self, moment: datetime) -> Iterator[list[Json]]:
        """Pages of conversations changed after `moment`, without parts, those changed first at first.

        Raises `PageLimit` after INTERCOM_PAGES pages, if there are more.
        """
        after: str | None = None
        for _page in range(INTERCOM_PAGES):
            pagination: Json = {"per_page": INTERCOM_PAGE}
            if after:
                pagination["starting_after"] = after
            answer = self._read(
                "POST",
                "/conversations/search",
                {
                    "query": {"field": "updated_at", "operator": ">", "value": str(int(moment.timestamp()))},
                    "pagination": pagination,
                    "sort": {"field": "updated_at", "order": "ascending"},
                },
            )
            yield [item for item in answer.get("conversations") or [] if isinstance(item, dict)]
            after = ((answer.get("pages") or {}).get("next") or {}).get("starting_after")
            if not after:
                return
        logger.warning("search stopped at its page limit", extra={"action": "reconcile_truncated"})
        raise PageLimit(f"more than {INTERCOM_PAGES} pages")

    def articles(self) -> Iterator[tuple[Json, int]]:
        """Every article of the help centre with the count of all, newest change first, page by page.

        A page that an article has left meanwhile, or come to, may repeat or miss one. Raises `PageLimit`.
        """
        for page in range(1, INTERCOM_ARTICLE_PAGES + 1):
            answer = self._read("GET", f"/articles?page={page}&per_page={INTERCOM_ARTICLES_A_PAGE}")
            total = answer.get("total_count")
            for item in answer.get("data") or []:
                if isinstance(item, dict):
                    yield item, total if isinstance(total, int) else 0
            pages = answer.get("pages")
            if not isinstance(pages, dict) or page >= int(pages.get("total_pages") or 0):
                return
        raise PageLimit(f"more than {INTERCOM_ARTICLE_PAGES} pages of articles")

    def article(self, article_id: str) -> Json:
        return self._read("GET", f"/articles/{_segment(article_id)}")

    # Writing ----------------------------------------------------------------------------------------------------

    def reply(self, conversation_id: str, *, admin_id: str, body: str) -> Json:
        """Post `body` (HTML) as the teammate `admin_id`; returns the whole conversation."""
        return self._write(
            f"/conversations/{_segment(conversation_id)}/reply",
            {"message_type": "comment", "type": "admin", "admin_id": admin_id, "body": body},
        )

    def note(self, conversation_id: str, *, admin_id: str, body: str) -> Json:
        return self._write(
            f"/conversations/{_segment(conversation_id)}/reply",
            {"message_type": "note", "type": "admin", "admin_id": admin_id, "body": body},
        )

    def assign_to_team(self, conversation_id: str, *, admin_id: str, team_id: str) -> Json:
        return self._write(
            f"/conversations/{_segment(conversation_id)}/parts",
            {"message_type": "assignment", "type": "team", "admin_id": admin_id, "assignee_id": team_id},
        )

    def unassign(self, conversation_id: str, *, admin_id: str) -> Json:
        """Nobody has it any more; the team stays."""
        return self._write(
            f"/conversations/{_segment(conversation_id)}/parts",
            {"message_type": "assignment", "type": "admin", "admin_id": admin_id, "assignee_id": "0"},
        )

    def close(self, conversation_id: str, *, admin_id: str) -> Json:
        return self._write(
            f"/conversations/{_segment(conversation_id)}/parts",
            {"message_type": "close", "type": "admin", "admin_id": admin_id},
        )

    def tag(self, conversation_id: str, *, admin_id: str, name: str) -> Json:
        """Put the tag `name` on the conversation, made first where it is new; doing it twice changes nothing."""
        tag = self._write("/tags", {"name": name})
        return self._write(
            f"/conversations/{_segment(conversation_id)}/tags", {"id": str(tag.get("id") or ""), "admin_id": admin_id}
        )

    # The wire ---------------------------------------------------------------------------------------------------

    def _read(self, method: str, path: str, body: Json | None = None) -> Json:
        """A call that changes nothing, tried up to INTERCOM_READ_ATTEMPTS times."""
        for attempt in range(1, INTERCOM_READ_ATTEMPTS + 1):
            try:
                return self._call(method, path, body, read_seconds=INTERCOM_LOOK_SECONDS)
            except RateLimited:
                raise
            except (NotSent, OutcomeUnknown):
                if attempt == INTERCOM_READ_ATTEMPTS:
                    raise
                time.sleep(0.1 * 2**attempt)
        raise AssertionError("unreachable")

    def _write(self, path: str, body: Json) -> Json:
        return self._call("POST", path, body, read_seconds=INTERCOM_READ_SECONDS)

    def _call(self, method: str, path: str, body: Json | None, *, read_seconds: float) -> Json:
        self._wait_for_limit()
        try:
            timeout = httpx2.Timeout(read_seconds, connect=INTERCOM_CONNECT_SECONDS)
            response = self._http.request(method, path, json=body, timeout=timeout)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise NotSent("Intercom cannot be reached") from error
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            raise NotSent("Intercom's API address is no http address; check it, or INTERCOM_URL") from error
        except httpx2.HTTPError as error:
            raise OutcomeUnknown(f"no answer from Intercom: {type(error).__name__}") from error
        self._learn_limit(response.headers)
        return _parsed(response)

    def _wait_for_limit(self) -> None:
        with self._lock:
            blocked_until = self._blocked_until
        if blocked_until > time.time():
            raise RateLimited(datetime.fromtimestamp(blocked_until, UTC))

    def _learn_limit(self, headers: Mapping[str, str]) -> None:
        """Nothing left in this window: no call before the next one opens."""
        with contextlib.suppress(ValueError, KeyError):
            if int(headers["X-RateLimit-Remaining"]) <= 0:
                # A clock that is wrong, there or here, must not stop us for long: windows last ten seconds.
                reset = min(float(headers["X-RateLimit-Reset"]), time.time() + 60.0)
                with self._lock:
                    self._blocked_until = max(self._blocked_until, reset)


def _parsed(response: httpx2.Response) -> Json:
    status = response.status_code
    if status == 429:
        raise RateLimited(_reset_time(response.headers))
    if status >= 500:
        raise OutcomeUnknown(f"Intercom answered {status}")
    if status == 404:
        raise NotFound(status, _error_code(response))
    if status >= 400:
        raise Refused(status, _error_code(response))
    try:
        answer = response.json()
    except ValueError as error:
        raise OutcomeUnknown(f"Intercom answered {status} without JSON") from error
    if not isinstance(answer, dict):
        raise OutcomeUnknown(f"Intercom answered {status} with {type(answer).__name__}")
    return answer


def _segment(identifier: str) -> str:
    """An id as one step of a path, whatever stands in it."""
    return quote(identifier, safe="").replace(".", "%2E")


def _reset_time(headers: Mapping[str, str]) -> datetime:
    """When the window of a 429 ends: as told, else ten seconds from now; never further than a minute away."""
    now = datetime.now(UTC)
    try:
        reset = datetime.fromtimestamp(float(headers["X-RateLimit-Reset"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        reset = now + timedelta(seconds=10)
    return min(max(reset, now + timedelta(seconds=0.5)), now + timedelta(seconds=60))


def _error_code(response: httpx2.Response) -> str:
    """Intercom's own word for the error; gateways may answer HTML instead."""
    try:
        return str(response.json()["errors"][0]["code"])[:64]
    except (ValueError, KeyError, IndexError, TypeError):
        return ""


@lru_cache(maxsize=64)
def client_for(*, url: str, token: str) -> IntercomClient:
    """This process' client of one workspace."""
    return IntercomClient(url=url, token=token, version=settings.INTERCOM_VERSION)
