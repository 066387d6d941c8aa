"""Names of intents, profiles and playbooks that trigger rules speak of, and whether there is anything behind them."""

from collections.abc import Iterable

from django.apps import apps

#: What a rule calls it -> the model that has such names; a model that is not there has none.
_MODELS = {"intent": "Intent", "profile": "TemperatureProfile", "playbook": "Playbook"}


def unknown_names(kind: str, names: Iterable[str]) -> list[str]:
    """Those of `names` that nothing has, compared without case; `kind` is intent, profile or playbook."""
    wanted = [name for name in names if name]
    if not wanted:
        return []
    try:
        model = apps.get_model("chatbot", _MODELS[kind])
    except LookupError:
        return wanted
    known = {name.casefold() for name in model._default_manager.values_list("name", flat=True)}
    return [name for name in wanted if name.casefold() not in known]
