"""What a person says on the retrieval test page: who asks what, and with which settings."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from chatbot.pipeline.retrieve import PASSAGES
from chatbot.retrieval_trial import SHOWN_MOST, Rewriting
from knowledge.admin.audience import AttributesField
from knowledge.conf import KNOWN_QUESTION_MAX_CHARACTERS
from knowledge.models import Collection, Embedder, EmbedderState
from knowledge.ranking import SIGNAL_WEIGHT_MOST, Fusion
from knowledge.search_settings import Way

WAYS: Final = [
    (Way.HYBRID.value, _("by meaning and by words")),
    (Way.WORDS.value, _("by words only")),
    (Way.VECTORS.value, _("by meaning only (vectors)")),
]
FUSIONS: Final = [
    (Fusion.LEARNED.value, _("with learned weights")),
    (Fusion.RECIPROCAL_RANK.value, _("by plain reciprocal rank")),
]
REWRITINGS: Final = [
    (Rewriting.AS_THE_BOT.value, _("as the bot does")),
    (Rewriting.BY_WORDS.value, _("with the earlier words, no model")),
    (Rewriting.OFF.value, _("off")),
]


class AskedForm(forms.Form):
    """The customer's side."""

    question = forms.CharField(
        label=_("A customer's question"),
        max_length=KNOWN_QUESTION_MAX_CHARACTERS,
        widget=forms.Textarea(attrs={"class": "short", "rows": 3}),
    )
    earlier = forms.CharField(
        label=_("Asked before"),
        required=False,
        max_length=KNOWN_QUESTION_MAX_CHARACTERS,
        help_text=_("For a follow-up such as “and in Germany?”."),
    )
    tier = forms.CharField(label=_("Customer tier"), required=False, max_length=100)
    language = forms.RegexField(
        r"^[A-Za-z0-9-]{0,20}$",
        label=_("Language"),
        required=False,
        help_text=_("Such as en or zh-hans; empty: as the bot recognises it."),
    )
    attributes = AttributesField(
        label=_("Customer attributes"),
        required=False,
        widget=forms.Textarea(attrs={"class": "lines", "rows": 2, "placeholder": "country = de"}),
    )
    include_internal = forms.BooleanField(label=_("Internal articles, too"), required=False)


class SettingsForm(forms.Form):
    """How one of the two columns searches; as it comes, it is what the bot does."""

    embedder = forms.ChoiceField(label=_("Embedder"), required=False)
    way = forms.ChoiceField(label=_("Search"), choices=WAYS)
    fusion = forms.ChoiceField(label=_("Put in one order"), choices=FUSIONS)
    rewriting = forms.ChoiceField(label=_("Completing a follow-up"), choices=REWRITINGS)
    passages = forms.IntegerField(label=_("Passages"), min_value=1, max_value=SHOWN_MOST)
    least_score = forms.FloatField(
        label=_("Least score"), min_value=0.0, max_value=1.0, widget=forms.NumberInput(attrs={"step": "0.01"})
    )
    freshness = forms.FloatField(
        label=_("Weight of freshness"), required=False, min_value=0.0, max_value=SIGNAL_WEIGHT_MOST,
        help_text=_("Empty: as it was learned."), widget=forms.NumberInput(attrs={"step": "0.01"}),
    )  # fmt: skip
    citations = forms.FloatField(
        label=_("Weight of past citations"), required=False, min_value=0.0, max_value=SIGNAL_WEIGHT_MOST,
        help_text=_("Empty: as it was learned."), widget=forms.NumberInput(attrs={"step": "0.01"}),
    )  # fmt: skip
    collections = forms.MultipleChoiceField(label=_("Collections"), required=False, help_text=_("None chosen: all."))
    with_reranker = forms.BooleanField(label=_("With the reranker, if there is one"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        complete = Embedder.objects.filter(state=EmbedderState.COMPLETE).order_by("-is_active", "name")
        self.fields["embedder"].choices = [  # type: ignore[attr-defined]
            ("" if row.is_active else row.name, _("%s (answers now)") % row.name if row.is_active else row.name)
            for row in complete
        ]
        names = Collection.objects.filter(is_throw_away=False).order_by("name").values_list("name", flat=True)
        self.fields["collections"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]


#: What both columns are before anybody changes them.
AS_THE_BOT: Final[dict[str, Any]] = {
    "embedder": "",
    "way": Way.HYBRID.value,
    "fusion": Fusion.LEARNED.value,
    "rewriting": Rewriting.AS_THE_BOT.value,
    "passages": PASSAGES,
    "least_score": 0.0,
    "with_reranker": True,
    "collections": [],
}
