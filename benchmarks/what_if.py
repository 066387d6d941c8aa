"""The queueing simulation against a measured run: the stand-in model server with a bounded number of calls at a time.

Calls arrive at random at several loads; each is asked for alone first, so that its work is known. The simulation gets
the moments at which they were really sent, and says how long each should take.
"""

import asyncio
import random
import sys
from typing import Any, Final

import httpx2

from benchmarks.model_server import ModelServer
from benchmarks.tables import Table

PLACES: Final = 4
FIRST_TOKEN_MS, TOKENS_A_SECOND = 150.0, 100.0
LOADS: Final = (0.5, 0.8, 0.95)
CALLS, QUICK_CALLS = 400, 120
_SENTENCES: Final = (
    "We pay refunds within five working days after the parcel arrives at our warehouse.",
    "Refunds are paid to the card that you used, and take five working days.",
    "Refunds.",
)


def run(*, quick: bool = False) -> dict[str, Any]:
    calls = QUICK_CALLS if quick else CALLS
    server = ModelServer(first_token_ms=FIRST_TOKEN_MS, tokens_per_second=TOKENS_A_SECOND, parallel=PLACES)
    server.start()
    try:
        rows = asyncio.run(_measured(server.url, calls))
    finally:
        server.stop()
    columns = ("load", "seen p50 ms", "said p50 ms", "seen p90 ms", "said p90 ms", "seen p99 ms", "said p99 ms")
    table = Table("What if: simulated beside measured", columns)
    for row in rows:
        table.row(*row.values())
    table.show()
    sys.stdout.flush()
    return {"calls": calls, "places": PLACES, "runs": rows}


def _body(sentence: str) -> dict[str, Any]:
    content = f'<passage id="1" title="Refunds">{sentence}</passage>\nWhen are refunds paid?'
    return {"model": "m", "messages": [{"role": "user", "content": content}]}


async def _measured(url: str, calls: int) -> list[dict[str, Any]]:
    from analytics.costs.queueing import quantile, serve

    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=120.0, limits=limits) as client:
        alone = [await _alone(client, sentence) for sentence in _SENTENCES]
        found = []
        for load in LOADS:
            chance = random.Random(7)  # the same calls in each run
            kinds = chance.choices(range(len(_SENTENCES)), k=calls)
            rate = load * PLACES / (sum(alone) / len(alone))
            gaps = [chance.expovariate(rate) for _ in kinds]
            sent, seen = await _send(client, kinds, gaps)
            said = serve(sent, [alone[kind] for kind in kinds], servers=1, places=PLACES).times
            row: dict[str, Any] = {"load": load}
            for share in (0.5, 0.9, 0.99):
                row[f"seen_p{share * 100:.0f}_ms"] = round(1000 * quantile(seen, share))
                row[f"said_p{share * 100:.0f}_ms"] = round(1000 * quantile(said, share))
            found.append(row)
        return found


async def _alone(client: httpx2.AsyncClient, sentence: str) -> float:
    """Seconds of one call with nothing beside it; the middle of five."""
    loop, times = asyncio.get_running_loop(), []
    for _ in range(5):
        begun = loop.time()
        (await client.post("/v1/chat/completions", json=_body(sentence))).raise_for_status()
        times.append(loop.time() - begun)
    return sorted(times)[2]


async def _send(client: httpx2.AsyncClient, kinds: list[int], gaps: list[float]) -> tuple[list[float], list[float]]:
    """When each call was sent, and how long it took, in seconds."""
    loop = asyncio.get_running_loop()
    sent, seen = [0.0] * len(kinds), [0.0] * len(kinds)

    async def one(place: int) -> None:
        sent[place] = loop.time()
        (await client.post("/v1/chat/completions", json=_body(_SENTENCES[kinds[place]]))).raise_for_status()
        seen[place] = loop.time() - sent[place]

    asking, due = [], loop.time()
    for place, gap in enumerate(gaps):
        due += gap
        await asyncio.sleep(max(0.0, due - loop.time()))
        asking.append(asyncio.create_task(one(place)))
    await asyncio.gather(*asking)
    return sent, seen
