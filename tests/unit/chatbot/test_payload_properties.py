"""Whatever stands in a notification: it is understood, or refused with `PayloadError`; nothing else."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.errors import PayloadError
from chatbot.intercom.payloads import OwnMarks, conversation_report, item_of, redacted_part
from sessions_app.conversations import HolderChange
from tests.payloads import NAMES, notification

OWN = OwnMarks(admin_id="991267715", app_package_code="handrail-a86dr8yl")

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**80), max_value=10**80),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(alphabet=st.characters(), max_size=40),
    st.sampled_from(["", "0", "\x00", "\ud800", "<p>", "&#0;", "2026-02-30", "9" * 400, "admin", "user", "assignment"]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*path, number))


def put(found: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    whole = copy.deepcopy(found)
    holder = whole
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return whole


EVERYWHERE = [(name, path) for name in NAMES for path in places(notification(name)) if path[:1] == ("data",)]


def storable(text: str) -> bool:
    return "\x00" not in text and text.encode("utf-8", "replace").decode() == text


@settings(max_examples=1200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(EVERYWHERE), value=ANYTHING)
def test_any_value_in_any_place_is_understood_or_refused(place: tuple[str, tuple[Any, ...]], value: Any) -> None:
    name, path = place
    changed = put(notification(name), path, value)
    try:
        item = item_of(changed)
        found = redacted_part(item) if name.startswith("conversation_part") else conversation_report("w", item, OWN)
    except PayloadError as error:
        assert "`" in str(error), "the message names the field"
        return
    if name.startswith("conversation_part"):
        return
    customer = found.key.customer  # type: ignore[union-attr]
    words = [customer.external_id, customer.name, customer.email, customer.tier, *customer.attributes]
    words.extend(customer.attributes.values())
    for event in found.events:  # type: ignore[union-attr]
        assert event.sent_at.tzinfo is not None
        words.extend([event.external_id, event.text])
        if isinstance(event, HolderChange):
            assert len(event.admin_id or "") <= 64
            assert len(event.team_id or "") <= 64
        else:
            words.extend(
                [event.author_name, event.author_id, *(word for entry in event.attachments for word in entry.values())]
            )
    assert all(storable(word) for word in words), "PostgreSQL would refuse it"


@pytest.mark.parametrize("path", [("data",), ("data", "item"), ("data", "item", "id")])
def test_what_is_needed_cannot_be_left_out(path: tuple[Any, ...]) -> None:
    with pytest.raises(PayloadError):
        conversation_report("w", item_of(put(notification("conversation.user.created"), path, None)), OWN)
