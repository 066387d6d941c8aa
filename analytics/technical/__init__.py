"""The technical level: how fast and how reliably questions are worked off."""
