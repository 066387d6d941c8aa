"""What runs by the clock exists: a name that no task has would fail in a worker's log, unseen."""

import pytest

from config.celery import app

app.loader.import_default_modules()


@pytest.mark.parametrize("entry", sorted(app.conf.beat_schedule))
def test_what_the_clock_starts_is_a_task(entry: str) -> None:
    assert app.conf.beat_schedule[entry]["task"] in app.tasks
