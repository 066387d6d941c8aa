"""A text made from another one, with the way back: which characters of the source each of its characters comes from."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedText:
    """`text[i]` comes from `source[starts[i]:ends[i]]`. Without `starts` and `ends`, each from its own place.

    Starts and ends never fall. Several characters may come from one ("ﬁ" is "fi"), and one from several.
    """

    source: str
    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` stands in `source`; an empty range has an empty place."""
        if self.starts is None or self.ends is None:
            return start, end
        if start >= end:
            place = self.starts[start] if start < len(self.starts) else len(self.source)
            return place, place
        return self.starts[start], self.ends[end - 1]

    def then(self, further: "MappedText") -> "MappedText":
        """`further`, which was made from our text, seen as made from our source."""
        if self.starts is None or self.ends is None:
            return MappedText(source=self.source, text=further.text, starts=further.starts, ends=further.ends)
        if further.starts is None or further.ends is None:
            return MappedText(source=self.source, text=further.text, starts=self.starts, ends=self.ends)
        spans = [self.span(start, end) for start, end in zip(further.starts, further.ends, strict=True)]
        return MappedText(
            source=self.source,
            text=further.text,
            starts=[start for start, _ in spans],
            ends=[end for _, end in spans],
        )


def unchanged(text: str) -> MappedText:
    return MappedText(source=text, text=text)


class Pieces:
    """Builds a `MappedText` from left to right: kept, replaced and left-out pieces of its source."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._texts: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []

    def keep(self, start: int, end: int) -> None:
        self._texts.append(self._source[start:end])
        self._starts.extend(range(start, end))
        self._ends.extend(range(start + 1, end + 1))

    def put(self, text: str, start: int, end: int) -> None:
        """`text` in place of `source[start:end]`."""
        self._texts.append(text)
        self._starts.extend([start] * len(text))
        self._ends.extend([end] * len(text))

    def built(self) -> MappedText:
        return MappedText(source=self._source, text="".join(self._texts), starts=self._starts, ends=self._ends)
