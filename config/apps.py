from django.apps import AppConfig


class WiringConfig(AppConfig):
    """Makes every process that uses Django a client of our Celery application, not of Celery's default one."""

    name = "config"
    label = "wiring"

    def ready(self) -> None:
        from config import celery  # noqa: F401  # finalises the application that shared tasks bind to
