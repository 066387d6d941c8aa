"""Results as tables: one row a conversation, sent in batches, continued where it was cut."""
