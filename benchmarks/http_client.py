"""A client that costs next to nothing: requests are made beforehand, connections kept, only the status is read."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: The open loop takes a new connection only up to here; beyond it, waiting is counted as the server's time.
CONNECTIONS_MAX = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    seconds: float  #: that the whole run took
    milliseconds: list[float]  #: of each answer with status 200
    others: int  #: answers with another status

    @property
    def per_second(self) -> float:
        return len(self.milliseconds) / self.seconds


class _Connection(asyncio.Protocol):
    """One request at a time; answers have no body."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[int] | None = None
        self._read = b""
        self.is_closed = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        if self._answer is not None and self._read.endswith(b"\r\n\r\n"):
            status, self._read = int(self._read[9:12]), b""
            self._answer.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server hung up"))

    async def ask(self, request: bytes) -> int:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self._transport.close()


async def closed_loop(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Answered:
    """As fast as the server goes: each connection asks again as soon as it was answered."""
    opened = await _open(port, connections)
    todo = iter(requests)
    milliseconds: list[float] = []
    others = 0
    started = time.perf_counter()

    async def ask_on(connection: _Connection) -> None:
        nonlocal others
        for request in todo:
            begun = time.perf_counter()
            if begun - started > seconds:
                return
            if await connection.ask(request) == 200:
                milliseconds.append((time.perf_counter() - begun) * 1000)
            else:
                others += 1

    await asyncio.gather(*(ask_on(connection) for connection in opened))
    for connection in opened:
        connection.close()
    return Answered(seconds=time.perf_counter() - started, milliseconds=milliseconds, others=others)


async def open_loop(port: int, requests: Sequence[bytes], *, rate: float) -> Answered:
    """By the clock, however slowly the server answers; each answer's time counts from when its request was due."""
    idle: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
    opened = await _open(port, 16)
    for connection in opened:
        idle.put_nowait(connection)
    milliseconds: list[float] = []
    others = 0
    under_way: set[asyncio.Task[None]] = set()

    async def ask(request: bytes, due: float) -> None:
        nonlocal others
        if idle.empty() and len(opened) < CONNECTIONS_MAX:
            opened.extend(await _open(port, 1))
            connection = opened[-1]
        else:
            connection = await idle.get()
            if connection.is_closed:  # the server lets idle connections go
                opened.remove(connection)
                opened.extend(await _open(port, 1))
                connection = opened[-1]
        if await connection.ask(request) == 200:
            milliseconds.append((time.perf_counter() - due) * 1000)
        else:
            others += 1
        idle.put_nowait(connection)

    started = time.perf_counter()
    for number, request in enumerate(requests):
        due = started + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        task = asyncio.create_task(ask(request, due))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    for connection in opened:
        connection.close()
    return Answered(seconds=time.perf_counter() - started, milliseconds=milliseconds, others=others)


async def _open(port: int, count: int) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(_Connection, "127.0.0.1", port))[1] for _ in range(count)]
