from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from unfold.decorators import display

from chatbot.admin.playbook import TAKEN_IN_WORDS
from chatbot.admin.read_only import ReadOnlyAdmin
from chatbot.admin.turn_keeping import keep_context, keep_view
from chatbot.intercom.bodies import plain_text
from chatbot.intercom.reply_html import reply_html
from chatbot.models import Exemplar, PlaybookStep, PromptVersion, Scenario, TriggerRule, Turn, WordRule
from chatbot.pipeline.decide import REASONS_IN_WORDS, Reason
from chatbot.pipeline.generate import ANSWERED_BEFORE, APPROVED, EXTRACTIVE
from chatbot.pipeline.retrieve import Rewritten
from chatbot.pipeline.stages import STAGES, STAGES_IN_WORDS
from chatbot.pipeline.trace import FAULTS_IN_WORDS, NOTES_IN_WORDS
from chatbot.pool_words import outcome_in_words
from chatbot.rules.masking.entities import EntityType
from chatbot.rules.unhappy import SIGNS_IN_WORDS as SIGNS_OF_MOOD
from knowledge.injection import SIGNS_IN_WORDS

#: Who wrote a draft; any other name is a model's.
ANSWERERS_IN_WORDS = {
    EXTRACTIVE: _("quoted from an article"),
    APPROVED: _("approved answer"),
    ANSWERED_BEFORE: _("answer given before"),
}


@admin.register(Turn)
class TurnAdmin(ReadOnlyAdmin):
    """Each turn as a story: what was asked, found and drafted, and why it was sent, held or handed over."""

    list_display = ("id", "started_at", "short_question", "outcome_label", "percent", "own_time", "answerer")
    list_filter = ("outcome", "scenario")
    search_fields = ("question", "conversation__external_id")
    list_select_related = ("conversation",)
    change_form_template = "admin/turn_story.html"
    show_full_result_count = False
    ordering = ("-id",)
    readonly_fields: tuple[str, ...] = ()

    @admin.display(description=_("question"))
    def short_question(self, turn: Turn) -> str:
        return turn.question[:90] + ("…" if len(turn.question) > 90 else "")

    @display(
        description=_("outcome"),
        label={
            Turn.Outcome.RUNNING: "info",
            Turn.Outcome.ANSWERED: "success",
            Turn.Outcome.HELD: "warning",
            Turn.Outcome.HANDED_OVER: "info",
            Turn.Outcome.SILENT: "",
            Turn.Outcome.SUPERSEDED: "",
        },
    )
    def outcome_label(self, turn: Turn) -> tuple[str, str]:
        return turn.outcome, turn.get_outcome_display()

    @admin.display(description=_("confidence"), ordering="confidence")
    def percent(self, turn: Turn) -> str:
        """Of the draft; nothing where there is none."""
        return f"{turn.confidence:.0%}" if turn.confidence is not None and turn.answer else ""

    @admin.display(description=_("own time"), ordering="own_milliseconds")
    def own_time(self, turn: Turn) -> str:
        """Of ours alone, without the model's."""
        return "" if turn.own_milliseconds is None else f"{turn.own_milliseconds:.0f} ms"

    @admin.display(description=_("answered by"))
    def answerer(self, turn: Turn) -> str:
        """Who wrote the draft; nobody where there is none."""
        written = str(turn.trace.get("answerer", ""))
        return str(ANSWERERS_IN_WORDS.get(written, written)) if turn.answer else ""

    def get_urls(self) -> list[URLPattern]:
        keep = self.admin_site.admin_view(require_POST(keep_view))
        return [path("<int:turn_id>/keep/", keep, name="chatbot_turn_keep"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        turn = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if isinstance(turn, Turn):
            context["story"] = story_of(turn)
            context["keeping"] = keep_context(request, turn)
        return super().change_view(request, object_id, form_url, context)


def _is_other_name(model: dict[str, Any]) -> bool:
    return bool(model.get("asked_for")) and model.get("asked_for") != model.get("name")


def story_of(turn: Turn) -> dict[str, Any]:
    """What the page shows, in the order of the stages."""
    milliseconds = turn.trace.get("milliseconds", {})
    stages = {name: milliseconds[name] for name in STAGES if name in milliseconds}
    longest = max(stages.values(), default=0.0) or 1.0
    return {
        "turn": turn,
        "reasons": [str(REASONS_IN_WORDS[Reason(word)]) for word in turn.reasons if word in Reason._value2member_map_],
        "searched_for": _searched_for(turn.trace.get("retrieval") or {}),
        "passages": _read_aloud(turn, "passages"),
        "set_aside": _read_aloud(turn, "set_aside"),
        "playbook": _playbook_story(turn.trace.get("playbook")),
        "route": _route_rows(turn.trace.get("route") or {}),
        "word_rules": [_rule_row(row) for row in turn.trace.get("word_rules", [])],
        "features": (turn.trace.get("confidence") or turn.trace.get("retrieval") or {}).get("features", {}),
        "orders": [
            str(SIGNS_IN_WORDS[sign])
            for sign in turn.trace.get("injection", {}).get("signs", [])
            if sign in SIGNS_IN_WORDS
        ],
        "share": (turn.trace.get("share") or {}) if (turn.trace.get("share") or {}).get("percent", 100) < 100 else None,
        "mood": _mood(turn.trace.get("mood")),
        "sentences": [
            {**sentence, "faults": [str(FAULTS_IN_WORDS.get(word, word)) for word in sentence["faults"]]}
            for sentence in turn.trace.get("sentences", [])
        ],
        "notes": [
            str(NOTES_IN_WORDS[note])
            for note in (turn.trace.get("retrieval") or {}).get("notes", [])
            if note in NOTES_IN_WORDS
        ],
        "masked": [
            (EntityType(kind).label, count)
            for kind, count in turn.trace.get("masked", {}).items()
            if kind in EntityType.values
        ],
        "answer": mark_safe(reply_html(turn.answer)),  # noqa: S308  # reply_html keeps a whitelist only
        "approved": turn.trace.get("approved_answer"),
        "before": turn.trace.get("answered_before"),
        "model": turn.trace.get("model"),
        "pools": [{**pool, "words": outcome_in_words(pool["outcome"])} for pool in turn.trace.get("pools", ())],
        "other_name": _is_other_name(turn.trace.get("model") or {}),
        "failure": turn.trace.get("model_failure", ""),
        "answerer": turn.trace.get("answerer", ""),
        "language": turn.trace.get("language", ""),
        "intent": turn.trace.get("intent"),
        "scenario": Scenario(turn.scenario).label if turn.scenario in Scenario.values else "",
        "profile": turn.trace.get("profile"),
        "guidance": turn.trace.get("guidance"),
        "prompt": _prompt_row(turn.trace.get("prompt")),
        "stages": [(STAGES_IN_WORDS[name], value, round(100 * value / longest)) for name, value in stages.items()],
        "deliveries": list(turn.deliveries.order_by("pk")),
    }


def _mood(mood: dict[str, Any] | None) -> dict[str, Any] | None:
    """What speaks for an unhappy customer, in words."""
    if not mood:
        return None
    signs = [{**sign, "label": SIGNS_OF_MOOD.get(sign["sign"], sign["sign"])} for sign in mood["signs"]]
    return {
        "score": mood["score"],
        "percent": round(100 * mood["from"]),
        "is_enough": mood["score"] >= mood["from"],
        "signs": signs,
    }


def _read_aloud(turn: Turn, which: str) -> list[dict[str, Any]]:
    """Passages as the trace has them, their excerpts without Markdown."""
    passages = (turn.trace.get("retrieval") or {}).get(which, [])
    return [{**row, "excerpt": plain_text(reply_html(row["excerpt"])).replace("\n", " ")} for row in passages]


def _searched_for(retrieval: dict[str, Any]) -> dict[str, str] | None:
    """What was searched for instead of the customer's words, and who completed them; None if it was those words."""
    by_whom = {
        Rewritten.BY_WORDS: _("together with the words of the earlier question"),
        Rewritten.BY_MODEL: _("completed by the language model"),
    }
    by = retrieval.get("rewritten_by", "")
    return {"text": retrieval.get("searched_for", ""), "by": str(by_whom[by])} if by in by_whom else None


def _rule_row(row: dict[str, Any]) -> dict[str, Any]:
    """A sensitive-word rule that matched, in words."""
    return {
        "name": row["name"],
        "link": reverse("admin:chatbot_wordrule_change", args=[row["id"]]),
        "action": dict(WordRule.ActionChoice.choices).get(row["action"], row["action"]),
        "scope": dict(WordRule.ScopeChoice.choices).get(row["scope"], row["scope"]),
        "decides": row["decides"],
    }


def _prompt_row(prompt: dict[str, Any] | None) -> dict[str, Any] | None:
    """What the model was told, and what did not fit, in words; None where none was asked."""
    if prompt is None:
        return None
    version = PromptVersion.objects.filter(name=prompt["name"], number=prompt["version"]).first()
    return {
        **prompt,
        "link": reverse("admin:chatbot_promptversion_change", args=[version.pk]) if version else "",
        "left_out": left_out_in_words(prompt["left_out"]),
        "examples": list(Exemplar.objects.filter(pk__in=prompt.get("examples", []))),
    }


def left_out_in_words(left_out: dict[str, int]) -> list[str]:
    """In the order in which things are left out of a prompt that would be too long."""
    counted = [(name, left_out.get(name, 0)) for name in ("examples", "messages", "passages", "characters")]
    return [_left_out(name, count) for name, count in counted if count]


def _left_out(name: str, count: int) -> str:
    match name:
        case "examples":
            return ngettext("%d example", "%d examples", count) % count
        case "messages":
            return ngettext("%d older message", "%d older messages", count) % count
        case "passages":
            return ngettext("%d lower passage", "%d lower passages", count) % count
        case _:
            return ngettext("%d character of the last passage", "%d characters of the last passage", count) % count


def _playbook_story(followed: dict[str, Any] | None) -> dict[str, Any] | None:
    """The playbook that was followed, its steps in words."""
    if not followed:
        return None
    kinds = dict(PlaybookStep.Kind.choices)
    taken_in_words = {taken.value: words for taken, words in TAKEN_IN_WORDS.items()}
    return {
        "name": followed["name"],
        "link": reverse("admin:chatbot_playbook_change", args=[followed["id"]]),
        "steps": [
            {
                "kind": kinds.get(row["kind"], row["kind"]),
                "text": row["text"],
                "taken": taken_in_words.get(row["taken"], row["taken"]),
            }
            for row in followed["steps"]
        ],
    }


def _route_rows(route: dict[str, Any]) -> list[dict[str, Any]]:
    """The trigger rules that applied, in words."""
    return [
        {
            "name": row["name"],
            "link": reverse("admin:chatbot_triggerrule_change", args=[row["id"]]),
            "then": dict(TriggerRule.RouteChoice.choices).get(row["then"], row["then"]),
            "decides": row["id"] == route.get("decided_by"),
        }
        for row in route.get("applied", [])
    ]
