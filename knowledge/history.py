"""Which writes are remembered as versions. django-simple-history stores them; `versions.py` reads them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from simple_history.models import HistoricalRecords

_is_kept: ContextVar[bool] = ContextVar("knowledge_history_is_kept", default=True)


@contextmanager
def no_history() -> Iterator[None]:
    """For rows that are thrown away again, such as those of an evaluation: nothing of them is remembered."""
    token = _is_kept.set(False)
    try:
        yield
    finally:
        _is_kept.reset(token)


class KeptRecords(HistoricalRecords):  # type: ignore[misc]  # simple_history has no types
    """A version for each save that changed something, and one for each removal."""

    def post_save(self, instance: Any, created: bool, using: str | None = None, **kwargs: Any) -> None:
        if _is_kept.get() and (created or self._has_changed(instance)):
            super().post_save(instance, created, using=using, **kwargs)

    def post_delete(self, instance: Any, using: str | None = None, **kwargs: Any) -> None:
        if _is_kept.get():
            super().post_delete(instance, using=using, **kwargs)

    def _has_changed(self, instance: Any) -> bool:
        fields = [field.attname for field in self.fields_included(instance) if not getattr(field, "auto_now", False)]
        newest = getattr(instance, self.manager_name).values(*fields).first()
        return newest is None or any(newest[name] != getattr(instance, name) for name in fields)
