"""Where imported articles come from, and the runs that brought them."""

from typing import Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models.article import Article, ArticleStatus, Visibility


class ArticleSource(models.Model):
    """What an article's source said last: by it an import knows what was changed there, and what was changed here."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, primary_key=True, related_name="source")
    origin = models.CharField(_("comes from"), max_length=300)  #: "files/<collection>", "site/<host>", "intercom/<app>"
    external_id = models.CharField(_("id there"), max_length=500)
    place = models.TextField(_("place"), blank=True)
    #: Field -> its value when it was last taken over (the body as SHA-256): the common ancestor of both sides.
    base = models.JSONField(default=dict)
    #: Field -> what the source says now, where both sides changed it; null = no conflict.
    theirs = models.JSONField(null=True, blank=True)
    conflict_fields = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    seen_at = models.DateTimeField(_("last seen"), auto_now=True)

    class Meta:
        verbose_name = _("conflict")
        verbose_name_plural = _("conflicts")
        constraints = [
            models.UniqueConstraint(fields=["origin", "external_id"], name="knowledge_article_source_once"),
        ]
        indexes = [
            models.Index(
                fields=["seen_at"], name="knowledge_source_conflicts", condition=models.Q(theirs__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.place or self.external_id


class ImportRun(models.Model):
    """One import: what was asked for, how far it is, and what became of it."""

    class Kind(models.TextChoices):
        FILES = "files", _("files")
        SITE = "site", _("web site")
        INTERCOM = "intercom", _("Intercom help centre")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        READING = "reading", _("reading")
        INDEXING = "indexing", _("indexing")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("stopped by an error")

    #: States in which somebody works, or ought to.
    OPEN: Final = (State.WAITING, State.READING, State.INDEXING)

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    address = models.CharField(
        _("from"), max_length=2000, blank=True
    )  #: of the sitemap; the workspace's id; file names
    collection = models.CharField(_("collection"), max_length=200, blank=True)
    status = models.CharField(_("store as"), max_length=10, choices=ArticleStatus.choices, blank=True)
    visibility = models.CharField(_("visibility"), max_length=10, choices=Visibility.choices, blank=True)
    language = models.CharField(_("language"), max_length=20, blank=True)
    tiers = ArrayField(models.CharField(max_length=100), verbose_name=_("customer tiers"), default=list, blank=True)
    base_url = models.CharField(_("address of the files"), max_length=2000, blank=True)
    overwrite = models.BooleanField(_("replace hand edits"), default=False)
    keep_fresh = models.BooleanField(_("keep up to date"), default=False)

    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    problem = models.TextField(_("problem"), blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)  #: how often a worker has taken it up
    cancel_requested = models.BooleanField(default=False)
    total = models.PositiveIntegerField(_("items"), null=True, blank=True)  #: null = not known yet
    position = models.PositiveIntegerField(_("read"), default=0)  #: items dealt with
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    archived = models.PositiveIntegerField(_("archived"), default=0)
    conflicts = models.PositiveIntegerField(_("conflicts"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    to_index = models.PositiveIntegerField(default=0)
    indexed = models.PositiveIntegerField(default=0)

    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    created_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    beat_at = models.DateTimeField(null=True, blank=True)  #: when its worker last gave a sign of life
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="knowledge_import_open",
                condition=models.Q(state__in=["waiting", "reading", "indexing"]),
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_kind_display()}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class ImportLine(models.Model):
    """What became of one item of a run; unchanged items leave no line."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("created")
        UPDATED = "updated", _("updated")
        ARCHIVED = "archived", _("archived")
        CONFLICT = "conflict", _("conflict")
        FAILED = "failed", _("failed")

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="lines")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    place = models.TextField()
    field = models.CharField(max_length=100, blank=True)
    words = models.TextField(blank=True)  #: the problem and its cure, or what staff should know
    article = models.ForeignKey(Article, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["run", "outcome"], name="knowledge_import_line_outcome")]

    def __str__(self) -> str:
        return f"{self.place}: {self.outcome}"


class ImportUpload(models.Model):
    """A file that waits for its run, in the database so that any worker finds it. Removed when the run has ended."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=500)
    content = models.BinaryField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
