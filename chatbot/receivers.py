"""Signals from below that start work of ours."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from chatbot import translated_packets
from chatbot.tasks import enqueue_translation_quietly
from sessions_app.models import Handoff


@receiver(post_save, sender=Handoff, dispatch_uid="translated packet")
def translate_packet(*, instance: Handoff, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw and (wish := translated_packets.begin(instance)) is not None:
        transaction.on_commit(partial(enqueue_translation_quietly, wish), robust=True)
