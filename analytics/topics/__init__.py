"""What customers ask about: questions grouped by meaning, and the gaps in what the bot knows."""
