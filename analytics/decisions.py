"""What reviewers decided about held drafts, as labels for the confidence."""

from dataclasses import dataclass
from datetime import datetime

from chatbot.models import AnswerCheck, Turn
from chatbot.pipeline.evidence import FEATURES, IS_UNREAD
from chatbot.rules.words import content_words
from sessions_app.models import ReviewItem

#: Share of the draft's words that an edited answer keeps where the draft was right and only its wording was not.
KEPT_WORDS = 0.5
#: Newest decisions that are read at most.
DECISIONS_MAX = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedDraft:
    """A held draft with a person's word about it."""

    features: dict[str, float]
    stated: float  #: the confidence it was held with
    is_right: bool
    decided_at: datetime


def decided_drafts(*, since: datetime | None = None) -> list[DecidedDraft]:
    """Oldest first; those whose turn does not hold the figures of this version are left out."""
    items = (
        ReviewItem.objects.filter(
            status__in=(ReviewItem.Status.APPROVED, ReviewItem.Status.EDITED, ReviewItem.Status.REJECTED)
        )
        .exclude(draft="")
        .order_by("-decided_at")
        .values_list("pk", "status", "draft", "answer", "confidence", "decided_at")
    )
    if since is not None:
        items = items.filter(decided_at__gte=since)
    rows = list(items[:DECISIONS_MAX])
    features = dict(
        Turn.objects.filter(review_item_id__in=[row[0] for row in rows]).values_list(
            "review_item_id", "trace__confidence__features"
        )
    )
    found = []
    for pk, status, draft, answer, stated, decided_at in reversed(rows):
        known = features.get(pk)
        if not isinstance(known, dict) or IS_UNREAD not in known or decided_at is None:
            continue
        found.append(
            DecidedDraft(
                features={name: float(known[name]) for name in FEATURES if name in known},
                stated=stated,
                is_right=was_right(status, draft=draft, answer=answer),
                decided_at=decided_at,
            )
        )
    return found


def checked_answers(*, since: datetime | None = None) -> list[DecidedDraft]:
    """Answers that were sent and checked afterwards, likewise; only with them does a calibration see what was sure."""
    checks = AnswerCheck.objects.filter(verdict__in=(AnswerCheck.Verdict.RIGHT, AnswerCheck.Verdict.WRONG))
    if since is not None:
        checks = checks.filter(decided_at__gte=since)
    rows = checks.order_by("-decided_at").values_list(
        "verdict", "turn__confidence", "decided_at", "turn__trace__confidence__features"
    )[:DECISIONS_MAX]
    found = []
    for verdict, stated, decided_at, known in reversed(rows):
        if not isinstance(known, dict) or IS_UNREAD not in known or stated is None or decided_at is None:
            continue
        found.append(
            DecidedDraft(
                features={name: float(known[name]) for name in FEATURES if name in known},
                stated=stated,
                is_right=verdict == AnswerCheck.Verdict.RIGHT,
                decided_at=decided_at,
            )
        )
    return found


def was_right(status: str, *, draft: str, answer: str) -> bool:
    """Sent as it was, or with changes that kept most of it."""
    if status == ReviewItem.Status.EDITED:
        words = content_words(draft)
        return bool(words) and len(words & content_words(answer)) / len(words) >= KEPT_WORDS
    return status == ReviewItem.Status.APPROVED
