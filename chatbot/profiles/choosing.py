"""Which profile a message gets: the one a trigger rule names, else its scenario's, else the default."""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _

from chatbot.models import TemperatureProfile
from chatbot.recent import RecentRows
from chatbot.trying.change import profile_change
from chatbot.trying.gates import refuse_ungated
from chatbot.trying.variant import variant


class ChosenBy(StrEnum):
    RULE = "rule"
    SCENARIO = "scenario"
    DEFAULT = "default"
    TRIAL = "trial"  #: compared by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenProfile:
    """A profile as it is now, and why it was chosen."""

    profile: TemperatureProfile
    chosen_by: ChosenBy

    def threshold(self, teams_own: float) -> float:
        return teams_own if self.profile.threshold is None else self.profile.threshold


def choose_profile(*, named: str = "", scenario: str = "") -> ChosenProfile:
    """`named` is what a rule asks for; a name that no profile has any more counts as none."""
    profiles = variant().profiles or _profiles.get("")
    for profile in profiles:
        if named and profile.name == named:
            return ChosenProfile(profile=profile, chosen_by=ChosenBy.RULE)
    for profile in profiles:
        if scenario and profile.scenario == scenario:
            return ChosenProfile(profile=profile, chosen_by=ChosenBy.SCENARIO)
    default = next((profile for profile in profiles if profile.is_default), None)
    return ChosenProfile(profile=default or TemperatureProfile(), chosen_by=ChosenBy.DEFAULT)


def make_default(profile_id: int) -> None:
    """In one transaction, so that there is always exactly one.

    Raises `TemperatureProfile.DoesNotExist` and `GateNotPassed`.
    """
    wanted = TemperatureProfile.objects.get(pk=profile_id)
    if not wanted.is_default:
        wanted.is_default = True
        refuse_ungated(profile_change(wanted), subject=_("Profile “%(name)s”") % {"name": wanted.name})
    with transaction.atomic():
        rows = {row.pk: row for row in TemperatureProfile.objects.select_for_update().order_by("pk")}
        if profile_id not in rows:
            raise TemperatureProfile.DoesNotExist(f"No profile has the id {profile_id}")
        for row in rows.values():
            if row.is_default and row.pk != profile_id:
                row.is_default = False
                row.save()
        if not rows[profile_id].is_default:
            rows[profile_id].is_default = True
            rows[profile_id].save()
    forget_recent_profiles()


def forget_recent_profiles() -> None:
    """For those who have just changed a profile and cannot wait two seconds."""
    _profiles.clear()


def _load(_key: str) -> tuple[TemperatureProfile, ...]:
    return tuple(TemperatureProfile.objects.all())


_profiles: RecentRows[str, tuple[TemperatureProfile, ...]] = RecentRows(_load)
