"""Admin pages of the conductor."""

from chatbot.admin import (
    change_trial,
    delivery,
    guidance,
    inbound_event,
    intent,
    intent_model,
    model_pool,
    personal_data,
    playbook,
    prompt_version,
    steering,
    temperature_profile,
    trigger_rule,
    turn,
    word_rule,
    workspace,
)

__all__ = [
    "change_trial",
    "delivery",
    "guidance",
    "inbound_event",
    "intent",
    "intent_model",
    "model_pool",
    "personal_data",
    "playbook",
    "prompt_version",
    "steering",
    "temperature_profile",
    "trigger_rule",
    "turn",
    "word_rule",
    "workspace",
]
