"""How one search is done: as usual, or otherwise, so that two ways can be compared."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from knowledge.ranking import Fusion, SignalWeights


class Way(StrEnum):
    """What proposes passages."""

    HYBRID = "hybrid"
    WORDS = "words"
    VECTORS = "vectors"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    embedder: str = ""  #: name; '' = the active one
    way: Way = Way.HYBRID
    fusion: Fusion = Fusion.LEARNED
    with_reranker: bool = True  #: where one is configured
    signals: SignalWeights | None = None  #: weights of freshness and past citations; None = the learned ones
    least_score: float = 0.0  #: passages of a lower score are left out, 0.0..1.0


USUAL: Final = SearchSettings()
