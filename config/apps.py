from pathlib import Path

from django.apps import AppConfig

from config.errors import ConfigurationError


class WiringConfig(AppConfig):
    """Makes every process that uses Django a client of our Celery application, not of Celery's default one."""

    name = "config"
    label = "wiring"

    def ready(self) -> None:
        from django.conf import settings

        from config import celery  # noqa: F401  # finalises the application that shared tasks bind to

        if settings.MODEL_URL and (settings.MODEL_CERTIFICATE or settings.MODEL_CA):
            _check_model_certificates(settings.MODEL_URL, settings.MODEL_CERTIFICATE, settings.MODEL_CA)


def _check_model_certificates(url: str, certificate: str, authority: str) -> None:
    """Only looks whether they can be used: they are set together with those of the pools."""
    from chatbot.llm.certificates import TrustedServer

    for name, file in (("MODEL_CERTIFICATE", certificate), ("MODEL_CA", authority)):
        if file and not Path(file).is_file():
            raise ConfigurationError(f"{name}: there is no file {file}")
    try:
        TrustedServer(url=url, certificate=certificate, authority=authority).context()
    except OSError as error:
        raise ConfigurationError(
            f"MODEL_CERTIFICATE or MODEL_CA cannot be used ({type(error).__name__}); each must be a PEM file, and "
            "MODEL_CERTIFICATE must hold the key too, without a password"
        ) from error
