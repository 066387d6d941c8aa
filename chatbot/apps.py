from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatbotConfig(AppConfig):
    name = "chatbot"
    verbose_name = _("Bot")

    def ready(self) -> None:
        from chatbot.past_questions import asked_of_the_bot
        from knowledge.past_questions import read_questions_with

        read_questions_with(asked_of_the_bot)
