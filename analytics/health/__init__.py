"""Whether the system as a whole does its work: facts, judged in words, and shown to people and programs."""
