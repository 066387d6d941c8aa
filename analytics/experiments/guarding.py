"""Running experiments that hurt: for the alert, and for whoever looks at the list."""

from analytics.experiments.reading import Reading, read
from chatbot.models import Experiment


def hurting() -> list[Reading]:
    """Those in which more is handed over, or fewer customers are satisfied, than chance explains."""
    running = Experiment.objects.filter(started_at__isnull=False, stopped_at=None)
    return [reading for reading in map(read, running) if reading.hurts]
