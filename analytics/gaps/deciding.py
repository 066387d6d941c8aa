"""What people do with a gap: make its draft an article, write on it, or dismiss it."""

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.gaps.reading import counted
from analytics.models import Gap
from knowledge.articles import complete
from knowledge.models import Article, ArticleStatus, Collection

#: The shelf of drafts that come from here, where no other is chosen.
COLLECTION: Final = "From gaps"


class GapDecided(ValueError):
    """Somebody has accepted this gap already; nothing was changed."""


class NothingToAccept(ValueError):
    """The draft has no title or no text; the message says which to write first."""


def edit(gap_id: int, *, title: str, body: str) -> Gap:
    """Keeps what a person wrote. Raises `GapDecided`, `NothingToAccept` without a title, and `Gap.DoesNotExist`."""
    with transaction.atomic():
        gap = _locked(gap_id)
        if not title.strip():
            raise NothingToAccept(_("Write a title: it is what customers will look for."))
        gap.title, gap.body, gap.is_edited = " ".join(title.split())[:300], body.strip()[:50_000], True
        gap.save(update_fields=["title", "body", "is_edited"])
        return gap


def accept(gap_id: int, *, user: Any, collection: Collection | None = None) -> Article:
    """Makes the draft an article that is not published; a knowledge editor finishes and publishes it.

    Raises `GapDecided`, `NothingToAccept` and `Gap.DoesNotExist`.
    """
    with transaction.atomic():
        gap = _locked(gap_id)
        if not gap.body.strip():
            raise NothingToAccept(_("There is no text yet: write it first, or answer one of the questions."))
        shelf = collection or Collection.objects.get_or_create(name=COLLECTION)[0]
        article = Article(
            collection=shelf,
            external_id=f"gap-{gap.pk}",
            title=gap.title,
            body=gap.body,
            status=ArticleStatus.DRAFT,
        )
        known = Article.objects.filter(collection=shelf, external_id=article.external_id).first()
        if known is None:
            complete(article)
            try:
                article.full_clean(exclude=["collection"])
            except ValidationError as error:
                raise NothingToAccept(" ".join(error.messages)) from error
            article._change_reason = f"gap {gap.pk}"  # type: ignore[attr-defined]  # read by simple_history
            article.save()
        gap.article = known or article
        _decided(gap, Gap.Status.ACCEPTED, user)
        return gap.article


def dismiss(gap_id: int, *, user: Any) -> Gap:
    """Not shown again unless clearly more customers ask. Raises `GapDecided` and `Gap.DoesNotExist`."""
    with transaction.atomic():
        gap = _locked(gap_id)
        gap.customers_then = counted(Gap.objects.filter(pk=gap.pk)).get().customers
        _decided(gap, Gap.Status.DISMISSED, user)
        return gap


def reopen(gap_id: int) -> Gap:
    """A decision taken back; an article made from it stays. Raises `Gap.DoesNotExist`."""
    with transaction.atomic():
        gap = Gap.objects.select_for_update(of=("self",)).get(pk=gap_id)
        gap.status, gap.decided_by, gap.decided_at, gap.customers_then = Gap.Status.OPEN, None, None, 0
        gap.save(update_fields=["status", "decided_by", "decided_at", "customers_then"])
        return gap


def _locked(gap_id: int) -> Gap:
    """Dismissed ones may be decided again."""
    gap = Gap.objects.select_for_update(of=("self",)).get(pk=gap_id)
    if gap.status == Gap.Status.ACCEPTED:
        raise GapDecided(_("Somebody has accepted this gap already."))
    return gap


def _decided(gap: Gap, status: Gap.Status, user: Any) -> None:
    gap.status, gap.decided_by, gap.decided_at = status, user, timezone.now()
    gap.save(update_fields=["status", "decided_by", "decided_at", "customers_then", "article"])
