"""How much the tuned layers count beside similarities and words: learned from examples that neither has seen.

Where they add nothing, as in a language that the embedder reads badly, they are left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatbot.intents.readings import States
from chatbot.intents.tuned import TunedLayers, tuned_layers

Floats = NDArray[np.float32]
Classes = NDArray[np.int64]

#: Fewer examples leave too few to judge by.
LEAST_EXAMPLES = 300
#: One example in so many of each intent is left out and judged; the last ones are the intents' names and teach only.
LEFT_OUT_OF = 5
#: Up to so many, those left out are learned from, too, once they have judged.
TAUGHT_AGAIN = 2_000
LEFT_OUT_OF_MANY = 10
#: By so much the mean loss must fall.
LEAST_GAIN = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    tuned: TunedLayers
    of_scores: float  #: what the scores of similarities and words are multiplied with
    of_tuned: float  #: what the tuned layers' logits are multiplied with; the sum is the logits

    def logits(self, scores: Floats, states: Sequence[States]) -> Floats:
        """float32 [texts, intents], calibrated."""
        result: Floats = np.float32(self.of_scores) * scores + np.float32(self.of_tuned) * self.tuned.logits(states)
        return result


def second_opinion(
    states: Sequence[States],
    classes: Classes,
    left_out_scores: Floats,
    *,
    on_share: Callable[[float], object] = lambda share: None,
) -> SecondOpinion | None:
    """`states` and `classes` of the examples and behind them of such that teach only; `left_out_scores` [examples,
    intents] is what the first opinion says of each example without it. None where a second one does not help."""
    examples, count = left_out_scores.shape
    if examples < LEAST_EXAMPLES:
        return None
    is_few = examples <= TAUGHT_AGAIN
    judged = _left_out(classes[:examples], LEFT_OUT_OF if is_few else LEFT_OUT_OF_MANY)
    taught = np.setdiff1d(np.arange(len(classes)), judged)
    tuned = tuned_layers(
        [states[row] for row in taught],
        classes[taught],
        count,
        on_share=lambda share: on_share(share * (0.5 if is_few else 1.0)),
    )
    scores, logits = left_out_scores[judged], tuned.logits([states[row] for row in judged])
    (of_scores, of_tuned), loss = _weighed(scores, logits, classes[judged])
    if _weighed(scores, np.zeros_like(logits), classes[judged])[1] - loss < LEAST_GAIN:
        return None
    if is_few:
        tuned = tuned_layers(states, classes, count, on_share=lambda share: on_share(0.5 + share / 2))
    return SecondOpinion(tuned=tuned, of_scores=of_scores, of_tuned=of_tuned)


def _left_out(classes: Classes, one_in: int) -> Classes:
    """Of each class every so manieth row, by chance, one at least."""
    order = np.random.default_rng(0).permutation(len(classes))
    places = np.empty_like(order)
    for number in np.unique(classes):
        members = order[classes[order] == number]
        places[members] = np.arange(len(members))
    return np.flatnonzero(places % one_in == 0)


def _weighed(scores: Floats, logits: Floats, classes: Classes) -> tuple[tuple[float, float], float]:
    """The factors, none under 0, under which the sum makes `classes` most probable, and the mean loss then."""
    from scipy.optimize import minimize  # slow to load, and only training needs it
    from scipy.special import logsumexp

    both = np.stack([scores, logits]).astype(np.float64)
    rows = np.arange(len(classes))

    def loss(factors: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total = np.tensordot(factors, both, axes=1)
        surely = total - logsumexp(total, axis=1, keepdims=True)
        slopes = (np.exp(surely) * both).sum(axis=2) - both[:, rows, classes]
        return -float(surely[rows, classes].mean()), slopes.mean(axis=1)

    found = minimize(loss, x0=np.array([8.0, 0.5]), jac=True, bounds=[(0.0, 300.0), (0.0, 3.0)], method="L-BFGS-B")
    return (float(found.x[0]), float(found.x[1])), float(found.fun)
