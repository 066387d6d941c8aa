from typing import Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.reason_classes import ReasonClass

#: A week: whoever waits longer is not served by a target.
LONGEST_TARGET_MINUTES: Final = 7 * 24 * 60


class ReviewQueue(models.Model):
    """Where questions wait for people. Of those that fit, the first by position gets an item; else the default one."""

    class Overdue(models.TextChoices):
        NOTHING = "nothing", _("only show it as late")
        ESCALATE = "escalate", _("move it to another queue")
        HAND_OFF = "hand_off", _("hand it over to the Intercom team")
        HOLDING = "holding", _("send the holding message again")

    name = models.CharField(_("name"), max_length=100, unique=True)
    position = models.PositiveIntegerField(
        _("position"), default=0, help_text=_("Of several queues that fit, the one with the smallest number gets it.")
    )
    is_default = models.BooleanField(
        _("takes the rest"),
        default=False,
        help_text=_("Takes what fits no other queue. Exactly one queue does; choosing another moves the mark."),
    )
    reason_classes = ArrayField(
        models.CharField(max_length=32, choices=ReasonClass.choices),
        default=list,
        blank=True,
        verbose_name=_("reasons"),
        help_text=_("None chosen: any reason."),
    )
    scenarios = models.CharField(
        _("scenarios"),
        max_length=500,
        blank=True,
        help_text=_("Such as order, return or complaint; separated by commas. Empty: any."),
    )
    languages = models.CharField(
        _("languages"),
        max_length=500,
        blank=True,
        help_text=_("Codes such as en, zh; zh includes zh-hans. Empty: any."),
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="review_queues",
        verbose_name=_("members"),
        help_text=_("Who sees what waits here. Nobody chosen: everybody who may see the desk."),
    )
    target_minutes = models.PositiveIntegerField(
        _("target, minutes"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_TARGET_MINUTES)],
        help_text=_("How long a question should wait at most."),
    )
    overdue = models.CharField(
        _("when overdue"), max_length=16, choices=Overdue.choices, default=Overdue.NOTHING, help_text=_("Done once.")
    )
    escalates_to = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("move to"),
        help_text=_("For “move it to another queue”."),
    )
    intercom_team_id = models.CharField(
        _("Intercom team"),
        max_length=64,
        blank=True,
        help_text=_("The team's number in Intercom. Empty: the team set for the workspace."),
    )

    translates_into = models.CharField(
        _("translate handovers into"),
        max_length=16,
        blank=True,
        default="",
        db_default="",
        choices=settings.LANGUAGES,
        help_text=_(
            "The language of the people here. A conversation in another one gets a translation by the language model, "
            "kept with the handover. Empty: none. At the desk everybody may switch a translation on."
        ),
    )
    notes_translation = models.BooleanField(
        _("translation in Intercom"),
        default=False,
        db_default=False,
        help_text=_("The translation is also posted in Intercom, as an internal note."),
    )

    class Meta:
        verbose_name = _("review queue")
        verbose_name_plural = _("review queues")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], name="review_queue_one_default", condition=models.Q(is_default=True)
            ),
            models.CheckConstraint(
                condition=models.Q(target_minutes__gte=1, target_minutes__lte=LONGEST_TARGET_MINUTES),
                name="review_queue_target_in_bounds",
            ),
        ]
        permissions = [("see_all_queues", _("Can see every queue of the desk"))]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises `ValidationError` by field."""
        if self.overdue == self.Overdue.ESCALATE and self.escalates_to_id is None:
            raise ValidationError({"escalates_to": _("Choose the queue that gets it.")})
        if self.escalates_to_id is not None and self.escalates_to_id == self.pk:
            raise ValidationError({"escalates_to": _("A queue cannot escalate to itself; choose another.")})
