from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Conversation


class ConversationOutcome(models.Model):
    """How one conversation went, as far as it is known by now. Worked out from its rows by `analytics.business`."""

    conversation = models.OneToOneField(
        Conversation, on_delete=models.CASCADE, primary_key=True, related_name="result", verbose_name=_("conversation")
    )
    started_at = models.DateTimeField(_("first words of the customer"))
    workspace = models.CharField(_("workspace"), max_length=64)
    language = models.CharField(_("language"), max_length=16, blank=True)
    tier = models.CharField(_("tier"), max_length=64, blank=True)
    channel = models.CharField(_("channel"), max_length=32, blank=True)
    team = models.CharField(_("assigned team"), max_length=64, blank=True)
    intent = models.CharField(_("intent"), max_length=64, blank=True)
    scenario = models.CharField(_("scenario"), max_length=20, blank=True)
    profile = models.CharField(_("profile and version"), max_length=80, blank=True)

    is_involved = models.BooleanField(_("the bot took part"))
    is_answered = models.BooleanField(_("the bot answered alone"))
    is_held = models.BooleanField(_("a draft was held"))
    is_handed_over = models.BooleanField(_("handed over"))
    handoff_reason = models.CharField(_("reason of the handover"), max_length=32, blank=True)
    has_person = models.BooleanField(_("a person took part"))
    customer_messages = models.IntegerField(_("messages of the customer"))
    reopenings = models.IntegerField(_("times reopened"))
    drafts_decided = models.IntegerField(_("drafts decided"))
    drafts_unchanged = models.IntegerField(_("drafts sent unchanged"))
    #: Messages whose guessed intent a person judged, "cannot tell" left out, and those of them that were right.
    intents_labelled = models.IntegerField(_("messages with a labelled intent"), default=0, db_default=0)
    intents_right = models.IntegerField(_("intents guessed right"), default=0, db_default=0)
    rating = models.SmallIntegerField(_("rating"), null=True)
    first_response_seconds = models.FloatField(_("until the first word to the customer, s"), null=True)
    first_answer_seconds = models.FloatField(_("until the first answer, s"), null=True)
    #: Null, here and below: too early to say, for good news and bad alike, or the bot took no part. Counting what is
    #: lost at once and what is won only later would make the newest days look worse than they are.
    is_first_contact = models.BooleanField(_("resolved at first contact"), null=True)
    is_assumed = models.BooleanField(_("resolution assumed"))
    is_confirmed = models.BooleanField(_("resolution confirmed"))
    is_verified = models.BooleanField(_("resolution verified"), null=True)
    is_durable = models.BooleanField(_("resolution durable"), null=True)
    #: Some times ran backwards (a clock that jumped); they count as 0 seconds.
    has_odd_times = models.BooleanField(_("times that run backwards"))
    tokens_read = models.BigIntegerField(_("tokens read"))
    tokens_written = models.BigIntegerField(_("tokens written"))
    is_angry = models.BooleanField(_("words of anger"), default=False, db_default=False)
    is_thanked = models.BooleanField(_("the customer said thanks"), default=False, db_default=False)
    #: 1..5, by the configured model; null: none has read it.
    model_rating = models.SmallIntegerField(_("the model's reading"), null=True)
    asked_again = models.IntegerField(_("times asked again"), default=0, db_default=0)
    #: 0..100, by `analytics.scoring`; null: the conversation is not over.
    score = models.FloatField(_("score"), null=True)
    is_surveyed = models.BooleanField(_("the customer was asked in the survey"), default=False, db_default=False)
    #: 0..10, of the survey; null: no answer.
    nps = models.SmallIntegerField(_("score given in the survey"), null=True)
    #: When the mere passing of time may change the above; null: never.
    settles_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(_("worked out"))

    class Meta:
        verbose_name = _("result of a conversation")
        verbose_name_plural = _("results of conversations")
        permissions = [("export_conversationoutcome", "Can export results of conversations")]
        indexes = [
            models.Index(fields=["-started_at"], name="outcome_newest"),
            models.Index(fields=["settles_at"], name="outcome_settles", condition=models.Q(settles_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.conversation_id)
