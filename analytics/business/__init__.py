"""Whether customers are better off: how each conversation went, summed up by the hour, and the statistics over that."""
