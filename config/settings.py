"""One settings file; everything that differs between installations comes from the environment.

COUNTERSIGN_MODE     development (default) or production; production refuses demo keys and a missing SECRET_KEY
COUNTERSIGN_PROCESS  web, worker or command: decides which signing keys the process may read
COUNTERSIGN_VAR      where all state lives (default: var/ beside this checkout)
COUNTERSIGN_KEYS     folder of the private keys (default: $COUNTERSIGN_VAR/keys)
COUNTERSIGN_URL      the control plane's address as runners and people see it; passkeys belong to its host
DATABASE_URL         SQLite under COUNTERSIGN_VAR unless set
SECRET_KEY           required in production; made once under COUNTERSIGN_VAR otherwise
ALLOWED_HOSTS        comma-separated; required in production
COUNTERSIGN_SECRETS_KEYS         comma-separated Fernet keys of secrets at rest, newest first (default: from SECRET_KEY)
COUNTERSIGN_SECOND_FACTOR_ROLES  roles that need a second factor (default: all that sign, in production; else none)
COUNTERSIGN_IDLE_MINUTES         a session ends after so long without activity (default: 60)
COUNTERSIGN_OIDC_ISSUER          address of the identity provider for single sign-on; off unless set, together with
                                 COUNTERSIGN_OIDC_CLIENT_ID, _CLIENT_SECRET and _NAME (as the sign-in page shows it)
COUNTERSIGN_ACCESS_LOG_DAYS      how long it is kept who read what (default: 400)
COUNTERSIGN_SESSION_HOURS        a session ends after so long in any case (default: 8)
EMAIL_URL            where mail goes, such as smtp+tls://user:password@host:587; with dummymail:// notices stay on their
                     page alone (default: the log in development, dummymail:// in production)
DEFAULT_FROM_EMAIL   who mail is from
COUNTERSIGN_DIGEST_HOUR  when daily digests leave, in UTC (default: 6)
COUNTERSIGN_NOTICE_DAYS  how long notices are kept (default: 180)
COUNTERSIGN_RUNS_AT_ONCE    how many runs can go at once here; the queue of retirement risk waits for them (default: 1)
COUNTERSIGN_CHECKPOINT_SECONDS  a checkpoint is signed when there are entries and the newest is this old (default: 60)
COUNTERSIGN_WITNESSES           comma-separated "VERIFIER-KEY URL" of the witnesses that are asked to cosign
COUNTERSIGN_WITNESS_QUORUM      how many of them must have cosigned (default: all)
COUNTERSIGN_ANCHOR_FOLDERS      comma-separated further folders that checkpoints are written to
COUNTERSIGN_ANCHOR_S3           s3://bucket/prefix for checkpoints; ..._S3_ENDPOINT where it is not Amazon's
COUNTERSIGN_ANCHOR_MAIL         comma-separated addresses that checkpoints are mailed to
COUNTERSIGN_ANCHOR_MAIL_SECONDS seconds between two of those mails (default: a day)
COUNTERSIGN_TIMESTAMP_URL       a time-stamp authority (RFC 3161) for checkpoints
COUNTERSIGN_TIMESTAMP_ROOT      file with that authority's root certificate in PEM format
COUNTERSIGN_TIMESTAMP_SECONDS   seconds between two time stamps (default: an hour)
COUNTERSIGN_ENDPOINTS           comma-separated "URL" or "URL VARIABLE": the endpoints that permitted work may ask, each
                                with the variable of the worker's environment its key is in; same for web and worker
COUNTERSIGN_FEEDS               comma-separated "FORMAT PLACE [VARIABLE] [as NAME]": feeds of lifecycle dates that the
                                worker reads; a place is an address, a file, or package:NAME/PATH; same for both
COUNTERSIGN_FEED_HOURS          how often each is read (default: 24)
COUNTERSIGN_BACKUPS             comma-separated "NAME=FOLDER": the backups of weights that restore drills may read, each
                                an absolute folder of the worker's machine; same for web and worker
BEHIND_TLS_PROXY     true where a proxy ends TLS and always sets X-Forwarded-Proto (default: false)
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.secret import development_secret_key
from governance.access import SIGNERS

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

COUNTERSIGN_MODE = env.str("COUNTERSIGN_MODE", default="development")
if COUNTERSIGN_MODE not in ("development", "production"):
    raise ImproperlyConfigured(f"COUNTERSIGN_MODE is {COUNTERSIGN_MODE!r}; expected development or production")
PRODUCTION = COUNTERSIGN_MODE == "production"
COUNTERSIGN_PROCESS = env.str("COUNTERSIGN_PROCESS", default="command")
COUNTERSIGN_VAR = Path(env.str("COUNTERSIGN_VAR", default=str(BASE_DIR / "var"))).resolve()
COUNTERSIGN_KEYS = Path(env.str("COUNTERSIGN_KEYS", default=str(COUNTERSIGN_VAR / "keys"))).resolve()
COUNTERSIGN_URL = env.str("COUNTERSIGN_URL", default="http://localhost:8000").rstrip("/")
COUNTERSIGN_UPLOAD_LIMIT = env.int("COUNTERSIGN_UPLOAD_LIMIT", default=256 * 1024 * 1024)  # bytes per uploaded file
COUNTERSIGN_ATTACHMENT_LIMIT = env.int("COUNTERSIGN_ATTACHMENT_LIMIT", default=25 * 1024 * 1024)  # supporting files
COUNTERSIGN_ARTEFACT_LIMIT = env.int("COUNTERSIGN_ARTEFACT_LIMIT", default=64 * 1024**3)  # bytes per runner output
COUNTERSIGN_LEASE_SECONDS = env.int("COUNTERSIGN_LEASE_SECONDS", default=60)  # a runner silent for longer is lost

COUNTERSIGN_SECRETS_KEYS = env.list("COUNTERSIGN_SECRETS_KEYS", default=[])
COUNTERSIGN_SECOND_FACTOR_ROLES = env.list(
    "COUNTERSIGN_SECOND_FACTOR_ROLES", default=sorted(SIGNERS) if PRODUCTION else []
)
COUNTERSIGN_IDLE_MINUTES = env.int("COUNTERSIGN_IDLE_MINUTES", default=60)
COUNTERSIGN_SESSION_HOURS = env.int("COUNTERSIGN_SESSION_HOURS", default=8)
COUNTERSIGN_OIDC_ISSUER = env.str("COUNTERSIGN_OIDC_ISSUER", default="")
COUNTERSIGN_OIDC_CLIENT_ID = env.str("COUNTERSIGN_OIDC_CLIENT_ID", default="")
COUNTERSIGN_OIDC_CLIENT_SECRET = env.str("COUNTERSIGN_OIDC_CLIENT_SECRET", default="")
COUNTERSIGN_OIDC_NAME = env.str("COUNTERSIGN_OIDC_NAME", default="single sign-on")
COUNTERSIGN_ACCESS_LOG_DAYS = env.int("COUNTERSIGN_ACCESS_LOG_DAYS", default=400)
COUNTERSIGN_RUNS_AT_ONCE = env.int("COUNTERSIGN_RUNS_AT_ONCE", default=1)
COUNTERSIGN_CHECKPOINT_SECONDS = env.int("COUNTERSIGN_CHECKPOINT_SECONDS", default=60)
COUNTERSIGN_WITNESSES = env.list("COUNTERSIGN_WITNESSES", default=[])
COUNTERSIGN_WITNESS_QUORUM = env.int("COUNTERSIGN_WITNESS_QUORUM", default=0)  # 0: all of them
COUNTERSIGN_ANCHOR_FOLDERS = env.list("COUNTERSIGN_ANCHOR_FOLDERS", default=[])
COUNTERSIGN_ANCHOR_S3 = env.str("COUNTERSIGN_ANCHOR_S3", default="")
COUNTERSIGN_ANCHOR_S3_ENDPOINT = env.str("COUNTERSIGN_ANCHOR_S3_ENDPOINT", default="")
COUNTERSIGN_ANCHOR_MAIL = env.list("COUNTERSIGN_ANCHOR_MAIL", default=[])
COUNTERSIGN_ANCHOR_MAIL_SECONDS = env.int("COUNTERSIGN_ANCHOR_MAIL_SECONDS", default=24 * 3600)
COUNTERSIGN_TIMESTAMP_URL = env.str("COUNTERSIGN_TIMESTAMP_URL", default="")
COUNTERSIGN_TIMESTAMP_ROOT = env.str("COUNTERSIGN_TIMESTAMP_ROOT", default="")
COUNTERSIGN_ENDPOINTS = env.list("COUNTERSIGN_ENDPOINTS", default=[])
COUNTERSIGN_FEEDS = env.list("COUNTERSIGN_FEEDS", default=[])
COUNTERSIGN_FEED_HOURS = env.int("COUNTERSIGN_FEED_HOURS", default=24)
COUNTERSIGN_BACKUPS = env.list("COUNTERSIGN_BACKUPS", default=[])
COUNTERSIGN_TIMESTAMP_SECONDS = env.int("COUNTERSIGN_TIMESTAMP_SECONDS", default=3600)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or ("" if PRODUCTION else development_secret_key(COUNTERSIGN_VAR))
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set; production needs its own, at least 50 random characters")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "django_htmx",
    "axes",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "governance",
    "evals",
    "training",
    "demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "governance.web.middleware.RememberRoles",
    "governance.web.middleware.ErrorPages",
    "governance.web.signed.Sessions",
    "governance.web.reads.AccessLog",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
                "governance.web.context.navigation",
            ],
            "builtins": [
                "governance.web.tags",
                "evals.web.tags",
                "evals.web.answer_tags",
                "training.web.feed_tags",
                "training.web.risk_tags",
            ],
        },
    },
]

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{COUNTERSIGN_VAR / 'db.sqlite3'}")}
DATABASES["default"]["ATOMIC_REQUESTS"] = False  # a refusal is recorded after the rollback, in its own transaction
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",  # the ledger lock: a mutation never upgrades from reading to writing
    "timeout": 30,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; "
        "PRAGMA wal_autocheckpoint=8000;"  # pages, so 32 MB: the same pages change with every entry
    ),
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "governance.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "governance/locked.html"
ACCOUNT_ADAPTER = "governance.web.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False  # django-axes locks out after failed passwords, the database after failed codes
MFA_ADAPTER = "governance.web.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an owner enrols people; there is no signing up with a foreign address
SOCIALACCOUNT_ADAPTER = "governance.web.sso.SignOnAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"provider_class": "governance.web.sso.Provider"}}
SOCIALACCOUNT_LOGIN_ON_GET = True
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "inbox"
LOGOUT_REDIRECT_URL = "sign-in"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = COUNTERSIGN_VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = not PRODUCTION


REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "governance.api.authentication.Bearer",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "governance.api.pagination.Page",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "governance.api.errors.handle",
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
KNOX_TOKEN_MODEL = "governance.ApiToken"  # noqa: S105  (a name of a model)
REST_KNOX = {"TOKEN_TTL": None, "AUTH_HEADER_PREFIX": "Bearer"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Countersign",
    "DESCRIPTION": "No countersignature, no run: governance and audit for fine-tuning language models.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [],  # enumerations stay where they are used: no names to invent for them
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = COUNTERSIGN_SESSION_HOURS * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^control/"]  # runners on this machine come by loopback; see countersign.E004
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    if env.bool("BEHIND_TLS_PROXY", default=False):  # only a proxy that always sets the header may be believed
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

_mail = env.email("EMAIL_URL", default="dummymail://" if PRODUCTION else "consolemail://")
vars().update({name: value for name, value in _mail.items() if value})
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="countersign@localhost")
COUNTERSIGN_DIGEST_HOUR = env.int("COUNTERSIGN_DIGEST_HOUR", default=6)
COUNTERSIGN_NOTICE_DAYS = env.int("COUNTERSIGN_NOTICE_DAYS", default=180)
if not 0 <= COUNTERSIGN_DIGEST_HOUR <= 23 or COUNTERSIGN_NOTICE_DAYS < 60:
    raise ImproperlyConfigured("expected COUNTERSIGN_DIGEST_HOUR from 0 to 23 and COUNTERSIGN_NOTICE_DAYS from 60")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {name: {"level": "WARNING"} for name in ("axes", "httpx", "fontTools", "pyhanko")},
}
