"""Admin pages of conversations and of the desk."""

from sessions_app.admin import conversation, desk

__all__ = ["conversation", "desk"]
