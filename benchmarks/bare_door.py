"""What our webhook door is measured against: an ASGI handler that does one HMAC and one insert, and nothing else."""

import hashlib
import hmac
import os
from typing import Any

from psycopg_pool import AsyncConnectionPool

CONNECTIONS = 8  #: as many as the door has
_INSERT = f"INSERT INTO {os.environ.get('BARE_TABLE', 'bare')} (app_id, topic, payload) VALUES ('', '', %s)"
_SECRET = os.environ.get("INTERCOM_CLIENT_SECRET", "").encode()


class BareDoor:
    def __init__(self) -> None:
        self._pool: AsyncConnectionPool[Any] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        given = dict(scope["headers"]).get(b"x-hub-signature", b"")
        status = 401
        if hmac.compare_digest(b"sha1=" + hmac.new(_SECRET, body, hashlib.sha1).hexdigest().encode(), given):
            assert self._pool is not None
            async with self._pool.connection() as database:
                await database.execute(_INSERT, (body.decode(),))
            status = 200
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._pool = AsyncConnectionPool(
                    os.environ["DATABASE_URL"],
                    kwargs={"autocommit": True},
                    min_size=1,
                    max_size=CONNECTIONS,
                    open=False,
                )
                await self._pool.open(wait=True)
                await send({"type": "lifespan.startup.complete"})
            else:
                if self._pool is not None:
                    await self._pool.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


application = BareDoor()
