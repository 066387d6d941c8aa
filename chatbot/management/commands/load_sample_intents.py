"""Teaches the made-up company's intents where there are none, so that a newcomer sees how it works."""

from typing import Any

from django.core.management.base import BaseCommand

from chatbot.intents.starter import load_starter_intents


class Command(BaseCommand):
    help = "Load the sample intents, train and activate them; does nothing where there are intents already."

    def handle(self, *args: Any, **options: Any) -> None:
        count = load_starter_intents()
        if count:
            self.stderr.write(f"sample intents: {count} examples learned")
