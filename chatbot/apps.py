from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatbotConfig(AppConfig):
    name = "chatbot"
    verbose_name = _("Bot")

    def ready(self) -> None:
        from chatbot import help_centre, receivers  # noqa: F401  # receivers connect themselves
        from chatbot.past_questions import asked_of_the_bot
        from chatbot.sampling.drawing import draw_sent
        from chatbot.sampling.intent_drawing import draw_guessed
        from chatbot.signals import delivery_finished, turn_finished
        from chatbot.trying.gates import agree_to_embedder
        from knowledge.embedders import guard_activation_with
        from knowledge.importing.sources import register_source
        from knowledge.past_questions import read_questions_with

        read_questions_with(asked_of_the_bot)
        guard_activation_with(agree_to_embedder)
        register_source("intercom", help_centre.open_help_centre, addresses=help_centre.workspaces_to_choose)
        delivery_finished.connect(draw_sent, dispatch_uid="sampled review")
        turn_finished.connect(draw_guessed, dispatch_uid="sampled intents")
