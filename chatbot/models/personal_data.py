from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chatbot.rules.masking.entities import EntityType
from chatbot.rules.masking.policy import Treatment
from chatbot.rules.matching.expressions import ExpressionRefused, compiled


class PersonalDataRule(models.Model):
    """What becomes of one kind of personal data before a model or an embedding server sees a message."""

    type = models.CharField(_("kind of data"), max_length=20, choices=EntityType.choices, unique=True)
    treatment = models.CharField(_("treatment"), max_length=8, choices=Treatment.choices, default=Treatment.MASK)

    class Meta:
        verbose_name = _("personal data")
        verbose_name_plural = _("personal data")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(treatment__in=Treatment.values), name="personal_data_treatment_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()}: {self.get_treatment_display()}"


class PersonalPattern(models.Model):
    """A number with a form of the team's own: order, contract or customer numbers."""

    EXPRESSION_CHARACTERS = 500

    name = models.CharField(
        _("name"),
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(
                r"^[A-Za-z]{2,24}( [A-Za-z]{2,24})?$",
                _("One or two words of the letters A to Z: the placeholder is made of them."),
            )
        ],
        help_text=_('The model sees it in a placeholder: "contract number" becomes [CONTRACT_NUMBER_1].'),
    )
    expression = models.CharField(
        _("expression (RE2)"),
        max_length=EXPRESSION_CHARACTERS,
        help_text=_(r"For example \bLM-\d{5}\b for numbers such as LM-20394."),
    )
    treatment = models.CharField(_("treatment"), max_length=8, choices=Treatment.choices, default=Treatment.MASK)
    is_on = models.BooleanField(_("on"), default=True)

    class Meta:
        verbose_name = _("pattern of your own")
        verbose_name_plural = _("patterns of your own")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(treatment__in=Treatment.values), name="personal_pattern_treatment_known"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return self.name.upper().replace(" ", "_")

    def clean(self) -> None:
        if self.label in {kind.value.upper() for kind in EntityType} | {"TEXT"}:
            raise ValidationError({"name": _("This name is taken by a kind of data that is found anyway.")})
        try:
            compiled(self.expression)
        except ExpressionRefused as error:
            raise ValidationError({"expression": str(error)}) from error
