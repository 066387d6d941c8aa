"""The variant of the pipeline that a change makes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chatbot.errors import ChangeUnusable
from chatbot.intents.active import intents_of
from chatbot.intents.errors import ModelUnreadable
from chatbot.model_pools import as_pool
from chatbot.models import (
    Calibration,
    ChangeKind,
    IntentModel,
    ModelPool,
    PromptVersion,
    TemperatureProfile,
    TriggerRule,
    WordRule,
)
from chatbot.models.temperature_profile import STEERING_FIELDS
from chatbot.pipeline.confidence import WeightsUnusable, read_weights, shipped_weights
from chatbot.rules.current import Compiled, rules_in_force, triggers_in_force, usable
from chatbot.rules.matching.matcher import Matcher
from chatbot.rules.triggers.routing import Router
from chatbot.trying.change import Change
from chatbot.trying.rule_saving import row_of
from chatbot.trying.variant import Variant
from knowledge.embedders import refuse_unready
from knowledge.errors import EmbedderNotReady
from knowledge.models import Embedder


def variant_of(change: Change) -> Variant:
    """The pipeline with the change in it. Raises `ChangeUnusable`."""
    try:
        return _MAKERS[change.kind](change.payload)
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise ChangeUnusable(_("This change cannot be read; make it again.")) from error


def _threshold(payload: Mapping[str, Any]) -> Variant:
    value = float(payload["threshold"])
    if not 0.0 <= value <= 1.0:
        raise ChangeUnusable(_("A threshold is 0 to 1."))
    return Variant(threshold=value)


def _calibration(payload: Mapping[str, Any]) -> Variant:
    number = payload["calibration"]
    if number is None:
        return Variant(weights=shipped_weights())
    row = Calibration.objects.filter(pk=number).first()
    if row is None:
        raise ChangeUnusable(_("There is no calibration %(number)s.") % {"number": number})
    try:
        return Variant(weights=read_weights(row.weights, name=str(row.pk)))
    except WeightsUnusable as error:
        raise ChangeUnusable(
            _("Calibration %(number)s was made by another version of the program.") % {"number": number}
        ) from error


def _intents(payload: Mapping[str, Any]) -> Variant:
    try:
        return Variant(intents=intents_of(int(payload["version"])))
    except (ModelUnreadable, IntentModel.DoesNotExist) as error:
        raise ChangeUnusable(
            _("Training v%(version)s has no model any more.") % {"version": payload["version"]}
        ) from error


def _embedder(payload: Mapping[str, Any]) -> Variant:
    row = Embedder.objects.filter(name=payload["embedder"]).first()
    if row is None:
        raise ChangeUnusable(_("There is no embedder “%(name)s”.") % {"name": payload["embedder"]})
    try:
        refuse_unready(row)
    except EmbedderNotReady as error:
        raise ChangeUnusable(str(error)) from error
    return Variant(embedder=row.name)


def _model(payload: Mapping[str, Any]) -> Variant:
    row = ModelPool.objects.filter(pk=payload["pool"]).first()
    if row is None:
        raise ChangeUnusable(_("There is no such model pool any more."))
    return Variant(model=as_pool(row).model)


def _prompt(payload: Mapping[str, Any]) -> Variant:
    row = PromptVersion.objects.filter(pk=payload["version"]).first()
    if row is None:
        raise ChangeUnusable(_("There is no such version of a prompt any more."))
    row.clean()
    return Variant(prompt=row.text())


def _profile(payload: Mapping[str, Any]) -> Variant:
    rows = {row.pk: row for row in TemperatureProfile.objects.all()}
    changed = rows.get(payload["profile"]) or TemperatureProfile(name="…")
    changed.scenario, changed.is_default = payload["scenario"], payload["is_default"]
    for name in STEERING_FIELDS:
        setattr(changed, name, payload["values"][name])
    changed.clean_fields(exclude=["name"])
    for row in rows.values():
        if row is not changed:
            row.is_default = row.is_default and not changed.is_default
            row.scenario = "" if row.scenario == changed.scenario else row.scenario
    return Variant(profiles=(changed, *(row for row in rows.values() if row is not changed)))


def _rules(payload: Mapping[str, Any]) -> Variant:
    if "set" in payload:
        return _saved_rules(payload)
    words, triggers = set(payload["words"]), set(payload["triggers"])
    known = {rule.id: rule for rule in rules_in_force() if rule.id not in words}
    on = WordRule.objects.filter(pk__in=words).exclude(pk__in={rule.id for rule in rules_in_force()})
    known |= {row.pk: row.rule() for row in on}
    routed = [trigger for trigger in triggers_in_force() if trigger.id not in triggers]
    off = TriggerRule.objects.filter(pk__in=triggers, is_on=False).select_related("business_hours")
    routed += [row.trigger() for row in off]
    places = dict(TriggerRule.objects.values_list("pk", "position"))
    routed.sort(key=lambda trigger: (places.get(trigger.id, 0), trigger.id))
    ordered = [known[number] for number in sorted(known)]
    return Variant(rules=Compiled(matcher=Matcher(usable(ordered)), router=Router(routed)))


def _saved_rules(payload: Mapping[str, Any]) -> Variant:
    """The rules as a save would leave them."""
    words = {rule.id: rule for rule in rules_in_force()}
    rows = {row.pk: row for row in TriggerRule.objects.filter(is_on=True).select_related("business_hours")}
    for number in payload["gone"]["words"]:
        words.pop(number, None)
    for number in payload["gone"]["triggers"]:
        rows.pop(number, None)
    for place, (number, values) in enumerate(payload["set"]["words"], start=1):
        words[number or -place] = replace(row_of(WordRule, values).rule(), id=number or -place)
    for place, (number, values) in enumerate(payload["set"]["triggers"], start=1):
        row = row_of(TriggerRule, values)
        row.pk = number or -place
        rows[row.pk] = row
    ordered = sorted(rows.values(), key=lambda row: (row.position, row.pk < 0, row.pk))
    matcher = Matcher(usable([words[number] for number in sorted(words)]))
    return Variant(rules=Compiled(matcher=matcher, router=Router([row.trigger() for row in ordered])))


_MAKERS: Final = {
    ChangeKind.THRESHOLD: _threshold,
    ChangeKind.CALIBRATION: _calibration,
    ChangeKind.INTENTS: _intents,
    ChangeKind.EMBEDDER: _embedder,
    ChangeKind.MODEL: _model,
    ChangeKind.PROFILE: _profile,
    ChangeKind.PROMPT: _prompt,
    ChangeKind.RULES: _rules,
}
