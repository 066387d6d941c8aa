"""What people do with topics: rename, merge, hide. Grouping goes on around their decisions."""

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.models import AskedQuestion, Topic


class CannotSteer(ValueError):
    """The topic cannot be changed so; the message says why."""


def rename(topic_id: int, name: str) -> Topic:
    """Raises `CannotSteer` for an empty name, and `Topic.DoesNotExist`."""
    told = " ".join(name.split())
    if not told:
        raise CannotSteer(_("Write a name."))
    with transaction.atomic():
        topic = Topic.objects.select_for_update().get(pk=topic_id)
        topic.name, topic.is_renamed = told[:120], True
        topic.save(update_fields=["name", "is_renamed"])
        return topic


def hide(topic_id: int, *, is_hidden: bool) -> Topic:
    """Hidden topics are still counted, and left out of the page. Raises `Topic.DoesNotExist`."""
    with transaction.atomic():
        topic = Topic.objects.select_for_update().get(pk=topic_id)
        topic.is_hidden = is_hidden
        topic.save(update_fields=["is_hidden"])
        return topic


def merge(topic_id: int, *, into: int) -> Topic:
    """Moves the questions of a topic, and of those merged into it, to another; returns that one.

    What comes near the first later goes there, too. Raises `CannotSteer` and `Topic.DoesNotExist`.
    """
    with transaction.atomic():
        rows = {row.pk: row for row in Topic.objects.select_for_update().filter(pk__in=(topic_id, into)).order_by("pk")}
        if topic_id not in rows or into not in rows:
            raise Topic.DoesNotExist
        if topic_id == into or rows[into].merged_into_id is not None:
            raise CannotSteer(_("Choose another topic, one that is not merged itself."))
        if rows[topic_id].merged_into_id is not None:
            raise CannotSteer(_("This topic is merged already."))
        if rows[topic_id].language != rows[into].language:
            raise CannotSteer(_("Topics of different languages stay apart."))
        AskedQuestion.objects.filter(topic_id=topic_id).update(topic_id=into)
        Topic.objects.filter(merged_into_id=topic_id).update(merged_into_id=into)
        Topic.objects.filter(pk=topic_id).update(merged_into_id=into)
        return rows[into]
