"""What customers ask about: questions, the topics they fall into, and the gaps in what the bot knows."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.models import Turn
from knowledge.models import Article
from sessions_app.models import Conversation, Customer


class Topic(models.Model):
    """Questions about one thing. It stays the same topic while its questions come and go."""

    name = models.CharField(_("name"), max_length=120)
    #: Staff named it: its words do not rename it any more.
    is_renamed = models.BooleanField(_("named by hand"), default=False)
    #: What tells it apart, most telling first; only words that several customers used.
    words = ArrayField(models.CharField(max_length=80), default=list, blank=True, verbose_name=_("words"))
    #: Term -> how many customers used it lately; what `words` are chosen from.
    terms = models.JSONField(default=dict, editable=False)
    language = models.CharField(_("language"), max_length=16, blank=True)
    is_hidden = models.BooleanField(_("hidden"), default=False)
    #: Its questions are counted there; what comes near it later goes there, too.
    merged_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="merged", verbose_name=_("merged into")
    )
    #: Mean direction of its newest questions' vectors: float32, little-endian, of length 1.
    centre = models.BinaryField(editable=False)
    created_at = models.DateTimeField(_("found"), default=timezone.now)

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("pk")),
                name="topic_not_merged_into_itself",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Gap(models.Model):
    """Questions alike that the bot could not answer, with the article that would have helped."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DISMISSED = "dismissed", _("dismissed")

    title = models.CharField(_("title of the draft"), max_length=300)
    body = models.TextField(_("text of the draft"), blank=True, max_length=50_000, help_text=_("Markdown."))
    #: A person wrote on the draft: new answers do not change it any more.
    is_edited = models.BooleanField(_("changed by hand"), default=False)
    answers = models.PositiveIntegerField(_("answers it is made of"), default=0)
    language = models.CharField(_("language"), max_length=16, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    #: How many customers had asked when it was dismissed: it comes back when clearly more have.
    customers_then = models.PositiveIntegerField(default=0, editable=False)
    article = models.ForeignKey(
        Article, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("article")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    centre = models.BinaryField(editable=False)
    created_at = models.DateTimeField(_("found"), default=timezone.now)

    class Meta:
        verbose_name = _("gap")
        verbose_name_plural = _("gaps")
        indexes = [models.Index(fields=["status"], name="gap_status")]

    def __str__(self) -> str:
        return self.title


class AskedQuestion(models.Model):
    """What one turn of the bot was asked, masked. One row a turn, so a question counts in one topic at most."""

    turn = models.OneToOneField(Turn, on_delete=models.CASCADE, primary_key=True, related_name="asked")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="asked")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="asked")
    asked_at = models.DateTimeField(_("asked"))
    language = models.CharField(_("language"), max_length=16, blank=True)
    #: Without personal data; "" where nothing but that was said, or where the customer's words were redacted.
    text = models.CharField(_("question"), max_length=500, blank=True)
    #: Of its meaning: float16, little-endian, of length 1; null where there are no words.
    vector = models.BinaryField(null=True, editable=False)
    is_unanswered = models.BooleanField(_("not answered by the bot"), default=False)
    topic = models.ForeignKey(
        Topic, on_delete=models.SET_NULL, null=True, related_name="questions", verbose_name=_("topic")
    )
    gap = models.ForeignKey(Gap, on_delete=models.SET_NULL, null=True, related_name="questions", verbose_name=_("gap"))

    class Meta:
        verbose_name = _("question asked")
        verbose_name_plural = _("questions asked")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(gap__isnull=True) | models.Q(is_unanswered=True), name="gap_of_unanswered_only"
            )
        ]
        indexes = [
            models.Index(fields=["asked_at"], name="asked_when"),
            models.Index(fields=["topic", "asked_at"], name="asked_of_topic"),
            models.Index(fields=["gap", "asked_at"], name="asked_of_gap"),
        ]

    def __str__(self) -> str:
        return self.text[:80] or f"#{self.pk}"


class TopicRun(models.Model):
    """How far grouping is; one row. A crash leaves it where the last finished batch ended."""

    #: Questions were read that are not grouped yet.
    is_due = models.BooleanField(default=False)
    done = models.PositiveIntegerField(_("questions read in this run"), default=0)
    total = models.PositiveIntegerField(_("questions of this run"), default=0)
    noted_at = models.DateTimeField(_("last sign of life"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    problem = models.CharField(_("problem"), max_length=300, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="topic_run_only_one")]

    def __str__(self) -> str:
        return f"{self.done}/{self.total}"
