"""A score for every conversation, without a survey: how probable a good rating is, by signals anybody can check."""
