"""Every setting, read once from the environment; `.env.example` says what each is for."""

from decimal import Decimal
from pathlib import Path

import django_stubs_ext
from csp.constants import NONCE, SELF
from environs import Env

from uploads.bucket.wanted import origin_of
from uploads.stores.addresses import bucket_address

django_stubs_ext.monkeypatch()  # lets classes such as ModelAdmin be subscripted, as the type checker needs

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
env.read_env(str(BASE_DIR / ".env"), recurse=False)

# The site
DEBUG = env.bool("DEBUG", False)
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).resolve()
PORT = env.int("PORT", 8000)
HOST = env.str("HOST", "127.0.0.1")
SITE_URL = env.str("SITE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
SECRET_KEY = env.str("SECRET_KEY", "")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
SECRET_KEY_FILE = VAR_DIR / "secret_key"
if not SECRET_KEY and SECRET_KEY_FILE.exists():
    SECRET_KEY = SECRET_KEY_FILE.read_text().strip()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
SECURE_COOKIES = env.bool("SECURE_COOKIES", SITE_URL.startswith("https://"))

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "ninja",  # serves the API pages from here; without it they come from another origin
    "vidsite",
    "uploads",
    "transcoding",
    "progress",
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
    "vidsite.store_down.StoreDown",
]
ROOT_URLCONF = "vidsite.urls"
ASGI_APPLICATION = "vidsite.asgi.application"
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
                "csp.context_processors.nonce",
            ]
        },
    }
]

# Database. CONN_MAX_AGE stays 0, as Django advises under ASGI: kept connections belong to threads and pile up.
DATABASES = {"default": env.dj_db_url("DATABASE_URL", f"sqlite:///{VAR_DIR / 'vidsite.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE takes the write lock at BEGIN, where the timeout applies; a deferred transaction that turns
    # into a writer fails at once with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis: the broker and the channel layer
REDIS_URL = env.str("REDIS_URL", f"redis://127.0.0.1:{PORT + 1}/0")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # redis-py 8 gives sockets a 5 s read timeout; the layer blocks for 5 s in BZPOPMIN, so that an idle
            # WebSocket would be cut (django/channels_redis#422).
            "hosts": [{"address": REDIS_URL, "socket_timeout": None}],
            # For all sockets of one web process: at the default of 100 a burst of news for many would be dropped.
            "capacity": 2000,
            "group_expiry": 3600,
        },
    }
}

# Celery: the broker carries hints only; the database row is the truth (docs/architecture.md).
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 3, "socket_keepalive": True}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"transcoding.tasks.transcode_video": {"queue": "transcode"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True  # a short job must not wait behind a long one while another worker is idle
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "run" / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {"task": "transcoding.tasks.sweep_jobs", "schedule": 10, "options": {"expires": 10}},
    "sweep-uploads": {"task": "uploads.tasks.sweep_uploads", "schedule": 60, "options": {"expires": 60}},
    "sweep-store": {"task": "uploads.tasks.sweep_store", "schedule": 3600, "options": {"expires": 3600}},
    "sweep-connections": {
        "task": "progress.tasks.sweep_connections",
        "schedule": 60,
        "options": {"expires": 60},
    },
}

# Uploads
STORE = env.str("STORE", "local")
STORE_DIR = VAR_DIR / "store"
S3_BUCKET = env.str("S3_BUCKET", "")
S3_REGION = env.str("S3_REGION", "") or env.str("AWS_REGION", "") or env.str("AWS_DEFAULT_REGION", "us-east-1")
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", "").rstrip("/")
S3_PUBLIC_ENDPOINT_URL = env.str("S3_PUBLIC_ENDPOINT_URL", "").rstrip("/") or S3_ENDPOINT_URL
# What AWS asks of new buckets, many other servers do not know.
S3_ADDRESSING = env.str("S3_ADDRESSING", "") or ("path" if S3_ENDPOINT_URL else "virtual")
S3_CHECKSUMS = env.str("S3_CHECKSUMS", "") or ("when_required" if S3_ENDPOINT_URL else "when_supported")
S3_WORKER_ACCESS_KEY_ID = env.str("S3_WORKER_ACCESS_KEY_ID", "")
S3_WORKER_SECRET_ACCESS_KEY = env.str("S3_WORKER_SECRET_ACCESS_KEY", "")
CDN_URL = env.str("CDN_URL", "").rstrip("/")
# Who tells the site that an object was created
S3_EVENTS = env.str("S3_EVENTS", "") or "none"
S3_EVENTS_URL = env.str("S3_EVENTS_URL", "") or f"{SITE_URL}/hooks/s3/"
S3_EVENT_SECRETS: list[str] = env.list("S3_EVENT_SECRETS", [])
S3_EVENT_TOPIC_ARNS: list[str] = env.list("S3_EVENT_TOPIC_ARNS", [])
S3_EVENT_QUEUE_URL = env.str("S3_EVENT_QUEUE_URL", "")
S3_EVENT_TARGET_ARN = env.str("S3_EVENT_TARGET_ARN", "")
MAX_UPLOAD_BYTES = env.int("MAX_UPLOAD_BYTES", 20 * 1024**3)
MAX_UNFINISHED_UPLOADS = env.int("MAX_UNFINISHED_UPLOADS", 50)
MAX_UNFINISHED_BYTES = env.int("MAX_UNFINISHED_BYTES", 100 * 1024**3)
UPLOAD_EXPIRY_SECONDS = env.int("UPLOAD_EXPIRY_SECONDS", 3 * 24 * 3600)
PART_URL_SECONDS = env.int("PART_URL_SECONDS", 3600)
PLAYBACK_URL_SECONDS = env.int("PLAYBACK_URL_SECONDS", 6 * 3600)
REJECTED_SOURCE_SECONDS = env.int("REJECTED_SOURCE_SECONDS", 7 * 24 * 3600)

# Transcoding
LAUNCHER = env.str("LAUNCHER", "celery")
TRANSCODE_WORKERS = env.int("TRANSCODE_WORKERS", 1)
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", 30)
JOB_MAX_ATTEMPTS = env.int("JOB_MAX_ATTEMPTS", 3)
REPORT_URL = env.str("REPORT_URL", SITE_URL).rstrip("/")
REPORT_TOKEN_SECONDS = env.int("REPORT_TOKEN_SECONDS", 2 * 24 * 3600)
WORK_DIR = Path(env.str("WORK_DIR", str(VAR_DIR / "work"))).resolve()
SEGMENT_SECONDS = env.int("SEGMENT_SECONDS", 4)
LADDER = env.list("LADDER", [1080, 720, 480, 360, 240], subcast=int)
X264_PRESET = env.str("X264_PRESET", "veryfast")
FFMPEG_THREADS = env.int("FFMPEG_THREADS", 0)
MAX_DURATION_SECONDS = env.int("MAX_DURATION_SECONDS", 12 * 3600)
MAX_PIXELS = env.int("MAX_PIXELS", 8192 * 4320)
NO_PROGRESS_SECONDS = env.int("NO_PROGRESS_SECONDS", 60)
WALL_CLOCK_SECONDS = env.int("WALL_CLOCK_SECONDS", 24 * 3600)

# ECS, when LAUNCHER=ecs
ECS_CLUSTER = env.str("ECS_CLUSTER", "")
ECS_TASK_DEFINITION = env.str("ECS_TASK_DEFINITION", "")
ECS_CONTAINER = env.str("ECS_CONTAINER", "") or "transcoder"
ECS_REGION = env.str("ECS_REGION", "") or S3_REGION
ECS_LAUNCH_TYPE = env.str("ECS_LAUNCH_TYPE", "") or "FARGATE"
ECS_CAPACITY_PROVIDERS: list[str] = env.list("ECS_CAPACITY_PROVIDERS", [])
ECS_SUBNETS: list[str] = env.list("ECS_SUBNETS", [])
ECS_SECURITY_GROUPS: list[str] = env.list("ECS_SECURITY_GROUPS", [])
ECS_ASSIGN_PUBLIC_IP = env.bool("ECS_ASSIGN_PUBLIC_IP", False)
ECS_FALLBACK_SECONDS = env.int("ECS_FALLBACK_SECONDS", 120)
ECS_CELERY_MAX_BYTES = env.int("ECS_CELERY_MAX_BYTES", 0)
ECS_EVENT_SECRETS: list[str] = env.list("ECS_EVENT_SECRETS", [])

# What computing costs
PRICE_CURRENCY = env.str("PRICE_CURRENCY", "") or "USD"
PRICE_FARGATE_VCPU_HOUR = env.decimal("PRICE_FARGATE_VCPU_HOUR", Decimal("0.04048"))
PRICE_FARGATE_GIB_HOUR = env.decimal("PRICE_FARGATE_GIB_HOUR", Decimal("0.004445"))
PRICE_FARGATE_SPOT_SHARE = env.decimal("PRICE_FARGATE_SPOT_SHARE", Decimal("0.3"))
PRICE_FARGATE_ARM64_SHARE = env.decimal("PRICE_FARGATE_ARM64_SHARE", Decimal("0.8"))
PRICE_EC2_VCPU_HOUR = env.decimal("PRICE_EC2_VCPU_HOUR") if env.str("PRICE_EC2_VCPU_HOUR", "") else None
PRICE_CELERY_VCPU_HOUR = env.decimal("PRICE_CELERY_VCPU_HOUR") if env.str("PRICE_CELERY_VCPU_HOUR", "") else None

# Accounts and security
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "library"
LOGOUT_REDIRECT_URL = "login"
SIGN_UP_OPEN = env.bool("SIGN_UP_OPEN", True)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
if env.bool("BEHIND_TLS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# Where browsers send parts to and read segments from, when that is not the site itself
MEDIA_ORIGINS = [origin_of(CDN_URL)] if CDN_URL else []
STORE_ORIGINS = []
if STORE == "s3":
    _bucket = bucket_address(
        bucket=S3_BUCKET, region=S3_REGION, endpoint_url=S3_PUBLIC_ENDPOINT_URL, addressing=S3_ADDRESSING
    )
    STORE_ORIGINS = [_bucket.origin]
    MEDIA_ORIGINS += STORE_ORIGINS
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        # media-chrome builds its controls with style attributes; hls.js plays from blob: URLs
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:", *MEDIA_ORIGINS],
        "media-src": [SELF, "blob:", *MEDIA_ORIGINS],
        "worker-src": [SELF, "blob:"],
        "connect-src": [SELF, *MEDIA_ORIGINS],
        "object-src": ["'none'"],
        "base-uri": [SELF],
        "form-action": [SELF, *STORE_ORIGINS],
        "frame-ancestors": ["'none'"],
    },
}

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "vidsite.npm_finder.NpmFinder",
]
STORAGES = {
    "default": {"BACKEND": f"uploads.stores.files.{'S3Files' if STORE == 's3' else 'LocalFiles'}"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
NPM_ROOT = BASE_DIR / "node_modules"
NPM_STATIC = {
    # The source maps only because collectstatic wants every file that a script names.
    "vendor/media-chrome": ("media-chrome/dist/iife", ["all.js", "all.js.map"]),
    "vendor/hls-video-element": ("hls-video-element/dist", ["hls-video-element.js"]),
    "vendor/custom-media-element": ("custom-media-element/dist", ["custom-media-element.js"]),
    "vendor/media-tracks": ("media-tracks/dist", ["*.js"]),
    "vendor/hls.js": ("hls.js/dist", ["hls.min.mjs"]),
}

# Time and language
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = ["vidsite.formats"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    # httpx and botocore would write presigned URLs and where credentials were found
    "loggers": {name: {"level": "WARNING"} for name in ("daphne", "django.channels.server", "httpx", "botocore")},
}
