"""Customers' messages through the whole running system, and what became of each. `run.run_load` is the door."""
