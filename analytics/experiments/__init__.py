"""What differs between the arms of an experiment, and when that can be said."""
