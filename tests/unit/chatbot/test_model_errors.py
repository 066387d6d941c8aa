"""Every error that the libraries under the model client can raise ends as one of ours."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import httpx2
import huggingface_hub
import pytest
from huggingface_hub import errors as hub_errors

from chatbot.llm.client import HubModel
from chatbot.llm.errors import ModelError, ModelRefused, ModelUnavailable, PromptRefused
from chatbot.llm.model import ChatMessage, Sampling

ASK = ([ChatMessage(role="user", content="hi")], Sampling(temperature=0.0, maximum_tokens=5))


def _is_raised(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, Warning)


def everything_raised_in(*packages: ModuleType) -> Iterator[type[Exception]]:
    """Exception classes of every loaded module of the packages, whether their public names hold them or not."""
    names = tuple(package.__name__ for package in packages)
    for name, module in sorted(sys.modules.items()):
        if name in names or name.startswith(tuple(f"{name}." for name in names)):
            for kind in list(vars(module).values()):
                if _is_raised(kind) and kind.__module__.startswith(names):
                    yield kind


FOREIGN = sorted(
    set(everything_raised_in(huggingface_hub, httpx2)),
    key=lambda kind: f"{kind.__module__}.{kind.__name__}",
)


class Failing(HubModel):
    """The real client, whose connection fails with `error`."""

    def __init__(self, error: Exception) -> None:
        super().__init__(url="http://127.0.0.1:9", name="m", token="")
        self._error = error

    def _streamed(self, *_: Any) -> Any:
        raise self._error


def instance(kind: type[Exception], status: int = 503) -> Exception:
    error = kind.__new__(kind)
    if issubclass(kind, hub_errors.HfHubHTTPError):
        error.response = httpx2.Response(status, request=httpx2.Request("POST", "http://m"))  # type: ignore[attr-defined]
    return error


def test_the_walk_finds_classes_of_both_libraries() -> None:
    """Else the test below would be content with nothing."""
    assert {hub_errors.HfHubHTTPError, hub_errors.TextGenerationError, httpx2.ReadTimeout, httpx2.InvalidURL} <= set(
        FOREIGN
    )


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_foreign_error_slips_through(kind: type[Exception]) -> None:
    with pytest.raises(ModelError) as caught:
        Failing(instance(kind)).reply(*ASK)
    assert not isinstance(caught.value, kind)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_request_is_told_from_a_refused_caller(status: int) -> None:
    with pytest.raises(PromptRefused, match=str(status)):
        Failing(instance(hub_errors.HfHubHTTPError, status)).reply(*ASK)


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_a_refusal_asks_for_an_operator(status: int) -> None:
    with pytest.raises(ModelRefused, match=rf"{status}.*MODEL_TOKEN"):
        Failing(instance(hub_errors.HfHubHTTPError, status)).reply(*ASK)


@pytest.mark.parametrize("status", [408, 409, 424, 425, 429, 500, 502, 503, 504])
def test_an_overloaded_server_is_unavailable(status: int) -> None:
    with pytest.raises(ModelUnavailable, match=str(status)):
        Failing(instance(hub_errors.HfHubHTTPError, status)).reply(*ASK)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        KeyError("x"),
        IndexError("x"),
        TypeError("x"),
        AttributeError("x"),
        ConnectionResetError(),
        TimeoutError(),
    ],
)
def test_an_unreadable_answer_is_unavailable(error: Exception) -> None:
    with pytest.raises(ModelUnavailable):
        Failing(error).reply(*ASK)
