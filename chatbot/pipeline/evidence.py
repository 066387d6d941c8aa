"""Pure: what speaks for one passage being the answer, in figures that mean the same in every knowledge base.

Each figure compares the passage with the other passages that the same question brought up, or counts the question's
own words, so that none depends on how alike the articles of a company are, on their length or on their subject.
A figure that cannot be told is left out: it then speaks neither for the draft nor against it.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from types import MappingProxyType
from typing import Final

from chatbot.rules.words import asked_words
from knowledge.closeness import Closeness
from knowledge.retrieval import Passage

#: Passages of one search that are compared; the first of them are the rivals, the rest what any question brings up.
FIELD: Final = 40
#: From this place on the field counts as background.
_BACKGROUND = 5
_WORDS_MAX = 60
_NO_RIVAL = 0.5
_LEXICAL_MAX = 1.2
#: How much closer scores must be to share what speaks for a passage: one this far behind has a share of 0.37 to 1.
_SHARING = 0.08
#: What closeness counts beside the score of the search, when passages are put in order and compared: of the words that
#: carry meaning, of the whole question, and of the title's words to the question.
_MEAN_SHARE: Final = 0.5
_WHOLE_SHARE: Final = 0.5
_TITLE_SHARE: Final = 0.2
#: A title without words of its own counts as one like most.
_ORDINARY_TITLE: Final = 0.3
_NO_CLOSE_RIVAL = 0.1
_NO_JOINT_RIVAL = 0.4

#: Of a question in a script that the embedder reads; those behind `share` are left out where words were not compared.
READ: Final = (
    "similarity",
    "margin",
    "lead",
    "word_coverage",
    "word_coverage_margin",
    "share",
    "close",
    "close_weakest",
    "close_margin",
    "close_whole",
    "close_whole_margin",
    "close_title",
    "close_title_margin",
    "joint_margin",
)
#: Of any other question: its vector says next to nothing.
UNREAD: Final = (
    "unread_lexical_score",
    "unread_margin",
    "unread_lead",
    "unread_word_coverage",
    "unread_word_coverage_margin",
    "unread_share",
)
#: 1.0 for the second kind of question, 0.0 for the first: the only figure that may speak against a draft.
IS_UNREAD: Final = "is_unread"
#: How probable a model's words were to itself, 0..1, where its server tells.
TOKEN_PROBABILITY: Final = "token_probability"  # noqa: S105  # no secret
FEATURES: Final = (*READ, *UNREAD, IS_UNREAD, TOKEN_PROBABILITY)

_NOTHING_COMPARED: Mapping[int, Closeness] = MappingProxyType({})


def evidence(
    question: str,
    passage: Passage,
    field: Sequence[Passage],
    *,
    closeness: Mapping[int, Closeness] = _NOTHING_COMPARED,
    is_read: bool = True,
) -> dict[str, float]:
    """Some of `FEATURES`. `field` holds all that the question brought up, best first, and `passage` among it.

    `closeness` is that of the first few, by `chunk_id`; `is_read` says whether the embedder reads the question.
    """
    field = field[:FIELD]
    others = [other for other in field if other.article_id != passage.article_id]
    background = [other.score for other in field[_BACKGROUND:]]
    covered = _coverages(question, field)
    own = covered.get(passage.chunk_id, 0.0)
    found = {
        "margin": passage.score - max(other.score for other in others) if others else _NO_RIVAL,
        "lead": passage.score - fmean(background) if background else 0.0,
        "word_coverage": own,
        "word_coverage_margin": own - max((covered[other.chunk_id] for other in others), default=0.0),
        "share": _share(passage, others),
    }
    if not is_read:
        lexical = {
            "lexical_score": min(passage.lexical_score, _LEXICAL_MAX),
            # To be ahead with half of what is asked for says little where words are all there is to go by.
            "word_coverage_margin": own * found["word_coverage_margin"],
        }
        return {IS_UNREAD: 1.0, **{f"unread_{name}": value for name, value in (found | lexical).items()}}
    return {
        IS_UNREAD: 0.0,
        "similarity": passage.similarity,
        **found,
        **_word_by_word(passage, others, closeness),
    }


def joint_score(passage: Passage, closeness: Closeness) -> float:
    """What the search and the comparing of words say together."""
    title = _ORDINARY_TITLE if closeness.title is None else closeness.title
    return passage.score + _MEAN_SHARE * closeness.mean + _WHOLE_SHARE * closeness.whole + _TITLE_SHARE * title


def _word_by_word(passage: Passage, others: Sequence[Passage], closeness: Mapping[int, Closeness]) -> dict[str, float]:
    own = closeness.get(passage.chunk_id)
    if own is None:
        return {}
    rivals = [(other, known) for other in others if (known := closeness.get(other.chunk_id)) is not None]
    found = {
        "close": own.mean,
        "close_weakest": own.weakest,
        "close_margin": _ahead(own.mean, [known.mean for _, known in rivals]),
        "close_whole": own.whole,
        "close_whole_margin": _ahead(own.whole, [known.whole for _, known in rivals]),
        "joint_margin": _ahead(
            joint_score(passage, own), [joint_score(*rival) for rival in rivals], alone=_NO_JOINT_RIVAL
        ),
    }
    if own.title is not None:
        titles = [known.title for _, known in rivals if known.title is not None]
        found |= {"close_title": own.title, "close_title_margin": _ahead(own.title, titles)}
    return found


def _ahead(own: float, rivals: Sequence[float], *, alone: float = _NO_CLOSE_RIVAL) -> float:
    return own - max(rivals) if rivals else alone


def _share(passage: Passage, others: Sequence[Passage]) -> float:
    """Its share of all that speaks for it and for passages of other articles, 0..1."""
    best = max([passage.score, *(other.score for other in others)])
    own = math.exp((passage.score - best) / _SHARING)
    return own / (own + sum(math.exp((other.score - best) / _SHARING) for other in others))


def _coverages(question: str, field: Sequence[Passage]) -> dict[int, float]:
    """Share of the question's words in each passage, by `chunk_id`.

    A word weighs the more, the fewer passages have it, and most where none has: then what is asked for is missing.
    """
    texts = [_folded(passage) for passage in field]
    present = [0.0] * len(texts)
    total = 0.0
    for word in sorted(asked_words(question))[:_WORDS_MAX]:
        holders = [place for place, text in enumerate(texts) if word in text]
        weight = math.log(1 + (len(texts) - len(holders) + 0.5) / (len(holders) + 0.5))
        total += weight
        for place in holders:
            present[place] += weight
    if not total:
        return dict.fromkeys((passage.chunk_id for passage in field), 0.0)
    return {passage.chunk_id: value / total for passage, value in zip(field, present, strict=True)}


def _folded(passage: Passage) -> str:
    return f"{passage.article_title} {passage.heading_path} {passage.text}".casefold()
