"""Outages of the embedded services on purpose: what fault tests and benchmarks need."""

import signal
import time

from config.embedded_redis import RedisServer
from config.embedded_service import Service
from config.processes import end_process


class ServiceControl:
    """Stops, kills and restarts one embedded service under everybody who uses it. Its address stays the same."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._hold = service.folder / "hold"

    @property
    def process_id(self) -> int | None:
        return self.service.process_id()

    def kill(self) -> None:
        """As a crash would: SIGKILL. The keeper starts it again within a second."""
        running = self.process_id
        if running is not None:
            end_process(running, (signal.SIGKILL, 5.0))

    def stop(self) -> None:
        """An outage that lasts until `start`."""
        self._hold.touch()
        running = self.process_id
        if running is not None:
            self.service.stop(running)

    def start(self) -> None:
        self._hold.unlink(missing_ok=True)
        self.wait_ready()

    def restart(self) -> None:
        self.stop()
        self.start()

    def wait_ready(self, *, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not self.service.ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.service.name} does not answer within {seconds:.0f} s")
            time.sleep(0.05)


class RedisControl(ServiceControl):
    def flush(self) -> None:
        """Forget every key of every database."""
        import redis

        assert isinstance(self.service, RedisServer)
        with redis.Redis.from_url(self.service.address(), socket_timeout=5) as client:
            client.flushall()
