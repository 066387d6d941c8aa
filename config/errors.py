"""The one error that a person who starts Handrail can cause: a setting that is missing, malformed or unreachable."""


class ConfigurationError(Exception):
    """A setting is wrong. The message is one line that names the setting and the cure; shown without a traceback."""
