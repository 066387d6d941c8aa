"""The stand-in speaks as TGI, vLLM, SGLang and llama.cpp do; TGI's shapes are checked against what TGI published."""

import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import GenerationError, OverloadedError, ValidationError
from jsonschema import Draft202012Validator

from tests.integration.sandbox.running import Running, running_sandbox
from tests.integration.sandbox.test_model import ANSWER, MESSAGES, MODEL

#: TGI's `docs/openapi.json`; it is not copied into the project.
SHARED = Path(os.environ.get("HANDRAIL_SHARED", Path(__file__).resolve().parents[4] / "shared"))
DESCRIPTION = SHARED / "specs" / "tgi-openapi.json"
PROMPT = f"{MESSAGES[0]['content']}\n{MESSAGES[1]['content']}"


@pytest.fixture(scope="module")
def tgi() -> Iterator[Running]:
    with running_sandbox(model_dialect="tgi") as running:
        yield running


@functools.cache
def _description() -> dict[str, Any]:
    if not DESCRIPTION.is_file():
        pytest.skip(f"TGI's description is not here ({DESCRIPTION.name}); set HANDRAIL_SHARED")
    described: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return _with_null(described)


def _with_null(value: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema names null as a type."""
    if isinstance(value, list):
        return [_with_null(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: _with_null(one) for key, one in value.items() if key != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if value.get("nullable") is True else made


def assert_described(value: Any, name: str) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": _description()["components"]}
    errors = list(Draft202012Validator(schema).iter_errors(value))
    assert not errors, f"{name}: {errors[0].json_path}: {errors[0].message}"


def streamed(running: Running, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    lines = running.http.post(path, json=body).text.splitlines()
    return [json.loads(line[5:]) for line in lines if line.startswith("data:") and "[DONE]" not in line]


def chat(running: Running, **more: Any) -> Any:
    return running.http.post("/v1/chat/completions", json={"model": MODEL, "messages": MESSAGES, **more})


def test_tgis_chat_has_the_described_shape(tgi: Running) -> None:
    assert_described(chat(tgi, logprobs=True, top_logprobs=2).json(), "ChatCompletion")
    body = {"messages": MESSAGES, "stream": True, "stream_options": {"include_usage": True}, "logprobs": True}
    chunks = streamed(tgi, "/v1/chat/completions", body)
    for chunk in chunks:
        assert_described(chunk, "ChatCompletionChunk")
    assert chunks[0]["id"] == ""


def test_tgis_own_endpoints_have_the_described_shapes(tgi: Running) -> None:
    body = {"inputs": PROMPT, "parameters": {"details": True, "max_new_tokens": 50}}
    whole = tgi.http.post("/generate", json=body).json()
    assert whole["generated_text"] == ANSWER
    assert_described(whole, "GenerateResponse")
    events = streamed(tgi, "/generate_stream", body)
    for event in events:
        assert_described(event, "StreamResponse")
    assert "".join(event["token"]["text"] for event in events) == events[-1]["generated_text"] == ANSWER
    assert_described(tgi.http.get("/info").json(), "Info")
    for entry in tgi.http.get("/v1/models").json()["data"]:
        assert_described(entry, "ModelInfo")
    assert_described(tgi.http.post("/tokenize", json={"inputs": "Two words"}).json(), "TokenizeResponse")


@pytest.mark.parametrize(
    ("status", "kind"), [(422, "validation"), (424, "generation"), (429, "overloaded"), (500, "incomplete_generation")]
)
@pytest.mark.parametrize("path", ["/generate", "/v1/chat/completions"])
def test_tgis_errors_have_the_described_shape_and_type(tgi: Running, status: int, kind: str, path: str) -> None:
    tgi.faults(model={"status": status})
    answer = tgi.http.post(path, json={"inputs": PROMPT, "messages": MESSAGES})
    tgi.faults()
    assert answer.status_code == status
    assert_described(answer.json(), "ErrorResponse")
    assert answer.json()["error_type"] == kind


def test_tgi_refuses_a_key_with_an_empty_body_and_says_why_it_is_unhealthy(tgi: Running) -> None:
    tgi.faults(model={"status": 401})
    assert chat(tgi).content == b""
    tgi.faults(model={"status": 503})
    assert tgi.http.get("/health").json()["error_type"] == "healthcheck"
    tgi.faults()
    assert tgi.http.get("/health").content == b""


def test_huggingfaces_own_client_reads_tgis_endpoints(tgi: Running) -> None:
    client = InferenceClient(base_url=tgi.url, api_key="x", timeout=10)
    found = client.text_generation(PROMPT, details=True, max_new_tokens=50)
    assert (found.generated_text, found.details.finish_reason) == (ANSWER, "eos_token")
    assert "".join(client.text_generation(PROMPT, stream=True, max_new_tokens=50)) == ANSWER
    for status, kind in ((422, ValidationError), (424, GenerationError), (429, OverloadedError)):
        tgi.faults(model={"status": status})
        with pytest.raises(kind):
            client.text_generation(PROMPT, max_new_tokens=50)
    tgi.faults()


@pytest.mark.parametrize(
    ("dialect", "field"), [("vllm", "reasoning"), ("sglang", "reasoning_content"), ("llamacpp", "reasoning_content")]
)
def test_hidden_reasoning_stands_in_the_dialects_own_field(dialect: str, field: str) -> None:
    with running_sandbox(model_dialect=dialect) as running:
        running.faults(model={"null_content": True})
        assert set(chat(running).json()["choices"][0]["message"]) >= {"content", field}
        body = {"messages": MESSAGES, "stream": True}
        deltas = [chunk["choices"][0]["delta"] for chunk in streamed(running, "/v1/chat/completions", body)]
        assert any(delta.get(field) for delta in deltas)


@pytest.mark.parametrize("dialect", ["vllm", "sglang", "llamacpp", "tgi"])
def test_an_error_inside_a_stream_comes_after_half_the_answer_in_every_dialect(dialect: str) -> None:
    with running_sandbox(model_dialect=dialect) as running:
        running.faults(model={"mode": "stream_error"})
        chunks = streamed(running, "/v1/chat/completions", {"messages": MESSAGES, "stream": True})
    said = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk.get("choices"))
    assert said
    assert ANSWER.startswith(said)
    assert any("error" in (chunk, *chunk) or chunk.get("object") == "error" for chunk in chunks)
