"""Pure: which arm of each running experiment a customer is in. A hash decides, so the answer is always the same.

Experiments are independent of each other: each has its own salt. One goes before all others: a customer whom the
holdout keeps from the bot takes part in no other experiment, because there is no bot to treat them differently.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Final

from chatbot.experiments.hashing import point
from chatbot.models import Experiment
from chatbot.trying.variant import TODAY, Variant, applying


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One experiment as the pipeline needs it."""

    id: int
    salt: str
    share: float  #: of customers in the tried arm, 0..1
    started_at: datetime
    is_holdout: bool = False
    variant: Variant = TODAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where one conversation stands; without an experiment, nowhere."""

    arms: Mapping[str, str] = field(default_factory=dict)  #: id of the experiment -> arm
    variant: Variant = TODAY
    is_held_out: bool = False  #: the bot stays out; people answer
    is_outside_share: bool = False  #: for this reason: the bot does not answer all customers yet

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within it the stages read the team's settings as the arms have them."""
        if self.variant is TODAY:
            yield
            return
        with applying(self.variant):
            yield


NOWHERE: Final = Placement()
OUTSIDE_SHARE: Final = Placement(is_held_out=True, is_outside_share=True)


def arm(experiment: Running, customer: str) -> Experiment.Arm:
    is_tried = point(experiment.salt, customer) < experiment.share
    return Experiment.Arm.TRIED if is_tried else Experiment.Arm.CONTROL


def place(customer: str, *, began_at: datetime, running: Sequence[Running]) -> Placement:
    """A conversation that `began_at` before an experiment did stays as it was: it would belong to both worlds."""
    due = [one for one in running if began_at >= one.started_at]
    if not due:
        return NOWHERE
    arms = {one.id: arm(one, customer) for one in due}
    held = [one for one in due if one.is_holdout and arms[one.id] is Experiment.Arm.TRIED]
    if held:
        return Placement(arms={str(one.id): arms[one.id].value for one in held}, is_held_out=True)
    variant = TODAY
    for one in due:
        if arms[one.id] is Experiment.Arm.TRIED:
            variant = _with(variant, one.variant)
    return Placement(arms={str(number): where.value for number, where in arms.items()}, variant=variant)


def _with(variant: Variant, other: Variant) -> Variant:
    """Both; each lever has a field of its own, so they never meet."""
    changed = {one.name: getattr(other, one.name) for one in fields(other)}
    return replace(variant, **{name: value for name, value in changed.items() if value not in (None, "")})
