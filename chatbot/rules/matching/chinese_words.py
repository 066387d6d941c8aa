"""Chinese writes no blanks: whether neighbouring signs are a word, or the end of one and the beginning of another."""

from collections.abc import Mapping

from knowledge.segmentation import word_frequencies


def is_cut_of_words(before: str, matched: str, after: str) -> bool:
    """True if `matched` is only the seam of two words of the dictionary: 台独 in 平台独立, 敏感 in 过敏感冒.

    `before` and `after` are the signs that touch it, one to three on each side.
    """
    known = word_frequencies()
    return any(
        _is_word_with(known, before, matched[:place], is_left=True)
        and _is_word_with(known, after, matched[place:], is_left=False)
        for place in range(1, len(matched))
    )


def _is_word_with(known: Mapping[str, int], neighbours: str, part: str, *, is_left: bool) -> bool:
    words = (
        neighbours[-length:] + part if is_left else part + neighbours[:length]
        for length in range(1, len(neighbours) + 1)
    )
    return any(known.get(word, 0) > 0 for word in words)
