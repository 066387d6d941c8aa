"""Addresses of the review desk."""

from django.urls import path

from chatbot.desk import actions, page, translating

app_name = "desk"
urlpatterns = [
    path("", page.desk, name="queue"),
    path("drafts/<int:item_id>/", page.draft, name="draft"),
    path("items/", page.rows, name="rows"),
    path("items/counts/", page.counts, name="counts"),
    path("items/many/<slug:verb>/", actions.act_on_many, name="act-on-many"),
    path("items/<int:item_id>/", page.pane, name="pane"),
    path("items/<int:item_id>/translation/", translating.draft_translation, name="draft-translation"),
    path("items/<int:item_id>/<slug:verb>/", actions.act, name="act"),
    path("watch/", page.watch, name="watch"),
    path("conversations/<int:conversation_id>/", page.watched, name="watched"),
    path("conversations/<int:conversation_id>/thread/", page.thread, name="thread"),
    path("conversations/<int:conversation_id>/translate/", translating.switch, name="translate"),
    path("conversations/<int:conversation_id>/<slug:verb>/", actions.step_in, name="step-in"),
    path("deliveries/<int:delivery_id>/wrong/", actions.mark_wrong, name="mark-wrong"),
    path("passages/<int:chunk_id>/", page.passage, name="passage"),
]
