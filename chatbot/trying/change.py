"""One thing that would be other than today: what it is, and under which key its trials are found again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.models import ChangeKind, ModelPool, TemperatureProfile
from chatbot.models.temperature_profile import STEERING_FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that would be other than today."""

    kind: ChangeKind
    payload: Mapping[str, Any]  #: JSON; its keys depend on the kind

    @property
    def key(self) -> str:
        """The same for the same change, whoever asks for it and when."""
        return hashlib.sha256(json.dumps(dict(self.payload), sort_keys=True).encode()).hexdigest()[:32]


def threshold_change(value: float) -> Change:
    return Change(kind=ChangeKind.THRESHOLD, payload={"threshold": round(float(value), 4)})


def calibration_change(number: int | None) -> Change:
    """None: the weights that ship with the code."""
    return Change(kind=ChangeKind.CALIBRATION, payload={"calibration": number})


def intents_change(version: int) -> Change:
    return Change(kind=ChangeKind.INTENTS, payload={"version": version})


def embedder_change(name: str) -> Change:
    return Change(kind=ChangeKind.EMBEDDER, payload={"embedder": name})


def model_change(pool: ModelPool) -> Change:
    """A model pool, asked alone; it need take no calls yet. With another address or model it is another change."""
    place = hashlib.sha256(f"{pool.address}\n{pool.model_name}".encode()).hexdigest()  # an address may hold a password
    return Change(kind=ChangeKind.MODEL, payload={"pool": pool.pk, "place": place[:16]})


def prompt_change(version: int) -> Change:
    """A version of a prompt, by its id."""
    return Change(kind=ChangeKind.PROMPT, payload={"version": version})


def profile_change(profile: TemperatureProfile) -> Change:
    """`profile` with the values that it has now in memory, saved or not; as the default if it is marked so."""
    return Change(
        kind=ChangeKind.PROFILE,
        payload={
            "profile": profile.pk,
            "is_default": profile.is_default,
            "scenario": profile.scenario,
            "values": {name: getattr(profile, name) for name in STEERING_FIELDS},
        },
    )


def rules_change(*, words: list[int], triggers: list[int]) -> Change:
    """These rules switched over: on where they are off, off where they are on."""
    return Change(kind=ChangeKind.RULES, payload={"words": sorted(words), "triggers": sorted(triggers)})
