"""What conversations cost, what that is made of, and what it would cost otherwise."""
