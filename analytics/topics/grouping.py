"""Pure: questions' vectors to groups that keep their identity when more questions come.

Groups have centres. Each question goes to the nearest centre that is near enough; among those that stay loose, clusters
close enough become new centres; then centres move to the mean of their questions and questions to their nearest centre,
until nothing moves. Yesterday's centres are today's beginning, so a group stays the same group. `evaluate_topics`
measures it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeness:
    """Cosine similarities from which questions belong together; another kind of vectors needs others."""

    cluster: float  #: of loose questions, on average over two clusters, from which they are one
    near: float  #: to a centre, from which a question belongs to it
    same: float  #: of a new cluster to a centre, from which it is no new group


#: For all-MiniLM-L6-v2; chosen on BANKING77 and CLINC150.
BY_MEANING: Final = Closeness(cluster=0.65, near=0.6, same=0.8)
#: Questions looked at, the newest: clustering so many takes about a second and 40 MB.
WINDOW: Final = 3_000
#: Loose questions that are clustered at a time: a backlog then gives the same broad groups as questions day by day.
PORTION: Final = 300
#: Groups there may be; more would be more than anybody reads.
MOST_GROUPS: Final = 500
_ROUNDS: Final = 20
LOOSE: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    labels: tuple[int, ...]  #: of each question its centre, or LOOSE
    centres: Matrix  #: [groups, dimensions], rows of length 1; the given ones first, in their order


def group(
    vectors: Matrix,
    people: Sequence[int],
    centres: Matrix,
    *,
    least_questions: int,
    least_people: int,
    closeness: Closeness = BY_MEANING,
) -> Grouping:
    """`vectors` [questions, dimensions]: rows of length 1, oldest first, at most WINDOW; `people`: whose each is.

    A new group has at least so many questions of so many people. The same input gives the same groups.
    """
    assert len(vectors) == len(people) <= WINDOW
    loose = np.flatnonzero(_nearest(vectors, centres, closeness.near) == LOOSE)
    is_seen = np.ones(len(vectors), dtype=bool)
    is_seen[loose] = False
    for start in range(0, max(len(loose), 1), PORTION):
        is_seen[loose[start : start + PORTION]] = True
        seen = np.flatnonzero(is_seen)
        whose = [people[number] for number in seen.tolist()]
        centres = _with_new(vectors[seen], whose, centres, least_questions, least_people, closeness)
        centres = _settled(vectors[seen], centres, closeness.near)
    return Grouping(labels=tuple(map(int, _nearest(vectors, centres, closeness.near))), centres=centres)


def no_centres(dimensions: int) -> Matrix:
    return np.zeros((0, dimensions), dtype=np.float32)


def _with_new(
    vectors: Matrix,
    people: Sequence[int],
    centres: Matrix,
    least_questions: int,
    least_people: int,
    closeness: Closeness,
) -> Matrix:
    """`centres`, and those of the clusters of loose questions that are large enough and like none of them."""
    loose = np.flatnonzero(_nearest(vectors, centres, closeness.near) == LOOSE)
    for cluster in _clusters(vectors, loose, closeness.cluster):
        if len(centres) >= MOST_GROUPS or len(cluster) < least_questions:
            break
        centre = _unit(vectors[cluster].sum(axis=0))
        is_known = bool(len(centres)) and (centres @ centre).max() >= closeness.same
        if not is_known and len({people[number] for number in cluster}) >= least_people:
            centres = np.vstack([centres, centre[np.newaxis]])
    return centres


def _settled(vectors: Matrix, centres: Matrix, near: float) -> Matrix:
    """Centres in the middle of their questions, as far as a few rounds bring them there."""
    labels = _nearest(vectors, centres, near)
    for _ in range(_ROUNDS if len(centres) else 0):
        centres = np.stack([_moved(vectors[labels == number], old) for number, old in enumerate(centres)])
        before, labels = labels, _nearest(vectors, centres, near)
        if (before == labels).all():
            break
    return centres


def _nearest(vectors: Matrix, centres: Matrix, near: float) -> NDArray[np.int64]:
    if not len(centres) or not len(vectors):
        return np.full(len(vectors), LOOSE, dtype=np.int64)
    cosines = vectors @ centres.T
    nearest = cosines.argmax(axis=1)
    return np.where(cosines[np.arange(len(vectors)), nearest] >= near, nearest, LOOSE)


def _clusters(vectors: Matrix, loose: NDArray[np.int64], similarity: float) -> list[NDArray[np.int64]]:
    """Loose questions by average linkage, the largest cluster first, equal ones by their oldest question."""
    if len(loose) < 2:
        return [loose] if len(loose) else []
    from scipy.cluster.hierarchy import fcluster, linkage  # slow to load, and only the worker groups questions
    from scipy.spatial.distance import pdist

    distances: Any = pdist(vectors[loose], "cosine").clip(min=0.0)
    numbers = fcluster(linkage(distances, "average"), 1 - similarity, "distance")
    clusters = [loose[numbers == number] for number in np.unique(numbers)]
    return sorted(clusters, key=lambda cluster: (-len(cluster), int(cluster[0])))


def _moved(members: Matrix, old: Matrix) -> Matrix:
    """A centre without questions in the window stays where it is: they may come back."""
    return _unit(members.sum(axis=0)) if len(members) else old


def _unit(vector: Matrix) -> Matrix:
    length = float(np.linalg.norm(vector))
    return (vector / length if length else vector).astype(np.float32)
