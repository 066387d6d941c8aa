"""The page of a review queue, with what the conductor knows: scenarios and Intercom's teams are chosen, not typed."""

from django.contrib import admin

from chatbot.admin.listed_choice import ListedChoice
from chatbot.admin.team_choice import TeamChoice
from sessions_app.admin.desk import ReviewQueueAdmin
from sessions_app.models import ReviewQueue

admin.site.unregister(ReviewQueue)


@admin.register(ReviewQueue)
class ReviewQueueWithChoices(ListedChoice, TeamChoice, ReviewQueueAdmin):
    pass
