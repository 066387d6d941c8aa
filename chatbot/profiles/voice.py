"""How the bot speaks in one turn: the chosen profile and the guidance that applies, ready for the stages."""

from dataclasses import dataclass
from typing import Any, Literal, cast

from django.conf import settings

from chatbot.llm.model import Sampling
from chatbot.llm.prompts import Manner
from chatbot.models import TemperatureProfile
from chatbot.pipeline.decide import Policy
from chatbot.pipeline.understand import Understanding
from chatbot.profiles.choosing import ChosenBy, ChosenProfile, choose_profile
from chatbot.profiles.guidance import AppliedGuidance, applied_guidance
from chatbot.prompts.in_force import prompts_in_force
from chatbot.prompts.templates import PromptText
from sessions_app.snapshots import ConversationSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    chosen: ChosenProfile
    guidance: AppliedGuidance
    prompt: PromptText  #: what the model is told when it answers
    playbook: tuple[str, ...] = ()  #: what the playbook tells the model, in the order of its steps

    @property
    def sampling(self) -> Sampling:
        profile = self.chosen.profile
        return Sampling(
            temperature=profile.temperature,
            maximum_tokens=profile.maximum_tokens,
            reasoning_effort=cast(Literal["low", "medium", "high"], profile.reasoning_effort),
            top_p=profile.top_p,
        )

    @property
    def manner(self) -> Manner:
        profile = self.chosen.profile
        return Manner(
            tone=profile.tone,
            length=profile.length,
            guidance=(*self.playbook, *self.guidance.texts),
            passages=profile.passages,
            prompt=self.prompt,
        )

    def policy(self, teams_threshold: float) -> Policy:
        return Policy(
            threshold=self.chosen.threshold(teams_threshold),
            degraded_extra=settings.MODEL_DEGRADED_THRESHOLD,
            always_review=self.chosen.profile.always_review,
        )

    @property
    def label(self) -> str:
        """The profile's name and version, for statistics; at most 80 characters."""
        profile = self.chosen.profile
        return f"{profile.name[:70]} v{profile.version}"

    def trace(self) -> dict[str, Any]:
        """Which profile, and which version of it, a turn used."""
        profile = self.chosen.profile
        return {
            "id": profile.pk,
            "name": profile.name,
            "version": profile.version,
            "chosen_by": self.chosen.chosen_by.value,
            "temperature": profile.temperature,
        }


def choose_voice(
    understanding: Understanding,
    view: ConversationSnapshot,
    *,
    profile_named: str = "",
    tried: TemperatureProfile | None = None,
    prompt: PromptText | None = None,
    playbook: tuple[str, ...] = (),
) -> Voice:
    """`profile_named` is what a trigger rule asks for, "" if none does; `tried` is taken whatever is due.

    `prompt`: None means the one in force. `playbook` is what its steps tell the model.
    """
    if tried is not None:
        chosen = ChosenProfile(profile=tried, chosen_by=ChosenBy.TRIAL)
    else:
        chosen = choose_profile(named=profile_named, scenario=understanding.scenario)
    return Voice(
        chosen=chosen,
        prompt=prompt or prompts_in_force().answer,
        guidance=applied_guidance(
            scenario=understanding.scenario,
            intent=understanding.intent,
            language=understanding.language,
            tier=view.customer_tier,
        ),
        playbook=playbook,
    )
