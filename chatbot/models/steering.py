from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Steering(models.Model):
    """How the bot decides. One row, kept so by the database."""

    threshold = models.FloatField(
        _("threshold"),
        default=0.85,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=_("Answers whose confidence is at or over this are sent at once; the others wait for a person."),
    )
    is_answering = models.BooleanField(
        _("answers customers"),
        default=True,
        help_text=_("Off: messages are stored, nothing is answered, and nothing is lost."),
    )

    class Share(models.IntegerChoices):
        NOBODY = 0, _("nobody yet")
        FEW = 5, _("5 % of customers")
        QUARTER = 25, _("25 % of customers")
        ALL = 100, _("all customers")

    class Outside(models.TextChoices):
        HAND_OVER = "hand_over", _("hand over to people, with a word to the customer")
        SILENT = "silent", _("stay silent: the team answers in Intercom")

    live_share = models.PositiveSmallIntegerField(
        _("answers for"),
        choices=Share.choices,
        default=Share.ALL,
        db_default=100,
        help_text=_(
            "To go live step by step. Customers are drawn once: whoever is among the 5 % stays among the 25 %. "
            "The others go straight to people. A draft that waits for review is finished in any case."
        ),
    )
    outside_share = models.CharField(
        _("all others"),
        max_length=16,
        choices=Outside.choices,
        default=Outside.HAND_OVER,
        db_default="hand_over",
        help_text=_("What happens when somebody writes for whom the bot does not answer."),
    )

    default_language = models.CharField(
        _("customers' language"),
        max_length=16,
        default="en",
        help_text=_("Assumed where a first message is too short to tell. A code such as en or zh-hans."),
    )

    people_hours = models.ForeignKey(
        "chatbot.BusinessHours",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("people answer"),
        help_text=_("Outside these hours a customer who is handed over is told when people are back. Empty: always."),
    )
    return_after_hours = models.PositiveIntegerField(
        _("return after, hours"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(24 * 30)],
        help_text=_(
            "A conversation with people in which nobody has written for so long goes back to the bot. "
            "0: only when it is closed, or a person gives it back."
        ),
    )

    hands_over_unhappy = models.BooleanField(
        _("hands over unhappy customers"),
        default=True,
        db_default=True,
        help_text=_(
            "A customer who seems angry, or gets the same question answered again and again, goes to a person at once."
        ),
    )
    unhappy_from = models.FloatField(
        _("unhappy from"),
        default=0.7,
        db_default=0.7,
        validators=[MinValueValidator(0.1), MaxValueValidator(1.0)],
        help_text=_(
            "0.1 to 1. Harsh words, capitals, exclamation marks and repeated questions add up to a score below 1; "
            "from this score on a person takes over. At 0.7 no single word is enough."
        ),
    )

    intent_check_percent = models.FloatField(
        _("messages to label, %"),
        default=2.0,
        db_default=2.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(100.0)],
        help_text=_(
            "So many of a hundred messages whose intent the bot guessed are drawn by lot, for people to label: "
            "this is how its accuracy with real customers is known. 0: none."
        ),
    )

    class Meta:
        verbose_name = _("steering")
        verbose_name_plural = _("steering")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="steering_one_row"),
            models.CheckConstraint(condition=models.Q(live_share__lte=100), name="steering_live_share_in_percent"),
            models.CheckConstraint(
                condition=models.Q(intent_check_percent__gte=0, intent_check_percent__lte=100),
                name="steering_intent_checks_in_bounds",
            ),
            models.CheckConstraint(
                condition=models.Q(unhappy_from__gte=0, unhappy_from__lte=1), name="steering_unhappy_from_in_bounds"
            ),
            models.CheckConstraint(
                condition=models.Q(threshold__gte=0, threshold__lte=1), name="steering_threshold_is_a_probability"
            ),
        ]

    def __str__(self) -> str:
        return str(_("Steering"))
