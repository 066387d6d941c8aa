from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.conf import DIMENSIONS_MAX


class EmbedderKind(models.TextChoices):
    """Where its model runs. The local ones are named in embedders.py."""

    MINILM = "minilm", _("MiniLM on this machine")
    MINILM_INT8 = "minilm-int8", _("MiniLM on this machine, in int8: a quarter of the size, twice as fast")
    SERVER = "server", _("text-embeddings-inference server")


class EmbedderState(models.TextChoices):
    """How far its vectors are. All but IDLE and REMOVING also get the vectors of articles that change meanwhile."""

    IDLE = "idle", _("not filled")
    FILLING = "filling", _("being filled")
    INDEXING = "indexing", _("being indexed")
    COMPLETE = "complete", _("complete")
    REMOVING = "removing", _("being removed")


class Embedder(models.Model):
    """A model that makes vectors. Several stand side by side; exactly one answers searches."""

    #: Given by hand (see embedders.py), because the index that belongs to it carries it in its name and condition.
    id = models.PositiveSmallIntegerField(primary_key=True, editable=False)
    name = models.CharField(
        _("name"), max_length=100, help_text=_("How your team calls it. Its vectors are kept under this name.")
    )
    kind = models.CharField(_("runs on"), max_length=20, choices=EmbedderKind.choices, default=EmbedderKind.SERVER)
    url = models.CharField(
        _("address"), max_length=500, blank=True, help_text=_("Of the server, such as http://embedder.internal:8080.")
    )
    token = models.CharField(
        _("token"), max_length=512, blank=True, help_text=_("Sent as bearer token, if the server asks for one.")
    )
    model = models.CharField(_("model"), max_length=300, blank=True, editable=False)  #: as the server named it
    dimensions = models.PositiveIntegerField(_("dimensions"), editable=False)
    question_prefix = models.CharField(
        _("words before a question"),
        max_length=200,
        blank=True,
        help_text=_('Some models want them, for example "query: ". See the model\'s own page.'),
    )
    passage_prefix = models.CharField(
        _("words before a passage"), max_length=200, blank=True, help_text=_('For example "passage: ".')
    )
    batch_texts = models.PositiveIntegerField(
        _("texts a call"), default=32, help_text=_("At most what the server takes in one call.")
    )
    state = models.CharField(
        _("state"), max_length=10, choices=EmbedderState.choices, default=EmbedderState.IDLE, editable=False
    )
    is_active = models.BooleanField(_("answers searches"), default=False, editable=False)
    #: Id of the last chunk that filling has passed; it goes on from there after a crash.
    filled_through = models.BigIntegerField(default=0, editable=False)
    problem = models.CharField(_("problem"), max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("embedder")
        verbose_name_plural = _("embedders")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="knowledge_embedder_name_once",
                violation_error_message=_("There is an embedder with this name already."),
            ),
            models.UniqueConstraint(
                fields=["is_active"], condition=models.Q(is_active=True), name="knowledge_embedder_one_active"
            ),
            models.CheckConstraint(
                condition=models.Q(dimensions__gte=1, dimensions__lte=DIMENSIONS_MAX),
                name="knowledge_embedder_dimensions_indexable",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["idle", "filling", "indexing", "complete", "removing"]),
                name="knowledge_embedder_state_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name
