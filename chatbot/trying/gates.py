"""Gates: evaluation sets that a change must pass before it goes live, and what a person may do about it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chatbot.errors import ChangeUnusable, GateNotPassed
from chatbot.models import ChangeKind, ChangeTrial, Gate, GateOverride
from chatbot.trying.change import Change, embedder_change
from chatbot.trying.comparing import read_summary
from knowledge.errors import SwitchRefused
from knowledge.models import Embedder
from knowledge.question_sets import fingerprint_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: A trial says nothing any more after so many days: articles and settings move on.
TRIAL_DAYS: Final = 7
#: Hours for which a person's word lets the change go live.
OVERRIDE_HOURS: Final = 24
_SALT: Final = "handrail.change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a change stands with one gate."""

    gate: Gate
    trial: ChangeTrial | None  #: the newest that counts, or one that is at work; None where it was never tried
    problem: str  #: '' = passed


def standings(change: Change) -> list[Standing]:
    """With every gate that guards such a change."""
    gates = Gate.objects.filter(is_on=True, kinds__contains=[change.kind]).select_related("question_set")
    return [_standing(gate, change) for gate in gates]


def is_guarded(kind: ChangeKind) -> bool:
    """Whether any gate guards changes of this kind."""
    return Gate.objects.filter(is_on=True, kinds__contains=[kind]).exists()


def refuse_ungated(change: Change, *, subject: str) -> None:
    """Raises `GateNotPassed` where a gate guards such a change and it has not passed, and no person let it pass."""
    missing = [standing for standing in standings(change) if standing.problem]
    if not missing or _is_overridden(change):
        return
    words = "; ".join(f"“{standing.gate}”: {standing.problem}" for standing in missing)
    raise GateNotPassed(
        _("%(change)s goes live only after it has passed its gate. %(problems)s")
        % {"change": subject, "problems": words},
        address=gate_address(change, subject=subject),
    )


def agree_to_embedder(name: str) -> None:
    """The guard of `knowledge.embedders`. Raises `SwitchRefused`."""
    if Embedder.objects.filter(name=name, is_active=True).exists():
        return
    try:
        refuse_ungated(embedder_change(name), subject=_("Embedder %(name)s") % {"name": name})
    except GateNotPassed as error:
        raise SwitchRefused(str(error), address=error.address) from error


def let_pass(change: Change, *, subject: str, reason: str, user: "User") -> GateOverride:
    """A person's word, kept for good; for OVERRIDE_HOURS the change may go live. Raises `ValidationError`."""
    words = "; ".join(f"“{one.gate}”: {one.problem}" for one in standings(change) if one.problem)
    override = GateOverride(
        kind=change.kind,
        key=change.key,
        subject=subject[:200],
        problem=words or "–",
        reason=reason.strip(),
        created_by=user,
    )
    override.save()
    return override


def gate_address(change: Change, *, subject: str) -> str:
    """Of the page that says what is missing, tries the change, and takes a person's word."""
    told = signing.dumps(
        {"kind": change.kind.value, "payload": dict(change.payload), "subject": subject}, salt=_SALT, compress=True
    )
    return f"{reverse('admin:chatbot_changetrial_gate')}?{urlencode({'change': told})}"


def told_change(told: str) -> tuple[Change, str]:
    """The change and its name out of such an address. Raises `ChangeUnusable`."""
    try:
        read = signing.loads(told, salt=_SALT, max_age=timedelta(days=30))
        return Change(kind=ChangeKind(read["kind"]), payload=read["payload"]), str(read["subject"])
    except (signing.BadSignature, KeyError, ValueError) as error:
        raise ChangeUnusable(_("This change cannot be read; make it again.")) from error


def _is_overridden(change: Change) -> bool:
    since = timezone.now() - timedelta(hours=OVERRIDE_HOURS)
    return GateOverride.objects.filter(kind=change.kind, key=change.key, created_at__gte=since).exists()


def _standing(gate: Gate, change: Change) -> Standing:
    tried = ChangeTrial.objects.filter(question_set=gate.question_set, kind=change.kind, key=change.key)
    newest = tried.exclude(status=ChangeTrial.Status.CANCELLED).order_by("-pk").first()
    return Standing(gate=gate, trial=newest, problem=_problem(gate, newest))


def _problem(gate: Gate, trial: ChangeTrial | None) -> str:
    if trial is None:
        return _("it has not been tried on this set.")
    if trial.is_open:
        return _("its trial is at work.")
    if trial.status != ChangeTrial.Status.DONE or trial.finished_at is None:
        return _("its trial failed.")
    if trial.finished_at < timezone.now() - timedelta(days=TRIAL_DAYS):
        return _("its trial is older than %(days)d days.") % {"days": TRIAL_DAYS}
    if trial.fingerprint != fingerprint_of(gate.question_set):
        return _("the questions have changed since its trial.")
    return _failure(gate, trial)


def _failure(gate: Gate, trial: ChangeTrial) -> str:
    """What in the trial's result does not do; '' where all does."""
    seen = read_summary(trial.summary)
    problems = []
    if seen.failed:
        problems.append(
            ngettext("%(count)d question could not be asked.", "%(count)d questions could not be asked.", seen.failed)
            % {"count": seen.failed}
        )
    if not seen.judged or seen.today.right is None or seen.changed.right is None:
        problems.append(_("the set has no question whose right answer is known."))
        return " ".join(problems)
    if seen.worse > gate.most_worse:
        problems.append(
            ngettext("%(count)d question gets worse.", "%(count)d questions get worse.", seen.worse)
            % {"count": seen.worse}
        )
    if seen.changed.wrong_sent > seen.today.wrong_sent:
        problems.append(
            _("%(after)d wrong answers would be sent instead of %(before)d.")
            % {"after": seen.changed.wrong_sent, "before": seen.today.wrong_sent}
        )
    if gate.least_right is not None and seen.changed.right.value < gate.least_right:
        problems.append(
            _("%(share).0f %% right, and %(least).0f %% is the least.")
            % {"share": 100 * seen.changed.right.value, "least": 100 * gate.least_right}
        )
    return " ".join(problems)
