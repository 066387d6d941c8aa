"""The name that staff gave an intent is one more example of it: "card arrival" says what its customers want."""

import re
from collections import Counter
from collections.abc import Sequence

_BETWEEN_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W\d_]+")


def named_examples(names: Sequence[str]) -> dict[str, str]:
    """The words of each name that has some of its own, by name: `card_arrival` and `cardArrival` give "card arrival".

    Names that differ by numbers only (`intent 1`, `intent 2`) say nothing about their customers, nor does a letter.
    """
    words = {name: " ".join(filter(None, _BETWEEN_WORDS.split(name))).lower() for name in names}
    used = Counter(words.values())
    return {name: said for name, said in words.items() if used[said] == 1 and (len(said) > 1 or not said.isascii())}
