from django.db import models
from django.utils.translation import gettext_lazy as _


class Scenario(models.TextChoices):
    """What kind of conversation a message belongs to; each intent has one."""

    CONSULTATION = "consultation", _("consultation")
    CREATIVE = "creative", _("creative")
    ORDER = "order", _("order")
    RETURN = "return", _("return")
    NAVIGATION = "navigation", _("finding the way")
    TROUBLESHOOTING = "troubleshooting", _("troubleshooting")
    FEATURE_REQUEST = "feature_request", _("feature request")
    COMPLAINT = "complaint", _("complaint")
    SMALL_TALK = "small_talk", _("small talk")
    PERSON_WANTED = "person_wanted", _("person wanted")
