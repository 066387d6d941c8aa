"""The services that `tests/conftest.py` starts for every other test."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection


@pytest.mark.django_db
def test_the_test_run_has_its_own_postgresql_18_with_pgvector() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000, current_setting('data_directory')")
        version, directory = cursor.fetchone()
        cursor.execute("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
        available = cursor.fetchone()
    assert version == 18
    assert Path(directory).is_relative_to(settings.BASE_DIR / "var" / "test")
    assert available is not None


def test_the_test_run_has_its_own_redis() -> None:
    cache.set("promise", "kept", timeout=5)
    assert cache.get("promise") == "kept"
    assert settings.REDIS_URL.startswith("redis://:")
