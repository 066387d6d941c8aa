"""The desk under load: 200 colleagues connected by WebSocket, 20 new questions a second, from the commit to the socket.

Then the first page with 5,000 questions waiting: what the server takes for it, and, where there is a Chromium, when it
is painted.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import psutil
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.running import CpuMeter, running_system
from benchmarks.tables import Table
from config.supervisor import PROJECT, System

WAITING = 5_000
#: Times that a browser opens the desk, beside the first, which fills its cache.
LOOKS = 9
#: Seconds that the last news may need after the last question.
LAST_NEWS_SECONDS = 15.0

_REVIEWERS = """
import json
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
group = Group.objects.get(name="reviewer")
keys = []
for number in range({count}):
    user, _ = User.objects.get_or_create(username=f"bench-{{number}}", defaults={{"is_staff": True}})
    user.groups.add(group)
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    keys.append(session.session_key)
print(json.dumps(keys))
"""

_FILL = """
import uuid
from django.db import transaction
from sessions_app.models import Conversation, Customer, ReviewItem, default_queue_id
from django.utils import timezone
mark = uuid.uuid4().hex[:8]
ReviewItem.objects.filter(status="waiting").update(status="superseded", decided_at=timezone.now())
customers = Customer.objects.bulk_create(
    [Customer(workspace="bench", external_id=f"{{mark}}-{{n}}", name=f"Customer {{n}}") for n in range({count})])
threads = Conversation.objects.bulk_create(
    [Conversation(workspace="bench", external_id=c.external_id, customer=c, state="review") for c in customers])
ReviewItem.objects.bulk_create([
    ReviewItem(conversation=one, queue_id=default_queue_id(), question=f"Where is parcel {{one.pk}}?",
               draft="On its way.", confidence=0.5, threshold=0.85, due_at=timezone.now()) for one in threads
], batch_size=1000)
"""

#: Holds questions as the pipeline does: the same function, commit and announcement, from a process beside the web.
_MAKER = """
import time, uuid
from django.db import connection, transaction
from sessions_app.conversations import locked
from sessions_app.models import Conversation, Customer
from sessions_app.reviews import HeldDraft, hold
mark = uuid.uuid4().hex[:8]
begun = time.monotonic()
for number in range({count}):
    time.sleep(max(0.0, begun + number / {rate} - time.monotonic()))
    with transaction.atomic():
        name = f"{{mark}}-{{number}}"
        customer = Customer.objects.create(workspace="bench", external_id=name, name=f"Customer {{number}}")
        thread = Conversation.objects.create(workspace="bench", external_id=name, customer=customer)
        hold(locked(thread.pk), HeldDraft(question=f"{{mark}} where is parcel {{number}}?", draft="On its way.",
             confidence=0.5, threshold=0.85, reasons=["low_confidence"]))
time.sleep(1.0)
print(mark, round(time.monotonic() - begun - 1.0, 1))
"""


def run(*, quick: bool = False, reviewers: int = 200, rate: float = 20.0) -> dict[str, Any]:
    seconds = 10.0 if quick else 60.0
    with running_system({"DATABASE_POOL_SIZE": "20"}, programs=("web",)) as system:
        result = _measured(system, reviewers=reviewers, rate=rate, seconds=seconds)
        result |= _pages(system)
    table = Table(f"{reviewers} colleagues at the desk, {rate:g} new questions a second", ("measure", "value"))
    for name, value in result.items():
        table.row(name, value)
    table.show()
    return result


def _sessions(system: System, count: int) -> list[str]:
    """Session keys of so many reviewers."""
    told = system.manage("shell", "-v", "0", "-c", _REVIEWERS.format(count=count)).stdout
    keys: list[str] = json.loads(told.splitlines()[-1])
    return keys


def _measured(system: System, *, reviewers: int, rate: float, seconds: float) -> dict[str, Any]:
    keys = json.loads(
        system.manage("shell", "-v", "0", "-c", _REVIEWERS.format(count=reviewers)).stdout.splitlines()[-1]
    )
    web = psutil.Process(system.processes["web"])
    cpu = CpuMeter(system)
    count = round(rate * seconds)
    before = _memory(web)
    delays, complete, shortfall = asyncio.run(_listened(system, keys, cpu=cpu, count=count, rate=rate))
    used = cpu.seconds()
    return {
        "connected": complete,
        "questions": count,
        "news_missed": shortfall,
        "event_p50_ms": round(float(np.percentile(delays, 50)), 1),
        "event_p95_ms": round(float(np.percentile(delays, 95)), 1),
        "event_p99_ms": round(float(np.percentile(delays, 99)), 1),
        "web_cpu_percent": round(100 * used.get("web", 0.0) / seconds, 1),
        "web_memory_mb": round(_memory(web)),
        "web_memory_grown_mb": round(_memory(web) - before),
    }


async def _listened(
    system: System, keys: Sequence[str], *, cpu: CpuMeter, count: int, rate: float
) -> tuple[list[float], int, int]:
    """Milliseconds from each commit to each socket; how many were connected; how much news never came."""
    address = f"{system.url.replace('http', 'ws', 1)}/ws/desk/"
    sockets: list[ClientConnection] = []
    for key in keys:
        cookie = {"Cookie": f"sessionid={key}"}
        sockets.append(await connect(address, additional_headers=cookie, origin=system.url, open_timeout=60))
    delays: list[float] = []

    async def listen(socket: ClientConnection) -> int:
        heard = 0
        async for message in socket:
            now = time.time()
            told = json.loads(message)
            if told["type"] != "item" or "where is parcel" not in told["row"]["question"]:
                continue
            delays.append((now - datetime.fromisoformat(told["row"]["created_at"]).timestamp()) * 1000)
            heard += 1
            if heard == count:
                break
        return heard

    listening = [asyncio.create_task(listen(socket)) for socket in sockets]
    maker = [sys.executable, "manage.py", "shell", "-v", "0", "-c", _MAKER.format(count=count, rate=rate)]
    cpu.start()
    process = await asyncio.create_subprocess_exec(
        *maker, cwd=PROJECT, env=system.environment(), stdout=subprocess.DEVNULL
    )
    code = await process.wait()
    if code:
        raise RuntimeError(f"the maker of questions ended with {code}")
    await asyncio.wait(listening, timeout=LAST_NEWS_SECONDS)
    missed = count * len(sockets) - len(delays)
    for socket in sockets:
        await socket.close()
    await asyncio.gather(*listening, return_exceptions=True)
    return delays, len(sockets), missed


def _pages(system: System) -> dict[str, Any]:
    """CPU of the web process for one look at the desk with many questions waiting."""
    import httpx2

    [key] = _sessions(system, 1)
    system.manage("shell", "-v", "0", "-c", _FILL.format(count=WAITING))
    web = psutil.Process(system.processes["web"])
    result: dict[str, Any] = {"waiting": WAITING}
    with httpx2.Client(base_url=system.url, cookies={"sessionid": key}, timeout=30.0) as client:
        for name, path in (("desk", "/desk/"), ("list", "/desk/items/"), ("counts", "/desk/items/counts/")):
            client.get(path).raise_for_status()
            before, started = _cpu(web), time.perf_counter()
            for _ in range(20):
                size = len(client.get(path).raise_for_status().content)
            result[f"{name}_cpu_ms"] = round((_cpu(web) - before) * 1000 / 20, 1)
            result[f"{name}_ms"] = round((time.perf_counter() - started) * 1000 / 20, 1)
            result[f"{name}_kb"] = round(size / 1024)
    return result | _painted(system, key)


def _painted(system: System, key: str) -> dict[str, Any]:
    """Milliseconds until the browser has painted something of the desk, median of looks; None without a browser."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        return {"first_paint_ms": None}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": key, "url": system.url}])
        page = context.new_page()
        painted = []
        for _ in range(LOOKS + 1):
            page.goto(f"{system.url}/desk/")
            page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
            painted.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        browser.close()
    return {"first_paint_ms": round(float(np.median(painted[1:])), 1), "first_paint_cold_ms": round(painted[0], 1)}


def _cpu(process: psutil.Process) -> float:
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def _memory(process: psutil.Process) -> float:
    """Megabytes, children included."""
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 1e6
