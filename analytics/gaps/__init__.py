"""What the bot could not answer, and the articles that would have helped."""
