"""Imports models inside the fixtures: this file may be read before Django is ready."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def intercom() -> Iterator[Any]:
    """An Intercom workspace that listens; it sends no webhooks."""
    from tests.integration.sandbox.running import running_sandbox

    with running_sandbox() as running:
        yield running


@pytest.fixture
def world(intercom: Any, settings: Any, db: None) -> Iterator[Any]:
    from knowledge.minilm import weights_file
    from tests.integration.chatbot.world import made_world

    if weights_file() is None:
        pytest.skip("the model's weights are not installed (make setup)")
    with made_world(intercom, settings) as made:
        yield made
