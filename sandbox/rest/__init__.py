"""Intercom's REST API as the workspace answers it."""
