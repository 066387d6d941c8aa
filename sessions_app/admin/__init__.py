"""Admin pages of conversations and of the desk."""

from sessions_app.admin import desk
from sessions_app.admin.conversation import ConversationAdmin

__all__ = ["ConversationAdmin", "desk"]
