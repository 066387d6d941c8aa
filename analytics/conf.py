"""Numbers of the business level that a team may set for itself. The statistics' own texts name them."""

from datetime import timedelta

from django.conf import settings


def quiet() -> timedelta:
    """After an answer and this long without a word, a conversation counts as over; what comes later reopens it."""
    return timedelta(hours=settings.STATISTICS_QUIET_HOURS)


def first_contact() -> timedelta:
    """For so long no person may take part, and the customer may not come back, for "resolved at first contact"."""
    return timedelta(hours=settings.STATISTICS_FIRST_CONTACT_HOURS)


def durable() -> timedelta:
    return timedelta(days=settings.STATISTICS_DURABLE_DAYS)
