"""Evaluation sets: questions whose right answers are known, to measure with and to try changes on."""

from typing import Any, Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.conf import KNOWN_QUESTION_MAX_CHARACTERS, POINT_MAX_CHARACTERS
from knowledge.models.article import Article, check_attributes
from knowledge.storable import storable_text


class QuestionSet(models.Model):
    """A named set of questions. Sets grow from retrieval tests, past turns and files."""

    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("what it is for"), blank=True, max_length=2000)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )

    class Meta:
        verbose_name = _("evaluation set")
        verbose_name_plural = _("evaluation sets")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="knowledge_questionset_name_once",
                violation_error_message=_("There is an evaluation set with this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class KnownQuestion(models.Model):
    """One question of a set, with what a right answer rests on or says. Asked as a customer of this audience."""

    class Expects(models.TextChoices):
        ANSWER = "answer", _("an answer")
        NO_ANSWER = "no_answer", _("no answer: no article has it")
        OPEN = "open", _("nobody has said yet")

    #: Points that one question may have, and characters of each.
    POINTS_MOST: Final = 20

    question_set = models.ForeignKey(
        QuestionSet, on_delete=models.CASCADE, related_name="questions", verbose_name=_("evaluation set")
    )
    question = models.TextField(_("question"), max_length=KNOWN_QUESTION_MAX_CHARACTERS)
    earlier = models.TextField(
        _("asked before"),
        blank=True,
        max_length=KNOWN_QUESTION_MAX_CHARACTERS,
        help_text=_("For a follow-up such as “and in Germany?”: what the customer had asked before."),
    )
    language = models.CharField(
        _("language"), max_length=20, blank=True, help_text=_("A code such as en; empty = as the bot recognises it.")
    )
    tier = models.CharField(_("customer tier"), max_length=100, blank=True)
    attributes = models.JSONField(
        _("customer attributes"),
        default=dict,
        blank=True,
        validators=[check_attributes],
        help_text=_("One a line, for example: country = de."),
    )
    expects = models.CharField(_("right is"), max_length=10, choices=Expects.choices, default=Expects.ANSWER)
    articles = models.ManyToManyField(
        Article,
        blank=True,
        related_name="answers_known_questions",
        verbose_name=_("right articles"),
        help_text=_("Each of them answers the question."),
    )
    points = ArrayField(
        models.CharField(max_length=POINT_MAX_CHARACTERS),
        default=list,
        blank=True,
        size=POINTS_MOST,
        verbose_name=_("expected points"),
        help_text=_("Words or figures that a right answer must contain."),
    )
    origin = models.CharField(max_length=200, blank=True, editable=False)  #: such as "turn 17"; '' = made by hand
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["question_set_id", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expects__in=["answer", "no_answer", "open"]), name="knowledge_knownquestion_expects"
            ),
        ]

    def __str__(self) -> str:
        return self.question[:90] + ("…" if len(self.question) > 90 else "")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.question, self.earlier = storable_text(self.question), storable_text(self.earlier)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if not storable_text(self.question).strip():
            raise ValidationError({"question": _("Write a question with at least one word.")})
