"""Addresses of the review page."""

from django.urls import path

from chatbot import views

app_name = "desk"
urlpatterns = [
    path("", views.waiting_drafts, name="queue"),
    path("drafts/<int:item_id>/", views.one_draft, name="draft"),
]
