"""The model client against a server that streams, refuses, hangs up and thinks aloud."""

from collections.abc import Sequence
from typing import Any

import pytest

from chatbot.llm.client import HubModel, Limits
from chatbot.llm.errors import ModelError, ModelRefused, ModelUnavailable, NoAnswer
from chatbot.llm.model import ChatMessage, ModelReply, Sampling
from tests.integration.sandbox.running import Running, running_sandbox

ASK = [
    ChatMessage(role="system", content="Answer from the passages."),
    ChatMessage(
        role="user",
        content='<passage id="1" title="Returns">Send the blender back within 30 days.</passage>\n'
        "<question>How do I return a blender?</question>",
    ),
]


def reply(intercom: Running, *, limits: Limits | None = None, **fault: Any) -> ModelReply:
    intercom.faults(model={"times": 1, **fault} if fault else {})
    try:
        model = HubModel(url=f"{intercom.url}/v1", name="openai/gpt-oss-20b", token="", limits=limits)
        return model.reply(ASK, Sampling(temperature=0.0, maximum_tokens=200))
    finally:
        intercom.faults()


def test_an_answer_is_streamed_and_measured(intercom: Running) -> None:
    found = reply(intercom)
    assert "30 days" in found.text
    assert (found.model, found.finish_reason) == ("openai/gpt-oss-20b", "stop")
    assert found.prompt_tokens
    assert found.completion_tokens
    assert 0 < found.first_token_milliseconds <= found.milliseconds


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_names_the_settings_to_check(intercom: Running, status: int) -> None:
    with pytest.raises(ModelRefused, match=rf"{status}; check MODEL_URL"):
        reply(intercom, status=status)


@pytest.mark.parametrize(
    "fault", [{"status": 429}, {"status": 500}, {"status": 503}, {"mode": "close"}, {"mode": "cut"}]
)
def test_a_server_in_trouble_is_unavailable(intercom: Running, fault: dict[str, Any]) -> None:
    with pytest.raises(ModelUnavailable):
        reply(intercom, **fault)


@pytest.mark.timeout(60)
def test_a_server_that_says_nothing_is_given_up_however_long_it_may_fall_silent_later(intercom: Running) -> None:
    with pytest.raises(ModelUnavailable):
        reply(intercom, mode="hang", limits=Limits(first_token=0.3, idle=300.0, total=300.0))


def test_a_pause_between_two_words_may_be_longer_than_the_time_to_the_first() -> None:
    with running_sandbox(model_tokens_per_second=0.5) as slow:
        limits = Limits(first_token=1.5, idle=30.0)
        model = HubModel(url=f"{slow.url}/v1", name="openai/gpt-oss-20b", token="", limits=limits)
        found = model.reply(ASK, Sampling(temperature=0.0, maximum_tokens=2))
    assert found.completion_tokens == 2


def test_a_server_that_talks_without_end_is_given_up(intercom: Running) -> None:
    with pytest.raises(ModelUnavailable, match="more than"):
        reply(intercom, limits=Limits(total=0.0))


def test_nobody_at_the_address_is_unavailable() -> None:
    with pytest.raises(ModelUnavailable):
        HubModel(url="http://127.0.0.1:1/v1", name="m", token="").reply(ASK, Sampling(temperature=0, maximum_tokens=5))


def test_hidden_reasoning_is_never_shown(intercom: Running) -> None:
    found = reply(intercom, mode="leak_harmony")
    assert "30 days" in found.text
    assert "I should look" not in found.text
    assert "<|" not in found.text


class Watched(HubModel):
    """The real client; `asked` says with how many tokens and how much effort each time."""

    def __init__(self, intercom: Running) -> None:
        super().__init__(url=intercom.url, name="m")
        self.asked: list[tuple[int, str]] = []

    def _streamed(self, messages: Sequence[ChatMessage], sampling: Sampling, *more: Any) -> ModelReply:
        self.asked.append((sampling.maximum_tokens, sampling.reasoning_effort))
        return super()._streamed(messages, sampling, *more)


@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_reply_whose_room_went_into_reasoning_is_asked_for_once_more_with_more_room(
    intercom: Running, times: int
) -> None:
    model = Watched(intercom)
    intercom.faults(**({"model": {"mode": "null_content", "times": times}} if times else {}))
    try:
        sampling = Sampling(temperature=0.0, maximum_tokens=200, reasoning_effort="high")
        if times == 2:
            with pytest.raises(NoAnswer, match="length"):
                model.reply(ASK, sampling)
        else:
            assert "30 days" in model.reply(ASK, sampling).text
    finally:
        intercom.faults()
    assert model.asked == [(200, "high"), (400, "low")][: times + 1]


def test_an_answer_that_is_only_reasoning_is_no_answer_and_tells_nothing_of_it(intercom: Running) -> None:
    with pytest.raises(NoAnswer) as caught:
        reply(intercom, mode="null_content", times=2)
    assert isinstance(caught.value, ModelError)
    assert "I should look" not in str(caught.value)
