"""One load from the first message to the last look: send on the clock, wait for outcomes, check what customers saw."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

from asgiref.sync import sync_to_async

from analytics.load.outcomes import Decided, decided
from analytics.load.questions import Question
from analytics.load.report import Story, story
from analytics.load.sandbox import ATTEMPT_SECONDS, Attempt, SandboxWorkspace, Sent

#: The sandbox remembers 20,000 conversations; a load that is checked to the end must fit.
MESSAGES_MAX = 18_000
#: Seconds between two looks at rows and records: often enough to end soon, seldom enough not to be a load of its own.
LOOK_SECONDS = 1.0


class Progress(Protocol):
    """Shows how far one stage is; `tqdm` is one."""

    def update(self, n: float = 1) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    questions: Sequence[Question]  #: one message each, in this order
    rate: float  #: messages a second, whatever the system makes of them
    wait_seconds: float  #: after the last message, before what is unfinished counts as lost
    sandbox_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    stories: list[Story]
    attempts: dict[int, Attempt]  #: webhook attempts by the sandbox's number
    refused: int  #: messages that the sandbox did not take


def run_load(plan: LoadPlan, *, show: Callable[[str, int], Progress]) -> LoadResult:
    """Send, wait, check; at most (messages / rate + wait_seconds) and the time of the last checks. `show` begins a bar.

    Raises `SandboxUnavailable`.
    """
    return asyncio.run(_run(plan, show))


async def _run(plan: LoadPlan, show: Callable[[str, int], Progress]) -> LoadResult:
    async with SandboxWorkspace(plan.sandbox_url) as sandbox:
        await sandbox.require_subscription()
        started = time.time()
        watch = _AttemptWatch(sandbox, started)
        sent = await _send(plan, sandbox, watch, show("sending", len(plan.questions)))
        outcomes = await _wait(plan, sent, watch, show("answering", len(sent)))
        await watch.look()
        bar = show("checking", len(sent))
        seen = await sandbox.seen([one.conversation_id for one in sent], on_each=bar.update)
    stories = [story(one, outcomes.get(one.conversation_id), seen.get(one.conversation_id)) for one in sent]
    return LoadResult(stories=stories, attempts=watch.attempts, refused=len(plan.questions) - len(sent))


class _AttemptWatch:
    """Collects the sandbox's webhook records before it forgets them, a few seconds at a time."""

    def __init__(self, sandbox: SandboxWorkspace, since: float) -> None:
        self._sandbox = sandbox
        self._since = since - 1.0
        self.attempts: dict[int, Attempt] = {}

    async def look(self) -> None:
        now = time.time()
        for attempt in await self._sandbox.attempts_since(self._since):
            self.attempts[attempt.number] = attempt
        self._since = max(self._since, now - ATTEMPT_SECONDS)

    async def keep_looking(self) -> None:
        while True:
            await asyncio.sleep(ATTEMPT_SECONDS)
            await self.look()


async def _send(plan: LoadPlan, sandbox: SandboxWorkspace, watch: _AttemptWatch, bar: Progress) -> list[Sent]:
    """An open loop: messages leave by the clock, however slowly earlier ones are answered."""
    load_id = uuid4().hex[:12]
    sent: list[Sent] = []
    under_way: set[asyncio.Task[None]] = set()

    async def write(number: int, question: Question) -> None:
        taken = await sandbox.write(question, email=f"load-{load_id}-{number}@customers.example")
        if taken is not None:
            sent.append(taken)
        bar.update()

    watching = asyncio.create_task(watch.keep_looking())
    started = time.perf_counter()
    try:
        for number, question in enumerate(plan.questions):
            early = started + number / plan.rate - time.perf_counter()
            if early > 0:
                await asyncio.sleep(early)
            task = asyncio.create_task(write(number, question))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return sorted(sent, key=lambda one: one.at)


async def _wait(plan: LoadPlan, sent: Sequence[Sent], watch: _AttemptWatch, bar: Progress) -> dict[str, Decided]:
    found: dict[str, Decided] = {}
    deadline = time.perf_counter() + plan.wait_seconds
    waiting = [one.conversation_id for one in sent]
    looks = 0
    while waiting:
        new = await sync_to_async(decided)(waiting)
        found.update(new)
        bar.update(len(new))
        waiting = [one for one in waiting if one not in found]
        looks += 1
        if not waiting or time.perf_counter() > deadline:
            break
        if looks % int(ATTEMPT_SECONDS) == 0:
            await watch.look()
        await asyncio.sleep(LOOK_SECONDS)
    return found
