"""PostgreSQL and Redis for one machine, where no address of real ones is set."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def services_for_command(arguments: Sequence[str]) -> Iterator[None]:
    yield
