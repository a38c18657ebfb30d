"""One settings file for development, tests and production; everything that differs comes from the environment."""

import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import global_settings
from django.utils.translation import gettext_lazy as _

from itsm.lib import env, logs
from itsm.schedule import beat_schedule, routes

BASE = Path(__file__).resolve().parent.parent
VAR = Path(env.text("VAR_DIR", str(BASE / "var"))).resolve()

# What kind of run this is

DEBUG = env.flag("DEBUG")
REDIS_URL = env.url("REDIS_URL", schemes=["redis", "rediss"])
#: What the names of all our keys in Redis start with, so that several installations can share one.
REDIS_PREFIX = env.text("REDIS_PREFIX", "itsm")
DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR / 'itsm.sqlite3'}")}
ON_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
#: One process with the database in a file and jobs in memory: nothing to install, and it may keep its own key.
EMBEDDED = ON_SQLITE and not REDIS_URL
if ON_SQLITE:
    VAR.mkdir(parents=True, exist_ok=True)

SITE_NAME = env.text("SITE_NAME", "Service desk")
#: Shown beside the sign-in form and on the portal.
SUPPORT_PHONE = env.text("SUPPORT_PHONE")
PORT = env.number("PORT", 8000, least=1, most=65535)
SITE_URL = env.site("SITE_URL", f"http://127.0.0.1:{PORT}")
SITE_HOST = urlsplit(SITE_URL).hostname or ""
HTTPS = SITE_URL.startswith("https://")
#: How many reverse proxies stand in front and may say who the caller is. 0: nobody is believed.
PROXY_COUNT = env.number("PROXY_COUNT", 0, most=10)

# Security

SECRET_KEY = env.secret_key("SECRET_KEY", debug=DEBUG, embedded=EMBEDDED, var=VAR)
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS")
# The machine itself always: health checks ask there.
ALLOWED_HOSTS = [*env.names("ALLOWED_HOSTS", [SITE_HOST]), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = HTTPS
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
ALLAUTH_TRUSTED_PROXY_COUNT = PROXY_COUNT
METRICS_TOKEN = env.text("METRICS_TOKEN")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'self'"],
    }
}
#: The database admin's theme evaluates expressions in attributes. Only superusers and staff ever get there.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}
PERMISSIONS_POLICY = ", ".join(
    [
        "publickey-credentials-get=(self)",
        "publickey-credentials-create=(self)",
        "clipboard-write=(self)",
        *(
            f"{feature}=()"
            for feature in (
                "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation", "gyroscope",
                "magnetometer", "microphone", "midi", "payment", "usb", "xr-spatial-tracking",
            )
        ),
    ]
)  # fmt: skip

# Applications, in the order of the architecture: what stands first knows nothing of what follows

INSTALLED_APPS = [
    "itsm.ui",
    "itsm.accounts",
    "itsm.audit",
    "itsm.approvals",
    "itsm.catalogue",
    "itsm.tickets",
    "itsm.sla",
    "itsm.notifications",
    "itsm.search",
    "itsm.workflow",
    "itsm.automation",
    "itsm.integrations",
    "itsm.desk",
    "strategy",
    "design",
    "transition",
    "operation",
    "improvement",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "itsm.lib.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "itsm.lib.middleware.Headers",
    "itsm.lib.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "itsm.lib.middleware.UserPreferences",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "itsm.ui.middleware.UiMiddleware",
]
CSRF_FAILURE_VIEW = "itsm.ui.errors.csrf_failure"
ROOT_URLCONF = "itsm.urls"
WSGI_APPLICATION = "itsm.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "itsm.ui.context.shell",
            ]
        },
    },
    # For the hot rows of long lists, which cost a tenth in this engine. Its own folder: were it shared, Django would
    # take every template for its own, because the first engine that finds a name wins.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "DIRS": [BASE / "templates" / "jinja2"],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "itsm.ui.jinja.environment", "autoescape": True},
    },
]

# Data

if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "itsm.lib.cache.TolerantRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": f"{REDIS_PREFIX}:cache",
            "OPTIONS": {"socket_timeout": 5, "socket_connect_timeout": 5},
        }
    }
else:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}}
    }

# Not in the cache: it is private to a process without Redis, it may be away with it, and a sign-out must hold for good.
SESSION_ENGINE = "itsm.accounts.sessions"

MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR / "media")))
MEDIA_URL = "media/"
STATIC_URL = "static/"
_collected = Path(env.text("STATIC_ROOT", str(BASE / "staticfiles")))
# Collected files carry their hash in their name and are cached for ever. Without that step (embedded, development)
# they are served from where they were installed.
COLLECTED = not DEBUG and ((_collected / "staticfiles.json").is_file() or sys.argv[1:2] == ["collectstatic"])
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "itsm.ui.storage.StaticStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not COLLECTED
STATIC_ROOT = _collected if COLLECTED else None
WHITENOISE_AUTOREFRESH = DEBUG

# Language and time

USE_TZ = True
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
LANGUAGE_CODE = env.text("LANGUAGE_CODE", "en", choices=[code for code, _name in global_settings.LANGUAGES])
LOCALE_PATHS = [BASE / "locale"]

# Mail

vars().update(env.email("EMAIL_URL", f"file://{VAR / 'mail'}" if EMBEDDED else "smtp://localhost:25"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("MAIL_FROM", f"{SITE_NAME} <servicedesk@{SITE_HOST}>")
#: Domain whose mail reaches this installation. Unset: mails carry no address to answer to.
EMAIL_REPLY_DOMAIN = env.text("EMAIL_REPLY_DOMAIN")
MESSAGE_RETENTION_DAYS = env.number("MESSAGE_RETENTION_DAYS", 90, least=1, most=3650)
#: Chat servers inside the own network that chat channels may post to.
CHAT_ALLOWED_HOSTS = env.names("CHAT_ALLOWED_HOSTS")
# Hosts and networks inside our own that monitors may try; anything else inside it is refused.
MONITOR_ALLOWED_HOSTS = env.names("MONITOR_ALLOWED_HOSTS")

# Sign-in

AUTH_USER_MODEL = "accounts.User"
# The only one: a second back end would hash a wrong password a second time.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {"user_attributes": ["email", "name"]},
        "MinimumLengthValidator": {"min_length": 10},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "itsm.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# By address first: a limit per account alone would let anybody lock a colleague out.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/5m/ip,20/5m/key"}
MFA_ADAPTER = "itsm.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_TOLERANCE = 1
USERSESSIONS_TRACK_ACTIVITY = False
SOCIALACCOUNT_ADAPTER = "itsm.accounts.adapters.SocialAccountAdapter"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_LOGIN_ON_GET = False

OIDC_SERVER_URL = env.url("OIDC_SERVER_URL")
#: Whether somebody whom the identity provider vouches for gets an account at the first sign-in.
OIDC_CREATES_USERS = env.flag("OIDC_CREATES_USERS", True)
SOCIALACCOUNT_PROVIDERS: dict[str, object] = {}
if OIDC_SERVER_URL:
    for required in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        if not env.text(required):
            env.refuse(required, "is not set, but OIDC_SERVER_URL is: single sign-on needs all three.")
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        # The organisation's own identity provider: what it says about an address is true, and it may sign in to the
        # account that already has that address.
        "EMAIL_AUTHENTICATION": True,
        "VERIFIED_EMAIL": True,
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": env.text("OIDC_NAME", "Single sign-on"),
                "client_id": env.text("OIDC_CLIENT_ID"),
                "secret": env.text("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ],
    }
    # The form posts to our own address and is then redirected to the provider; browsers check that step too.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(
        f"{urlsplit(OIDC_SERVER_URL).scheme}://{urlsplit(OIDC_SERVER_URL).netloc}"
    )

# REST API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # First, because it is the one that tells the stranger how to sign in.
        "itsm.integrations.api.auth.BearerToken",
        "itsm.integrations.api.auth.Session",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["itsm.integrations.api.auth.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["itsm.api.throttling.PerMinute"],
    "DEFAULT_RENDERER_CLASSES": ["itsm.api.renderers.JSON"],
    "DEFAULT_PARSER_CLASSES": ["itsm.api.parsers.JSON"],
    "DEFAULT_FILTER_BACKENDS": ["itsm.api.filters.Filters"],
    "DEFAULT_PAGINATION_CLASS": "itsm.api.pagination.Keyset",
    "DEFAULT_SCHEMA_CLASS": "itsm.api.schema.Schema",
    "DEFAULT_VERSIONING_CLASS": None,
    # The document describes the API; OPTIONS would describe it again.
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "itsm.api.exceptions.answer",
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": PROXY_COUNT,
}
#: Requests a minute of one token (or person, or address).
API_REQUESTS_PER_MINUTE = env.number("API_REQUESTS_PER_MINUTE", 600, least=1)
#: The largest JSON body. Files are limited by ATTACHMENT_MAX_MB.
API_MAX_BODY_BYTES = 2_500_000
#: How long a token may live, and how long it does when nobody says.
API_TOKEN_MAX_DAYS = env.number("API_TOKEN_MAX_DAYS", 365, least=1, most=3650)
API_TOKEN_DEFAULT_DAYS = min(90, API_TOKEN_MAX_DAYS)
KNOX_TOKEN_MODEL = "integrations.ApiToken"  # noqa: S105 - the name of a model
REST_KNOX = {
    "TOKEN_PREFIX": "itsm_",
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_TTL": timedelta(days=API_TOKEN_DEFAULT_DAYS),
}
# Its own token table would only stand there empty: the model is swapped for ours.
MIGRATION_MODULES = {"knox": None}
SPECTACULAR_SETTINGS = {
    "TITLE": "Service desk API",
    "DESCRIPTION": (
        "Everything the service desk does, for scripts and other systems. Start with `docs/api.md`, which walks "
        "through the whole life of an incident.\n\nRefusals are `application/problem+json` (RFC 9457)."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Choices that share the name of their field.
    "ENUM_NAME_OVERRIDES": {
        "ApprovalState": "itsm.approvals.models.Round.State",
        "ArticleState": "transition.states.articles.ArticleState",
        "ClockState": "itsm.sla.models.Clock.State",
        "ClockMetric": "itsm.sla.models.Metric",
        "DefectSeverity": "design.package_states.Severity",
        "EditionState": "strategy.policy_states.PolicyState",
        "EntryKind": ["reply", "note"],
        "EventSeverity": "operation.states.Severity",
        "ItemState": "transition.states.configuration.CIState",
        "LicenceMetric": "transition.states.configuration.LicenceMetric",
        "LinkKind": "itsm.tickets.models.TicketLink.Kind",
        "Moscow": "strategy.states.Moscow",
        "OfferingKind": "itsm.catalogue.models.ServiceOffering.Kind",
        "OutageKind": "operation.states.OutageKind",
        "OutageState": "operation.states.OutageState",
        "ServiceKind": "itsm.catalogue.models.Service.Kind",
        "ServiceState": "itsm.catalogue.states.ServiceStatus",
        "SlaState": "itsm.tickets.states.SlaState",
        "SystemNeed": "design.process_states.Need",
        "SurveyKind": "improvement.feedback_states.SurveyKind",
        "TaskState": "itsm.tickets.models.TicketTask.State",
        "TermState": "strategy.cost_states.TermState",
        "TicketPriority": "itsm.tickets.states.Priority",
        "TimelineKind": "itsm.tickets.models.TimelineEntry.Kind",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "itsm.api.schema.finish"],
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "validatorUrl": None},
}

UNFOLD = {"SITE_TITLE": SITE_NAME, "SITE_HEADER": _("Database admin"), "SITE_URL": "/"}

# Background work (STACK: the database is the queue of record, a message is only a nudge)

CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 5
# Redis gives a message that was never acknowledged to another worker after this time.
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "visibility_timeout": 900,
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
        "global_keyprefix": f"{REDIS_PREFIX}:",
    }
    if REDIS_URL
    else {"polling_interval": 0.05}
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = {name: {"exchange": name, "routing_key": name} for name in ("urgent", "default", "mail", "bulk")}
CELERY_TASK_ROUTES = routes()
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = beat_schedule()
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat")
CELERY_BEAT_SCHEDULER = "itsm.desk.scheduler.LeaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
if REDIS_URL:
    # Only processes can be interrupted; the threads of the embedded worker rely on time-outs of what they call.
    CELERY_TASK_SOFT_TIME_LIMIT = 300
    CELERY_TASK_TIME_LIMIT = 360

#: The module that makes our Celery application the current one; a name, because nothing may import upwards.
CELERY_MODULE = "itsm.celery"
#: A worker or scheduler that has not been heard of for longer is not ready.
HEARTBEAT_MAX_AGE = timedelta(seconds=60)

# Logs and errors

LOG_LEVEL = env.text(
    "LOG_LEVEL", "WARNING" if EMBEDDED else "INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
)
LOGGING = logs.config(
    level=LOG_LEVEL, style=env.text("LOG_FORMAT", "text" if EMBEDDED else "json", choices=["json", "text"])
)

SENTRY_DSN = env.url("SENTRY_DSN")
if SENTRY_DSN:
    import sentry_sdk

    try:
        sentry_sdk.init(SENTRY_DSN, send_default_pii=False, environment=env.text("SENTRY_ENVIRONMENT", "production"))
    except sentry_sdk.utils.BadDsn as error:
        env.refuse("SENTRY_DSN", f"is not a DSN: {error}.")

# Attachments
ATTACHMENT_MAX_BYTES = env.number("ATTACHMENT_MAX_MB", 25, least=1, most=1000) * 1_000_000
ATTACHMENT_MAX_COUNT = 10
