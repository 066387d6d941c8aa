"""Start a trial of a change; see what it made better, worse, slower and dearer, question by question."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chatbot.admin.profile_pages import ACTIONS_IN_WORDS
from chatbot.errors import ChangeUnusable, TrialRefused
from chatbot.intercom.reply_html import reply_html
from chatbot.models import (
    Calibration,
    ChangeKind,
    ChangeTrial,
    IntentModel,
    ModelPool,
    PromptVersion,
    TemperatureProfile,
    TrialAnswer,
    TriggerRule,
    WordRule,
)
from chatbot.pipeline.decide import REASONS_IN_WORDS, Action, Reason
from chatbot.prompts.shipped import ANSWERING
from chatbot.steering import steering
from chatbot.tasks import enqueue_trial
from chatbot.trying.change import (
    Change,
    calibration_change,
    embedder_change,
    intents_change,
    model_change,
    profile_change,
    prompt_change,
    rules_change,
    threshold_change,
)
from chatbot.trying.comparing import Interval, read_summary, summary_of
from chatbot.trying.gates import told_change
from chatbot.trying.trials import ask_for_trial
from knowledge.models import Article, Embedder, EmbedderState, QuestionSet

#: Seconds after which the page of a running trial looks again.
REFRESH_SECONDS: Final = 4
_ANSWERS_A_PAGE: Final = 20
_SUMMED_ON_THE_WAY: Final = 1_000
_VIEWS: Final[dict[str, tuple[Any, dict[str, Any]]]] = {
    "worse": (gettext_lazy("worse"), {"effect": TrialAnswer.Effect.WORSE}),
    "better": (gettext_lazy("better"), {"effect": TrialAnswer.Effect.BETTER}),
    "other": (gettext_lazy("other, and nobody has said what is right"), {"effect": TrialAnswer.Effect.OTHER}),
    "slower": (gettext_lazy("slower"), {"is_slower": True}),
    "dearer": (gettext_lazy("dearer"), {"is_dearer": True}),
    "failed": (gettext_lazy("could not be asked"), {"effect": TrialAnswer.Effect.FAILED}),
    "all": (gettext_lazy("all"), {}),
}


class StartForm(forms.Form):
    """Which change on which set. Of the fields below `kind`, the one of that kind counts."""

    question_set = forms.ModelChoiceField(QuestionSet.objects.all(), label=gettext_lazy("evaluation set"))
    kind = forms.ChoiceField(
        label=gettext_lazy("what changes"), choices=[], widget=forms.RadioSelect, initial=ChangeKind.PROFILE.value
    )
    profile = forms.ModelChoiceField(
        TemperatureProfile.objects.all(),
        required=False,
        label=gettext_lazy("a profile"),
        help_text=gettext_lazy(
            "As the default, with its values of now. For other values press “Try these values” on its page."
        ),
    )
    prompt = forms.ModelChoiceField(
        PromptVersion.objects.filter(is_active=False, name__in=ANSWERING),
        required=False,
        label=gettext_lazy("a prompt"),
        help_text=gettext_lazy("A version that is not active."),
    )
    threshold = forms.FloatField(
        label=gettext_lazy("the threshold"), required=False, min_value=0.0, max_value=1.0,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )  # fmt: skip
    calibration = forms.ChoiceField(label=gettext_lazy("the calibration of the confidence"), required=False)
    intents = forms.ChoiceField(label=gettext_lazy("the trained intents"), required=False)
    embedder = forms.ChoiceField(label=gettext_lazy("the embedder"), required=False)
    model = forms.ModelChoiceField(
        ModelPool.objects.all(), required=False, label=gettext_lazy("the language model"),
        help_text=gettext_lazy("A model pool, alone; also one that takes no calls."),
    )  # fmt: skip
    words = forms.ModelMultipleChoiceField(
        WordRule.objects.order_by("pk"), required=False, label=gettext_lazy("sensitive words to switch over"),
        help_text=gettext_lazy("On where they are off, off where they are on."),
    )  # fmt: skip
    triggers = forms.ModelMultipleChoiceField(
        TriggerRule.objects.order_by("position", "pk"), required=False,
        label=gettext_lazy("trigger rules to switch over"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [kind for kind in ChangeKind if kind in _MAKERS]
        choices: dict[str, list[tuple[str, Any]]] = {
            "kind": [(kind.value, kind.label) for kind in kinds],
            "calibration": [("", "–"), ("0", _("the weights that ship with the program"))]
            + [(str(row.pk), str(row)) for row in Calibration.objects.order_by("-pk")[:50]],
            "intents": [("", "–")]
            + [
                (str(number), f"v{number}")
                for number in IntentModel.objects.filter(status="ready", data__isnull=False)
                .order_by("-pk")
                .values_list("pk", flat=True)[:50]
            ],
            "embedder": [("", "–")]
            + [(row.name, row.name) for row in Embedder.objects.filter(state=EmbedderState.COMPLETE)],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        self.fields["threshold"].initial = steering().threshold

    def change(self) -> tuple[Change, str]:
        """The change and its name. Raises `ChangeUnusable` where the field of its kind is empty."""
        kind = ChangeKind(self.cleaned_data["kind"])
        made = _MAKERS[kind](self.cleaned_data)
        if made is None:
            raise ChangeUnusable(_("Choose what changes, in the field of its own below."))
        return made


def _profile(data: dict[str, Any]) -> tuple[Change, str] | None:
    profile = data["profile"]
    if profile is None:
        return None
    profile.is_default = True
    return profile_change(profile), _("profile “%(name)s” as the default") % {"name": profile.name}


def _prompt(data: dict[str, Any]) -> tuple[Change, str] | None:
    version = data["prompt"]
    return (prompt_change(version.pk), str(version)) if version else None


def _threshold(data: dict[str, Any]) -> tuple[Change, str] | None:
    value = data["threshold"]
    return None if value is None else (threshold_change(value), _("threshold %(value).2f") % {"value": value})


def _calibration(data: dict[str, Any]) -> tuple[Change, str] | None:
    chosen = data["calibration"]
    if not chosen:
        return None
    number = int(chosen) or None
    name = _("calibration #%(number)d") % {"number": number} if number else _("the weights that ship with the program")
    return calibration_change(number), name


def _intents(data: dict[str, Any]) -> tuple[Change, str] | None:
    version = data["intents"]
    return (intents_change(int(version)), _("training v%(version)s") % {"version": version}) if version else None


def _embedder(data: dict[str, Any]) -> tuple[Change, str] | None:
    name = data["embedder"]
    return (embedder_change(name), _("embedder %(name)s") % {"name": name}) if name else None


def _model(data: dict[str, Any]) -> tuple[Change, str] | None:
    pool = data["model"]
    return (model_change(pool), _("model pool “%(name)s”") % {"name": pool.name}) if pool else None


def _rules(data: dict[str, Any]) -> tuple[Change, str] | None:
    words, triggers = list(data["words"]), list(data["triggers"])
    if not words and not triggers:
        return None
    names = ", ".join(str(rule) for rule in [*words, *triggers])
    change = rules_change(words=[rule.pk for rule in words], triggers=[rule.pk for rule in triggers])
    return change, _("switched over: %(rules)s") % {"rules": names}


_MAKERS: Final = {
    ChangeKind.PROFILE: _profile,
    ChangeKind.PROMPT: _prompt,
    ChangeKind.THRESHOLD: _threshold,
    ChangeKind.CALIBRATION: _calibration,
    ChangeKind.INTENTS: _intents,
    ChangeKind.EMBEDDER: _embedder,
    ChangeKind.MODEL: _model,
    ChangeKind.RULES: _rules,
}


def start(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    if not request.user.has_perm("chatbot.add_changetrial"):
        raise PermissionDenied
    sent = request.POST if request.method == "POST" else None
    told, problem = _told(request)
    initial = {name: request.GET[name] for name in ("question_set", "kind") if name in request.GET}
    form = StartForm(sent, initial=initial)
    if told is not None:
        form.fields["kind"].required = False
    if sent is not None and form.is_valid():
        try:
            change, subject = told or form.change()
            trial = ask_for_trial(
                form.cleaned_data["question_set"],
                change,
                subject=subject,
                user=request.user,  # type: ignore[arg-type]  # staff are users
            )
        except (ChangeUnusable, TrialRefused) as error:
            problem = str(error)
        else:
            enqueue_trial(trial.pk)
            messages.success(request, _("The trial runs in the background; you may leave its page."))
            return redirect("admin:chatbot_changetrial_change", trial.pk)
    return render(
        request,
        "admin/change_trial_start.html",
        {
            **context,
            "title": _("Try a change"),
            "form": form,
            "told": told,
            "problem": problem,
            "has_sets": QuestionSet.objects.exists(),
        },
        status=422 if sent is not None else 200,
    )


def _told(request: HttpRequest) -> tuple[tuple[Change, str] | None, str]:
    """The change that another page wants to try, if it is in the address; and what is wrong with it."""
    if "change" not in request.GET:
        return None, ""
    try:
        return told_change(request.GET["change"]), ""
    except ChangeUnusable as error:
        return None, str(error)


def story_of(trial: ChangeTrial, request: HttpRequest) -> dict[str, Any]:
    """What the page of a trial shows; of one that is at work, what is known so far."""
    answers = TrialAnswer.objects.filter(trial=trial)
    # Half-way, what is known is summed up anew each time the page looks; of a long trial its beginning.
    summary = read_summary(trial.summary) if trial.summary else summary_of(answers[:_SUMMED_ON_THE_WAY])
    counts = {name: answers.filter(**wanted).count() for name, (_label, wanted) in _VIEWS.items()}
    view = request.GET.get("show", "")
    if view not in _VIEWS:
        view = next((name for name in _VIEWS if counts[name]), "all")
    rows = answers.filter(**_VIEWS[view][1]).order_by(
        (F("changed_grade") - F("today_grade")).asc(nulls_last=True), "number"
    )
    page = Paginator(rows, _ANSWERS_A_PAGE).get_page(request.GET.get("p"))
    titles = _titles(list(page))
    return {
        "trial": trial,
        "title": _("Trial of a change"),
        "subtitle": None,
        "refresh_seconds": REFRESH_SECONDS,
        "percent": round(100 * trial.done / trial.total) if trial.total else 0,
        "summary": summary,
        "sides": [_side(_("today"), summary.today), _side(_("with the change"), summary.changed)],
        "difference": _points(summary.difference),
        "is_proven": summary.difference is not None and (summary.difference.low > 0 or summary.difference.high < 0),
        "views": [
            (name, label, counts[name]) for name, (label, _wanted) in _VIEWS.items() if counts[name] or name == view
        ],
        "view": view,
        "page": page,
        "rows": [_row(row, titles) for row in page],
        "may_cancel": trial.is_open and request.user.has_perm("chatbot.add_changetrial"),
    }


def _titles(rows: list[TrialAnswer]) -> dict[int, str]:
    ids = {number for row in rows for side in (row.today, row.changed) for number in side.get("cited", [])}
    return dict(Article.objects.filter(pk__in=ids).values_list("pk", "title"))


def _side(name: str, side: Any) -> dict[str, Any]:
    return {"name": name, "side": side, "right": _share(side.right)}


def _share(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{100 * interval.value:.0f} % ({100 * interval.low:.0f}–{100 * interval.high:.0f})"


def _points(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{100 * interval.value:+.1f} ({100 * interval.low:+.1f} … {100 * interval.high:+.1f})"


def _row(row: TrialAnswer, titles: dict[int, str]) -> dict[str, Any]:
    return {
        "row": row,
        "tone": {"better": "good", "worse": "warn"}.get(row.effect, ""),
        "sides": [
            _answer(_("today"), row.today, row.get_today_grade_display(), titles),
            _answer(_("with the change"), row.changed, row.get_changed_grade_display(), titles),
        ],
    }


def _answer(name: str, asked: dict[str, Any], grade: Any, titles: dict[int, str]) -> dict[str, Any]:
    if not asked:
        return {"name": name}
    return {
        "name": name,
        "grade": grade,
        "action": ACTIONS_IN_WORDS[Action(asked["action"])],
        "is_sent": asked["action"] == Action.ANSWER,
        "reasons": [
            str(REASONS_IN_WORDS[Reason(word)]) for word in asked["reasons"] if word in Reason._value2member_map_
        ],
        "confidence": f"{asked['confidence']:.0%}",
        "threshold": f"{asked['threshold']:.0%}",
        "answer": mark_safe(reply_html(asked["answer"])),  # noqa: S308  # reply_html keeps a whitelist only
        "cited": [(number, titles.get(number, f"#{number}")) for number in asked["cited"]],
        "answerer": asked["answerer"],
        "failure": asked["failure"],
        "milliseconds": round(asked["milliseconds"]),
        "tokens": asked["prompt_tokens"] + asked["completion_tokens"],
    }
