"""Admin pages of the conductor."""

from chatbot.admin import delivery, inbound_event, steering, trigger_rule, turn, word_rule, workspace

__all__ = ["delivery", "inbound_event", "steering", "trigger_rule", "turn", "word_rule", "workspace"]
