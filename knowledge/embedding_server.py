"""A text-embeddings-inference server as an `Embedder`, through huggingface_hub's client: bounded, and errors mapped."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import httpx2
import numpy as np
from huggingface_hub import InferenceClient, errors
from huggingface_hub.errors import HfHubHTTPError

from knowledge.breaker import Breaker
from knowledge.conf import (
    EMBEDDER_CONNECT_SECONDS,
    EMBEDDER_FAILURES,
    EMBEDDER_PASSAGES_SECONDS,
    EMBEDDER_QUESTION_SECONDS,
    EMBEDDER_READ_CHARACTERS,
    EMBEDDER_REST_SECONDS,
    EMBEDDER_RETRY_SECONDS,
)
from knowledge.embedding import Vectors
from knowledge.errors import EmbedderRefused, EmbeddingUnavailable
from knowledge.storable import storable_text

#: An unset token makes huggingface_hub send the machine's own; servers without a key accept any word.
_NO_TOKEN: Final = "none"  # noqa: S105  no secret
#: huggingface_hub's errors have no common base; a new one must not slip through.
_UNANSWERED: Final[tuple[type[Exception], ...]] = (
    httpx2.HTTPError,
    httpx2.StreamError,
    httpx2.CookieConflict,
    OSError,
    *(kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)),
)
#: Statuses that pass by themselves: the model failed (424), or too much is asked at once (429).
_PASSING: Final = frozenset({408, 409, 424, 425, 429})
#: Calls with passages that are under way at the same time: the server batches them.
_CALLS_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What a server says of itself, and what it was seen to do."""

    model: str  #: '' where it does not say
    dimensions: int
    batch_texts: int  #: texts it takes in one call


class EmbeddingServer:
    """An `Embedder`. Thread-safe; one a process and server.

    A question is asked once, since a customer waits; passages are tried again after each of EMBEDDER_RETRY_SECONDS. A
    server that fails questions rests for a while (see breaker.py), so that only a few customers wait for it in vain.
    """

    def __init__(
        self,
        *,
        name: str,
        url: str,
        token: str,
        dimensions: int,
        model: str = "",
        question_prefix: str = "",
        passage_prefix: str = "",
        batch_texts: int = 32,
    ) -> None:
        self.name: str = name
        self.dimensions: int = dimensions
        self._url = url.rstrip("/")
        self._token = token
        self._model = model
        self._same_model = not model
        self._question_prefix = question_prefix
        self._passage_prefix = passage_prefix
        self._batch_texts = batch_texts
        self._breaker = Breaker(failures=EMBEDDER_FAILURES, rest_seconds=EMBEDDER_REST_SECONDS)

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        if not self._breaker.may_ask():
            raise EmbeddingUnavailable(f"{self.name} failed several times and rests for {EMBEDDER_REST_SECONDS:.0f} s")
        try:
            vectors = self._vectors(texts, prefix=self._question_prefix, seconds=EMBEDDER_QUESTION_SECONDS)
        except EmbeddingUnavailable:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return vectors

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        batches = [order[start : start + self._batch_texts] for start in range(0, len(order), self._batch_texts)]
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        if not batches:
            return vectors
        with ThreadPoolExecutor(_CALLS_AT_ONCE, thread_name_prefix="embedding") as pool:
            for batch, rows in zip(batches, pool.map(lambda one: self._patiently(texts, one), batches), strict=True):
                vectors[batch] = rows
        return vectors

    def _patiently(self, texts: Sequence[str], batch: list[int]) -> Vectors:
        chosen = [texts[index] for index in batch]
        for seconds in EMBEDDER_RETRY_SECONDS:
            try:
                return self._vectors(chosen, prefix=self._passage_prefix, seconds=EMBEDDER_PASSAGES_SECONDS)
            except EmbedderRefused:
                raise
            except EmbeddingUnavailable:
                time.sleep(seconds)
        return self._vectors(chosen, prefix=self._passage_prefix, seconds=EMBEDDER_PASSAGES_SECONDS)

    def _vectors(self, texts: Sequence[str], *, prefix: str, seconds: float) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        self._check_model(seconds)
        found = _embed(self._url, self._token, [prefix + text for text in texts], seconds)
        if found.shape != (len(texts), self.dimensions):
            raise EmbedderRefused(
                f"{self.name} answered with vectors of another shape than {self.dimensions} numbers a text;"
                " if the server has a new model, add a new embedder for it"
            )
        return found

    def _check_model(self, seconds: float) -> None:
        """Once a process: vectors of another model would be of the right length and mean something else."""
        if self._same_model:
            return
        model = _info(self._url, self._token, seconds).get("model_id")
        if isinstance(model, str) and model and model != self._model:
            raise EmbedderRefused(
                f"The server of {self.name} now serves {model}, but its vectors are of {self._model};"
                " add a new embedder for the new model"
            )
        self._same_model = True


def probe(url: str, token: str) -> ServerFacts:
    """Asks a server for its model and for one vector. Raises `EmbeddingUnavailable`."""
    url = url.rstrip("/")
    info = _info(url, token, EMBEDDER_PASSAGES_SECONDS)
    vector = _embed(url, token, ["How do I get a refund?"], EMBEDDER_PASSAGES_SECONDS)
    if vector.ndim != 2 or vector.shape[0] != 1:
        raise EmbedderRefused("The server's answer is not one vector a text: it may serve another kind of model")
    model, batch = info.get("model_id"), info.get("max_client_batch_size")
    return ServerFacts(
        model=model if isinstance(model, str) else "",
        dimensions=int(vector.shape[1]),
        batch_texts=batch if isinstance(batch, int) and 0 < batch <= 1024 else 32,
    )


def _embed(url: str, token: str, texts: list[str], seconds: float) -> Vectors:
    """float32 [len(texts), any], rows L2-normalised. Raises `EmbeddingUnavailable`."""
    client = InferenceClient(
        model=f"{url}/embed",
        token=token or _NO_TOKEN,
        timeout=httpx2.Timeout(seconds, connect=min(seconds, EMBEDDER_CONNECT_SECONDS)),  # type: ignore[arg-type]  # handed to httpx2, which takes both
    )
    try:
        found = np.asarray(
            client.feature_extraction(
                [storable_text(text[:EMBEDDER_READ_CHARACTERS]) for text in texts], normalize=True, truncate=True
            )
        )
    except HfHubHTTPError as error:
        raise _by_status(error.response.status_code) from error
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise EmbedderRefused("The embedding server's address cannot be used; correct it") from error
    except _UNANSWERED as error:
        raise EmbeddingUnavailable(f"no answer from the embedding server: {type(error).__name__}") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise EmbeddingUnavailable(f"the embedding server's answer cannot be read: {type(error).__name__}") from error
    if found.ndim != 2 or found.dtype.kind != "f" or not np.isfinite(found).all():
        raise EmbedderRefused("The embedding server's answer is not one finite vector a text")
    length = np.linalg.norm(found, axis=1, keepdims=True)
    vectors: Vectors = (found / np.maximum(length, 1e-12)).astype(np.float32)
    return vectors


def _info(url: str, token: str, seconds: float) -> dict[str, object]:
    """The server's `/info`; {} from a server that has none, which is asked for vectors all the same."""
    try:
        answer = httpx2.get(
            f"{url}/info",
            headers={"authorization": f"Bearer {token or _NO_TOKEN}"},
            timeout=httpx2.Timeout(seconds, connect=min(seconds, EMBEDDER_CONNECT_SECONDS)),
        )
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise EmbedderRefused("The embedding server's address cannot be used; correct it") from error
    except (httpx2.HTTPError, OSError) as error:
        raise EmbeddingUnavailable(f"no answer from the embedding server: {type(error).__name__}") from error
    if answer.status_code in (404, 405):
        return {}
    if answer.status_code != 200:
        raise _by_status(answer.status_code)
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _by_status(status: int) -> EmbeddingUnavailable:
    if status in _PASSING or status >= 500:
        return EmbeddingUnavailable(f"the embedding server answered {status}")
    if status == 413:
        return EmbedderRefused("the embedding server takes fewer texts in one call; lower the number of texts a call")
    return EmbedderRefused(f"the embedding server answered {status}; check address, token and what it serves")
