"""A trained model as bytes: arrays in npz, the rest as JSON inside it. No pickle, so reading it runs nothing."""

import io
import json
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatbot.intents.classifier import EMBEDDER, IntentClassifier
from chatbot.intents.errors import ModelUnreadable
from chatbot.intents.landmarks import Landmarks
from chatbot.intents.scope import Scope
from chatbot.intents.second_opinion import SecondOpinion
from chatbot.intents.tuned import TunedLayers
from chatbot.intents.word_features import WordFeatures

#: Raise it when models are built differently; older ones must be trained again.
FORMAT = 4


def packed(classifier: IntentClassifier) -> bytes:
    header = {
        "format": FORMAT,
        "embedder": EMBEDDER,
        "names": list(classifier.names),
        "sharpness": classifier.sharpness,
        "scope": {"bias": classifier.scope.bias, "threshold": classifier.scope.threshold},
    }
    second: dict[str, NDArray[Any]] = {}
    if classifier.second:
        tuned = classifier.second.tuned
        header["second"] = {"of_scores": classifier.second.of_scores, "of_tuned": classifier.second.of_tuned}
        second = {"second.middle": tuned.middle, "second.head": tuned.head, "second.bias": tuned.bias}
        for number, layer in enumerate(tuned.layers):
            second |= {f"second.{number}.{name}": value.astype(np.float16) for name, value in layer.items()}
    file = io.BytesIO()
    np.savez_compressed(
        file,
        header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
        rarity=classifier.words.rarity.astype(np.float16),
        middle=classifier.landmarks.middle,
        landmarks=classifier.landmarks.vectors.astype(np.float16),
        of_meaning=classifier.of_meaning,
        of_words=classifier.of_words.astype(np.float16),
        bias=classifier.bias,
        scope_weights=classifier.scope.weights,
        **second,  # type: ignore[arg-type]  # mypy takes them for allow_pickle
    )
    return file.getvalue()


def unpacked(data: bytes) -> IntentClassifier:
    """Raises `ModelUnreadable`."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
            if header["format"] != FORMAT:
                raise ModelUnreadable(
                    f"The model has format {header['format']}, this version reads {FORMAT}; train again"
                )
            if header["embedder"] != EMBEDDER:
                raise ModelUnreadable(f"The model was trained on vectors of {header['embedder']}; train again")
            loaded = {name: arrays[name].astype(np.float32) for name in arrays.files if name != "header"}
        return IntentClassifier(
            names=tuple(header["names"]),
            words=WordFeatures(rarity=loaded["rarity"]),
            landmarks=Landmarks(middle=loaded["middle"], vectors=loaded["landmarks"]),
            of_meaning=loaded["of_meaning"],
            of_words=loaded["of_words"],
            bias=loaded["bias"],
            sharpness=float(header["sharpness"]),
            scope=Scope(
                weights=loaded["scope_weights"],
                bias=float(header["scope"]["bias"]),
                threshold=float(header["scope"]["threshold"]),
            ),
            second=_second(header["second"], loaded) if "second" in header else None,
        )
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ModelUnreadable(f"The stored model cannot be read ({type(error).__name__}); train again") from error


def _second(header: dict[str, float], loaded: dict[str, NDArray[np.float32]]) -> SecondOpinion:
    layers: dict[int, dict[str, NDArray[np.float32]]] = {}
    for key, value in loaded.items():
        match key.split("."):
            case ["second", number, name]:
                layers.setdefault(int(number), {})[name] = value
    return SecondOpinion(
        tuned=TunedLayers(
            layers=tuple(layers[number] for number in range(len(layers))),
            middle=loaded["second.middle"],
            head=loaded["second.head"],
            bias=loaded["second.bias"],
        ),
        of_scores=float(header["of_scores"]),
        of_tuned=float(header["of_tuned"]),
    )
