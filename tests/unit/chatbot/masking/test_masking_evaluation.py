"""The measure of masking does what it says, and a file that cannot be used is refused with its place."""

import json
from pathlib import Path

import pytest

from chatbot.rules.masking.entities import Entity, EntityType
from chatbot.rules.masking.evaluation import SpansUnusable, evaluate, read_samples
from chatbot.rules.masking.finding import personal_entities

PUBLIC = Path(__file__).resolve().parents[5] / "shared" / "data" / "pii" / "spans.json"


def rows(*spans: tuple[str, int, int], text: str = "Anna Kowalska lives in Bonn") -> list[dict]:
    return [
        {
            "full_text": text,
            "spans": [
                {"entity_type": kind, "start_position": start, "end_position": end} for kind, start, end in spans
            ],
        }
    ]


def entity(kind: EntityType, start: int, end: int) -> Entity:
    return Entity(type=kind, start=start, end=end, text="", probability=1.0)


def test_a_span_of_another_type_counts_only_overall() -> None:
    samples, _ = read_samples(rows(("PERSON", 0, 13)))
    scores = evaluate(samples, lambda text: [entity(EntityType.ORGANIZATION, 0, 13)])
    assert scores[""].f2 == 1.0
    assert scores["PERSON"].recall == 0.0
    assert scores["ORGANIZATION"].precision == 0.0


def test_half_a_name_is_not_found() -> None:
    samples, _ = read_samples(rows(("PERSON", 0, 13)))
    assert evaluate(samples, lambda text: [entity(EntityType.PERSON, 0, 4)])[""].recall == 0.0


def test_two_halves_side_by_side_are_one() -> None:
    samples, _ = read_samples(rows(("PERSON", 0, 13)))
    found = [entity(EntityType.PERSON, 0, 4), entity(EntityType.PERSON, 5, 13)]
    assert evaluate(samples, lambda text: found)["PERSON"].f2 == 1.0


def test_unknown_types_are_counted_and_left_out() -> None:
    samples, left_out = read_samples(rows(("SHOE_SIZE", 0, 4)))
    assert samples[0].spans == ()
    assert left_out == {"SHOE_SIZE": 1}


@pytest.mark.parametrize(
    "broken",
    [{}, [{"full_text": "x"}], [{"full_text": "x", "spans": [{"entity_type": "PERSON"}]}], rows(("PERSON", 5, 99))],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place(broken: object) -> None:
    with pytest.raises(SpansUnusable, match=r"Entry 1|list of objects"):
        read_samples(broken)


@pytest.mark.skipif(not PUBLIC.is_file(), reason="the public set of annotated sentences is not beside the project")
def test_masking_keeps_its_quality_on_the_public_set() -> None:
    samples, _ = read_samples(json.loads(PUBLIC.read_text(encoding="utf-8")))
    # A third of it, for the sake of time; `manage.py evaluate_masking` measures all.
    assert evaluate(samples[::3], personal_entities)[""].f2 >= 0.83
