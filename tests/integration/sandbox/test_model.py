"""The model stand-in, driven by huggingface_hub's own client."""

import json

import httpx2
import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

from tests.integration.sandbox.running import Running, running_sandbox

MODEL = "openai/gpt-oss-20b"
MESSAGES = [
    {"role": "system", "content": "Answer from the passages, cite them."},
    {
        "role": "user",
        "content": '<passage id="1" title="Refunds">We pay refunds within 5 working days.</passage>'
        "\nWhen are refunds paid?",
    },
]
ANSWER = "We pay refunds within 5 working days. [1]"


def ask(sandbox: Running, **more: object) -> httpx2.Response:
    return sandbox.http.post("/v1/chat/completions", json={"model": MODEL, "messages": MESSAGES, **more})


@pytest.fixture
def client(sandbox: Running) -> InferenceClient:
    return InferenceClient(base_url=sandbox.url, api_key="x", timeout=10)


def test_the_client_gets_a_quoted_and_cited_answer(client: InferenceClient) -> None:
    answer = client.chat_completion(MESSAGES, model=MODEL)
    assert answer.choices[0].message.content == ANSWER
    assert (answer.choices[0].finish_reason, answer.model) == ("stop", MODEL)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_question_without_overlap_is_not_known(client: InferenceClient) -> None:
    messages = [MESSAGES[0], {"role": "user", "content": "<passage id=1>Refunds.</passage>Who painted the ceiling?"}]
    assert client.chat_completion(messages, model=MODEL).choices[0].message.content == "I do not know."


def test_the_stream_gives_the_same_words_and_the_usage_when_asked(client: InferenceClient) -> None:
    chunks = list(client.chat_completion(MESSAGES, model=MODEL, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == ANSWER
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    plain = list(client.chat_completion(MESSAGES, model=MODEL, stream=True))
    assert all(chunk.usage is None for chunk in plain)


def test_log_probabilities_belong_to_the_tokens_of_the_answer(client: InferenceClient) -> None:
    answer = client.chat_completion(MESSAGES, model=MODEL, logprobs=True, top_logprobs=2)
    assert answer.choices[0].logprobs is not None
    entries = answer.choices[0].logprobs.content
    assert "".join(entry.token for entry in entries) == ANSWER
    assert all(entry.logprob < 0 for entry in entries)
    assert len(entries[0].top_logprobs) == 2


def test_a_token_limit_ends_the_answer_early(client: InferenceClient) -> None:
    choice = client.chat_completion(MESSAGES, model=MODEL, max_tokens=2).choices[0]
    assert (choice.finish_reason, choice.message.content) == ("length", "We pay")


def test_a_strict_model_server_refuses_other_names() -> None:
    with running_sandbox(model_strict=True) as strict:
        assert ask(strict).status_code == 200
        answer = ask(strict, model="dummy")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, 404)
        assert strict.http.get("/v1/models").json()["data"][0]["id"] == MODEL


def test_a_wrong_request_is_refused_in_the_servers_shape(sandbox: Running) -> None:
    answer = sandbox.http.post("/v1/chat/completions", json={"model": MODEL, "messages": []})
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_first_token_time_and_speed_are_kept() -> None:
    with running_sandbox(model_first_token_ms=200, model_tokens_per_second=50) as slow:
        answer = ask(slow)
        tokens = answer.json()["usage"]["completion_tokens"]
        assert answer.elapsed.total_seconds() >= 0.2 + (tokens - 1) / 50


def test_the_client_sees_a_status_set_as_a_fault(sandbox: Running, client: InferenceClient) -> None:
    sandbox.faults(model={"status": 503})
    with pytest.raises(HfHubHTTPError) as error:
        client.chat_completion(MESSAGES, model=MODEL)
    assert error.value.response.status_code == 503
    assert sandbox.http.get("/health").status_code == 503
    sandbox.faults()
    assert sandbox.http.get("/health").status_code == 200


def test_hanging_and_closing_give_no_answer(sandbox: Running) -> None:
    sandbox.faults(model={"close": True})
    with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
        ask(sandbox)
    sandbox.faults(model={"hang": True})
    with httpx2.Client(base_url=sandbox.url, timeout=0.3) as impatient, pytest.raises(httpx2.ReadTimeout):
        impatient.post("/v1/chat/completions", json={"model": MODEL, "messages": MESSAGES})


@pytest.mark.parametrize("stream", [True, False])
def test_a_cut_answer_ends_in_the_middle(sandbox: Running, stream: bool) -> None:
    sandbox.faults(model={"mode": "cut"})
    got = b""
    with (
        pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)),
        sandbox.http.stream(
            "POST", "/v1/chat/completions", json={"model": MODEL, "messages": MESSAGES, "stream": stream}
        ) as answer,
    ):
        for piece in answer.iter_bytes():
            got += piece
    assert b"[DONE]" not in got
    assert b'"finish_reason":"stop"' not in got


def test_content_can_be_null_when_thinking_used_the_budget(sandbox: Running) -> None:
    sandbox.faults(model={"null_content": True})
    choice = ask(sandbox).json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == (None, "length")
    lines = ask(sandbox, stream=True).text.split("\n\n")
    chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks) == ""


def test_a_server_without_a_parser_leaks_the_hidden_channel(sandbox: Running) -> None:
    sandbox.faults(model={"leak_harmony": True})
    content = ask(sandbox).json()["choices"][0]["message"]["content"]
    assert content.startswith("<|channel|>analysis<|message|>")
    assert content.endswith(f"<|channel|>final<|message|>{ANSWER}")
