"""Builds the embedding model's files once for all processes: weights checked, graph built, moved into place whole."""

import fcntl
import hashlib
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from knowledge.bert_shape import NAME_LAYERS, BertShape
from knowledge.conf import MODEL_BUILD_SECONDS, models_directory
from knowledge.errors import EmbeddingUnavailable, ModelDamaged

logger = logging.getLogger(__name__)

#: Part of the file names; raise it when the graph is built differently.
GRAPH_VERSION = 4
#: The same for how weights become int8.
QUANTISER_VERSION = 3


def model_file(
    name: str,
    *,
    weights: Path | None,
    sha256: str,
    shape: BertShape,
    int8: bool = False,
) -> Path:
    """The ONNX file `name`, built from `weights` where it is not there yet (some seconds, with a progress bar).

    In int8 it gives what NAME_LAYERS and the last layer made of each token, too.

    Raises `ModelDamaged` where the weights are missing or not the ones we trust, `EmbeddingUnavailable` where the
    data directory cannot be written or another process takes too long to build the same.
    """
    try:
        version = f"v{GRAPH_VERSION}.{QUANTISER_VERSION}" if int8 else f"v{GRAPH_VERSION}"
        target = models_directory() / f"{name}-{sha256[:12]}-{version}.onnx"
        if target.exists():
            return target
        with _only_one_builder(target.with_suffix(".lock")):
            if not target.exists():
                _build(target, weights=weights, sha256=sha256, shape=shape, int8=int8)
    except OSError as error:
        raise EmbeddingUnavailable(
            f"The model file cannot be built ({error.strerror}); HANDRAIL_DATA_DIR needs 300 MB it can write"
        ) from error
    return target


@contextmanager
def _only_one_builder(lock: Path) -> Iterator[None]:
    """Holds a file lock, which the kernel releases even if its holder is killed."""
    end = time.monotonic() + MODEL_BUILD_SECONDS
    with lock.open("w") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > end:
                    raise EmbeddingUnavailable("Another process is still building the embedding model") from error
                time.sleep(0.1)
        yield


def _build(target: Path, *, weights: Path | None, sha256: str, shape: BertShape, int8: bool) -> None:
    import onnx  # loading these costs a second, which only the builder shall pay
    from safetensors.numpy import load

    from knowledge.onnx_graph import build_bert

    started = time.perf_counter()
    if weights is None or not weights.is_file():
        raise ModelDamaged("The embedding model's weights are not installed; run `make setup`")
    stored = weights.read_bytes()
    if hashlib.sha256(stored).hexdigest() != sha256:
        raise ModelDamaged(f"{weights.name} is not the file we trust (its SHA-256 differs); install it again")
    layers = (*NAME_LAYERS, shape.layers - 1) if int8 else ()
    steps = shape.layers + (2 if int8 else 1)
    shown = sys.stderr.isatty()
    with (
        tqdm(total=steps, desc=f"building {target.stem}", unit="step", disable=not shown) as progress,
        tempfile.TemporaryDirectory(dir=target.parent, prefix="building-") as folder,
    ):
        model = build_bert(load(stored), shape, padded=not int8, token_layers=layers, on_layer=progress.update)
        draft = Path(folder) / "draft.onnx"
        onnx.save(model, str(draft))
        progress.update()
        if int8:
            draft = _quantized(draft)
            progress.update()
        draft.rename(target)
    logger.info(
        "embedding model built",
        extra={"action": "model_built", "model": target.name, "seconds": round(time.perf_counter() - started, 1)},
    )


def _quantized(source: Path) -> Path:
    """The same model with int8 weights, a quarter of the size; activations are quantised as they come.

    Weights use seven bits of the eight: where a processor has no VNNI, sums of two full products would overflow, and
    vectors would depend on the machine that made them.
    """
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # The quantiser tells its thoughts about every tensor to the root logger.
    root = logging.getLogger()
    root.addFilter(_errors_only)
    try:
        quantize_dynamic(
            str(source),
            str(target := source.with_name("int8.onnx")),
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            op_types_to_quantize=["MatMul", "Attention", "EmbedLayerNormalization"],
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
        )
    finally:
        root.removeFilter(_errors_only)
    return target


def _errors_only(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR
