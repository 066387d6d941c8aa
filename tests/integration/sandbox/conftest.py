"""A running sandbox for each test; `sandbox_with_platform` also has a platform that takes its webhooks."""

from collections.abc import Iterator

import pytest

from tests.integration.sandbox.running import Platform, Running, receiving_platform, running_sandbox


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def platform() -> Iterator[Platform]:
    with receiving_platform() as receiving:
        yield receiving


@pytest.fixture
def sandbox_with_platform(platform: Platform) -> Iterator[Running]:
    with running_sandbox(webhook_url=platform.url, webhook_retry_seconds=0.05, webhook_timeout_seconds=0.5) as running:
        yield running
