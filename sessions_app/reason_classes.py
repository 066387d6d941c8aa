"""Why a person is needed, in classes: queues are chosen by them, and reports count them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReasonClass(models.TextChoices):
    LOW_CONFIDENCE = "low_confidence", _("not sure enough")
    KNOWLEDGE_MISSING = "knowledge_missing", _("knowledge missing")
    SENSITIVE_RULE = "sensitive_rule", _("sensitive words")
    RULE = "rule", _("trigger rule")
    POLICY = "policy", _("the team's policy")
    CUSTOMER_ASKED = "customer_asked", _("asked for a person")
    UNHAPPY = "unhappy", _("angry, or going in circles")
    UNSUPPORTED = "unsupported", _("request not supported")
    FAILURE = "failure", _("model or tool failed")
    CLARIFICATION = "clarification", _("waiting for the customer's word")
    INJECTION = "injection", _("attempt to instruct the bot")
    COLLEAGUE = "colleague", _("a colleague took it")
