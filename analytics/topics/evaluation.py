"""How well questions are grouped, on a labelled set.

Beside it stand k-means, which is told how many groups there are, and agglomerative clustering with the same threshold,
which begins anew each time.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.metrics import adjusted_mutual_info_score

from analytics.topics.grouping import BY_MEANING, LOOSE, Closeness, Matrix, group, no_centres

_SEED: Final = 20260329


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    groups: int
    grouped: float  #: share of questions in a group, 0..1
    adjusted_mutual_information: float  #: each question like no other counts as a group of its own
    purity: float  #: share of the grouped questions that have their group's commonest label
    seconds: float  #: of the processor
    moved: float = 0.0  #: share of questions that changed their group after their first day


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    day_by_day: Quality  #: what the product does
    k_means: Quality
    agglomerative: Quality


def compared(vectors: Matrix, labels: Sequence[str], *, days: int, closeness: Closeness = BY_MEANING) -> Compared:
    """Questions in a random order, the same in each run, in `days` equal parts."""
    order = np.random.default_rng(_SEED).permutation(len(labels))
    shuffled, names = vectors[order], [labels[number] for number in order]
    started = time.process_time()
    found, moved = _day_by_day(shuffled, days, closeness)
    own = _quality(found, names, time.process_time() - started, moved=moved)
    started = time.process_time()
    means = KMeans(len(set(labels)), n_init=3, random_state=_SEED).fit_predict(shuffled)
    k_means = _quality(means, names, time.process_time() - started)
    started = time.process_time()
    tree = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=1 - closeness.cluster
    ).fit_predict(shuffled)
    return Compared(day_by_day=own, k_means=k_means, agglomerative=_quality(tree, names, time.process_time() - started))


def _day_by_day(vectors: Matrix, days: int, closeness: Closeness) -> tuple[Sequence[int], float]:
    centres, before = no_centres(vectors.shape[1]), np.zeros(0, dtype=np.int64)
    moved = 0
    for end in np.linspace(0, len(vectors), days + 1).astype(int)[1:]:
        # Each question is another customer's.
        grouping = group(
            vectors[:end], range(int(end)), centres, least_questions=3, least_people=2, closeness=closeness
        )
        labels = np.array(grouping.labels)
        moved += int(((before != LOOSE) & (labels[: len(before)] != before)).sum())
        centres, before = grouping.centres, labels
    return before.tolist(), moved / max(1, len(vectors))


def _quality(found: Sequence[int], labels: Sequence[str], seconds: float, *, moved: float = 0.0) -> Quality:
    members: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for number, label in zip(found, labels, strict=True):
        if number != LOOSE:
            members[int(number)][label] += 1
    grouped = sum(sum(counts.values()) for counts in members.values())
    alone = [number if number != LOOSE else -2 - place for place, number in enumerate(found)]
    return Quality(
        groups=len(members),
        grouped=grouped / max(1, len(labels)),
        adjusted_mutual_information=float(adjusted_mutual_info_score(labels, alone)),
        purity=sum(counts.most_common(1)[0][1] for counts in members.values()) / max(1, grouped),
        seconds=seconds,
        moved=moved,
    )
