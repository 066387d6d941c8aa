"""Answers given before, for the same or nearly the same question. Redis may lose all of it: only speed is lost then."""
