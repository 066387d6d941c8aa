"""Django's settings, read from typed environment variables. The few that matter first stand at the top."""

import hashlib
from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from config import embedded, env
from config.admin_site import UNFOLD  # noqa: F401  # a setting
from config.errors import ConfigurationError
from config.public_address import public_address

BASE_DIR = env.BASE_DIR

# What an operator sets first ------------------------------------------------------------------------------------

HANDRAIL_DATA_DIR = env.path("HANDRAIL_DATA_DIR", BASE_DIR / "var")
HANDRAIL_PORT = env.whole_number("HANDRAIL_PORT", 8000, least=1, most=65535)
SANDBOX_PORT = env.whole_number("SANDBOX_PORT", 8001, least=1, most=65535)
DATABASE_URL = env.url("DATABASE_URL", schemes=("postgresql", "postgres"))
REDIS_URL = env.url("REDIS_URL", schemes=("redis", "rediss"))
MODEL_URL = env.url("MODEL_URL", schemes=("http", "https"))
MODEL_NAME = env.text("MODEL_NAME", "openai/gpt-oss-20b")
MODEL_TOKEN = env.text("MODEL_TOKEN")
#: Tokens that the model reads and writes together; a longer prompt is cut to it.
MODEL_CONTEXT_TOKENS = env.whole_number("MODEL_CONTEXT_TOKENS", 8_192, least=2_048, most=10_000_000)
#: Private key (file or folder) that signs a token for each call instead.
MODEL_JWT_KEY = env.text("MODEL_JWT_KEY")
MODEL_JWT_KEY_ID = env.text("MODEL_JWT_KEY_ID")
MODEL_JWT_AUDIENCE = env.text("MODEL_JWT_AUDIENCE", "model-server")
MODEL_JWT_ISSUER = env.text("MODEL_JWT_ISSUER", "handrail")
#: PEM files for an https server: what we show, and whom we trust.
MODEL_CERTIFICATE = env.text("MODEL_CERTIFICATE")
MODEL_CA = env.text("MODEL_CA")
if MODEL_JWT_KEY and MODEL_TOKEN:
    raise ConfigurationError("MODEL_TOKEN and MODEL_JWT_KEY exclude each other; unset one of them")
#: When a pool of model servers is asked for less, left alone and taken back; see docs/explanation/model-pools.md.
MODEL_WINDOW_SECONDS = env.number("MODEL_WINDOW_SECONDS", 60.0, least=1.0, most=3600.0)
MODEL_LEAST_CALLS = env.whole_number("MODEL_LEAST_CALLS", 10, least=1, most=100_000)
MODEL_DEGRADED_PERCENT = env.number("MODEL_DEGRADED_PERCENT", 5.0, least=0.0, most=100.0)
MODEL_OPEN_PERCENT = env.number("MODEL_OPEN_PERCENT", 10.0, least=0.0, most=100.0)
MODEL_FAILURES_IN_A_ROW = env.whole_number("MODEL_FAILURES_IN_A_ROW", 5, least=1, most=100_000)
MODEL_REST_SECONDS = env.number("MODEL_REST_SECONDS", 5.0, least=0.1, most=3600.0)
MODEL_PROBES = env.whole_number("MODEL_PROBES", 2, least=1, most=100)
#: How much is added to the threshold for what a degraded pool wrote.
MODEL_DEGRADED_THRESHOLD = env.number("MODEL_DEGRADED_THRESHOLD", 0.05, least=0.0, most=1.0)
#: So many answers in a row that took longer raise an alert; 0 answers raise none.
MODEL_SLOW_SECONDS = env.number("MODEL_SLOW_SECONDS", 1.0, least=0.01, most=600.0)
MODEL_SLOW_ANSWERS = env.whole_number("MODEL_SLOW_ANSWERS", 5, least=0, most=100_000)
#: Over 0: a pool whose first word is later competes with the next one; it costs tokens that nobody reads.
MODEL_HEDGE_SECONDS = env.number("MODEL_HEDGE_SECONDS", 0.0, least=0.0, most=600.0)
#: On: a server that answers in another model's name has failed. Off: the trace says so.
MODEL_NAME_STRICT = env.flag("MODEL_NAME_STRICT", False)
#: On: servers are asked how probable each token was; the confidence can learn from it. Some servers refuse to tell.
MODEL_TOKEN_PROBABILITIES = env.flag("MODEL_TOKEN_PROBABILITIES", False)
if MODEL_DEGRADED_PERCENT > MODEL_OPEN_PERCENT:
    raise ConfigurationError("MODEL_DEGRADED_PERCENT must not be more than MODEL_OPEN_PERCENT; correct one of them")
#: A text-embeddings-inference server that serves a reranker; unset = passages stay as the search ranked them.
RERANKER_URL = env.url("RERANKER_URL", schemes=("http", "https"))
RERANKER_TOKEN = env.text("RERANKER_TOKEN")
RERANKER_SECONDS = env.number("RERANKER_SECONDS", 0.5, least=0.01, most=30.0)
RERANKER_PASSAGES = env.whole_number("RERANKER_PASSAGES", 20, least=2, most=200)
#: Passages that are read word by word before somebody asks, at some 25 kB of the database each.
READ_PASSAGES_STORED = env.whole_number("READ_PASSAGES_STORED", 100_000, least=0, most=100_000_000)
INTERCOM_TOKEN = env.text("INTERCOM_TOKEN")
INTERCOM_CLIENT_SECRET = env.text("INTERCOM_CLIENT_SECRET")
INTERCOM_URL = env.url("INTERCOM_URL", "https://api.intercom.io", schemes=("http", "https"))
INTERCOM_VERSION = env.text("INTERCOM_VERSION", "2.16")

# What imports may fetch -------------------------------------------------------------------------------------------

#: Names of private hosts (an intranet's wiki) that imports may fetch from all the same; ordinarily none.
FETCH_PRIVATE_HOSTS = [host.strip().lower() for host in env.text("FETCH_PRIVATE_HOSTS").split(",") if host.strip()]
#: Seconds between two looks at sources of articles that are kept up to date.
ARTICLE_SYNC_SECONDS = env.number("ARTICLE_SYNC_SECONDS", 21600.0, least=60.0, most=2592000.0)

# How the bot behaves in time --------------------------------------------------------------------------------------

#: Seconds the bot waits after a customer's message, so that several messages in a row are answered once.
REPLY_PAUSE_SECONDS = env.number("REPLY_PAUSE_SECONDS", 2.0, least=0.0, most=60.0)
#: Off: every question is answered anew, even one that was answered a minute ago.
ANSWER_CACHE = env.flag("ANSWER_CACHE", True)
#: Seconds between two looks for rows that nobody is working on.
SWEEP_SECONDS = env.number("SWEEP_SECONDS", 5.0, least=0.5, most=3600.0)
#: Seconds a row may lie untouched before the sweep takes it for forgotten.
SWEEP_GRACE_SECONDS = env.number("SWEEP_GRACE_SECONDS", 10.0, least=0.5, most=3600.0)
#: Seconds between two reconciling polls of Intercom for messages that no webhook brought.
RECONCILE_SECONDS = env.number("RECONCILE_SECONDS", 60.0, least=1.0, most=86400.0)

# What the statistics count as over, and as resolved -----------------------------------------------------------------

#: Hours without a word after which an answered conversation counts as over.
STATISTICS_QUIET_HOURS = env.number("STATISTICS_QUIET_HOURS", 24.0, least=1.0, most=168.0)
#: Hours in which no person may take part and the customer may not come back.
STATISTICS_FIRST_CONTACT_HOURS = env.number("STATISTICS_FIRST_CONTACT_HOURS", 72.0, least=1.0, most=720.0)
STATISTICS_DURABLE_DAYS = env.number("STATISTICS_DURABLE_DAYS", 7.0, least=1.0, most=90.0)

# How a model takes part in the score of conversations -----------------------------------------------------------------

#: Percent of the conversations, drawn by lot, that are read when they are over; those that were rated come first.
SCORE_READ_PERCENT = env.number("SCORE_READ_PERCENT", 10.0, least=0.0, most=100.0)
#: Calls a day that this may cost at most; 0: no model reads.
SCORE_READS_A_DAY = env.whole_number("SCORE_READS_A_DAY", 200, least=0, most=100_000)

# E-mail, for the weekly report ---------------------------------------------------------------------------------------

EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.whole_number("EMAIL_PORT", 25, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "handrail@localhost")

# Django -----------------------------------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    # Stable for one data directory, and never sent anywhere.
    _seed_file = HANDRAIL_DATA_DIR / "secret_key"
    try:
        SECRET_KEY = _seed_file.read_text().strip()
    except FileNotFoundError:
        import secrets

        SECRET_KEY = secrets.token_urlsafe(50)
        try:
            HANDRAIL_DATA_DIR.mkdir(parents=True, exist_ok=True)
            _seed_file.touch(mode=0o600)
            _seed_file.write_text(SECRET_KEY)
        except OSError as error:
            raise ConfigurationError(
                f"HANDRAIL_DATA_DIR ({HANDRAIL_DATA_DIR}) cannot be written; choose another, or set SECRET_KEY"
            ) from error
ALLOWED_HOSTS = [host for host in env.text("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host]
CSRF_TRUSTED_ORIGINS = [origin for origin in env.text("CSRF_TRUSTED_ORIGINS").split(",") if origin]
#: Address of the admin and the review desk for people; with https, also what Django secures by.
PUBLIC_URL = env.url("PUBLIC_URL", schemes=("https", "http"))
if _public := public_address(PUBLIC_URL):
    PUBLIC_URL = _public.origin
    ALLOWED_HOSTS.append(_public.host)
    CSRF_TRUSTED_ORIGINS.append(_public.origin)
    globals().update(_public.security_settings())

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_prometheus",
    "channels",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "simple_history",
    "config.apps.WiringConfig",
    "knowledge",
    "sessions_app",
    "chatbot",
    "analytics",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.own_language.OwnLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",  # who changed what
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

#: Bytes of a form or a request of the API: the longest article, so that its own field says what is too long.
DATA_UPLOAD_MAX_MEMORY_SIZE = 13_000_000

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database(address: str) -> dict[str, object]:
    """Django's database dictionary from a libpq address; any libpq option may stand in its query."""
    try:
        parts = conninfo_to_dict(address)
    except ProgrammingError as error:
        raise ConfigurationError(
            "DATABASE_URL cannot be read; it must look like postgresql://user:password@host/name"
        ) from error
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "handrail"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": "handrail",
            # Lets sessions_app.statements prepare its own; the ORM's statements never are.
            "prepare_threshold": 5,
            "pool": {"min_size": 0, "max_size": DATABASE_POOL_SIZE, "timeout": 10},
            **parts,
        },
    }


#: Connections one process may hold; threads wait for a free one up to ten seconds.
DATABASE_POOL_SIZE = env.whole_number("DATABASE_POOL_SIZE", 20, least=2, most=500)
DATABASES = {"default": _database(DATABASE_URL or embedded.database_address(HANDRAIL_DATA_DIR))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_ADDRESS = REDIS_URL or embedded.redis_address(HANDRAIL_DATA_DIR)
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_ADDRESS]}}
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_ADDRESS}}

# Celery: the rows in PostgreSQL are the truth, so a lost task costs one sweep and nothing else. -------------------

CELERY_BROKER_URL = REDIS_ADDRESS
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_DEFAULT_QUEUE = "handrail"
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # What a killed worker had fetched the sweep finds in seconds; Redis would bring it back after an hour, and keeping
    # a list for that costs every task eight commands of Redis.
    "ack_emulation": False,
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 10,
    # Without a broker, publishing fails at once: the row is stored, and the sweep enqueues it later.
    "max_retries": 1,
    "interval_start": 0.0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_TIMEZONE = "UTC"

# Language, time, static files --------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
#: Who has chosen a language need not choose it again when the browser is opened the next day.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "UTC")
STATIC_URL = "static/"
STATIC_ROOT = Path(env.path("STATIC_ROOT", HANDRAIL_DATA_DIR / "static"))

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "admin:login"

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Handrail",
    "DESCRIPTION": (
        "The knowledge base and the review desk over HTTP. "
        "Sign in with a token (`Authorization: Token …`) or in the admin."
    ),
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]+",
    "SWAGGER_UI_DIST": "SIDECAR",  # from our own static files
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "ArticleStatusEnum": "knowledge.models.ArticleStatus",
        "ReasonClassEnum": "sessions_app.reason_classes.ReasonClass",
        "DuplicateDecisionEnum": "knowledge.models.DuplicatePair.Decision",
    },
}

#: Bearer token that Prometheus presents at /metrics; without one, only signed-in staff may read them.
METRICS_TOKEN = env.text("METRICS_TOKEN")
#: Name under which this data directory's services are told apart from others on the machine.
INSTANCE = hashlib.sha256(str(HANDRAIL_DATA_DIR).encode()).hexdigest()[:8]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "httpx2": {"level": "WARNING"},
        "faiss": {"level": "WARNING"},
        "apprise": {"level": "CRITICAL"},  # its lines name addresses, which hold passwords
        "httpcore2": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.apps.worker": {"level": "INFO"},  # says that the worker is ready: the supervisor waits for the words
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.worker.consumer.connection": {"level": "WARNING"},  # that Redis was lost is one; "Connected" is not
        "celery.beat": {"level": "WARNING"},
    },
}
