"""All settings: Django's own first, Petcam's last. Every PETCAM_ variable is in .env.example."""

from pathlib import Path

import dj_database_url

from petcam_site import env
from petcam_site.logs import LOGS
from petcam_site.paths import kept_secret, private_dir, run_dir_for

BASE_DIR = Path(__file__).resolve().parent.parent

# What must survive: database, secret key, recordings.
PETCAM_DATA_DIR = private_dir(Path(env.text("PETCAM_DATA_DIR", str(BASE_DIR / "data"))).resolve())
# Where recordings lie; it may be a disk of their own.
PETCAM_RECORDINGS_DIR = Path(
    env.text("PETCAM_RECORDINGS_DIR", str(PETCAM_DATA_DIR / "recordings"))
).resolve()
# What lives while Petcam runs: frame rings, the broker's socket.
PETCAM_RUN_DIR = private_dir(
    Path(env.text("PETCAM_RUN_DIR", str(run_dir_for(PETCAM_DATA_DIR)))).resolve()
)

DEBUG = env.flag("PETCAM_DEBUG", False)
SECRET_KEY = env.secret("PETCAM_SECRET_KEY") or kept_secret(PETCAM_DATA_DIR / "secret-key")
# Names and addresses that people open the portal by, besides this machine's own.
PETCAM_HOSTS = env.words("PETCAM_HOSTS")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *PETCAM_HOSTS]

INSTALLED_APPS = [
    "households.apps.HouseholdAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "channels",
    # The pages of the API, with their own scripts and styles.
    "ninja",
    "petcam_site",
    "households",
    "streaming",
    "detections",
    "recordings",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "households.middleware.personal_responses",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Deny by default: a view for everybody says so itself with @login_not_required.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "petcam_site.urls"
ASGI_APPLICATION = "petcam_site.asgi.application"

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
                "recordings.banners.banners",
            ],
        },
    },
]

DATABASES = {
    "default": dj_database_url.parse(
        env.secret("PETCAM_DATABASE_URL") or f"sqlite:///{PETCAM_DATA_DIR / 'petcam.sqlite3'}"
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # FULL: with NORMAL a power cut takes acknowledged commits with it.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The bundled broker, or the household's own Redis or Valkey.
PETCAM_REDIS_URL = env.secret("PETCAM_REDIS_URL")
REDIS_URL = PETCAM_REDIS_URL or f"unix://{PETCAM_RUN_DIR / 'valkey.sock'}"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 3},  # a frozen broker must not freeze the pages
    }
}
CHANNEL_LAYERS = {
    "default": {
        # pubsub: the core layer forgets every group when the broker restarts.
        "BACKEND": "petcam_site.channel_layer.PatientPubSubLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "petcam"},
    }
}

AUTHENTICATION_BACKENDS = ["households.login.QuietBackend"]
PASSWORD_HASHERS = ["households.hashers.PatientArgon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_ADAPTER = "households.adapter.ClosedSignup"
ACCOUNT_SESSION_REMEMBER = True
# Counted before a password is hashed. One address alone cannot lock a person out everywhere.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "10/5m/ip,30/5m/key",
    "first_run": "20/m/ip",
}

SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SAMESITE = "Lax"
# People reach the portal by HTTPS only; a proxy in front speaks it and says X-Forwarded-Proto.
PETCAM_HTTPS = env.flag("PETCAM_HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PETCAM_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PETCAM_HTTPS else None
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if PETCAM_HTTPS else 0
# How many proxies of the household stand in front: whose X-Forwarded-For is believed.
PETCAM_TRUSTED_PROXIES = env.integer("PETCAM_TRUSTED_PROXIES", 0, minimum=0, maximum=9)
ALLAUTH_TRUSTED_PROXY_COUNT = PETCAM_TRUSTED_PROXIES
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "media-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

USE_TZ = True
TIME_ZONE = env.time_zone("PETCAM_TIME_ZONE", "UTC")
LANGUAGE_CODE = "en"
STATIC_URL = "/static/"
STATIC_ROOT = PETCAM_DATA_DIR / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "petcam_site.storage.ModuleManifestStorage"},
}

LOGGING = LOGS

# Where the web server listens.
PETCAM_BIND = env.text("PETCAM_BIND", "127.0.0.1")
PETCAM_PORT = env.integer("PETCAM_PORT", 8000, minimum=1, maximum=65535)
# Web pages allowed to open sockets besides the portal's own origin (behind a proxy), scheme://host.
PETCAM_ORIGINS = CSRF_TRUSTED_ORIGINS = env.words("PETCAM_ORIGINS")
# Addresses put into answers as ICE host candidates; empty: every address of this machine.
PETCAM_ICE_ADDRESSES = env.words("PETCAM_ICE_ADDRESSES")
# The address that answers name instead, behind a port forwarding or in a container.
PETCAM_ICE_ADVERTISED_ADDRESS = env.text("PETCAM_ICE_ADVERTISED_ADDRESS")
# UDP ports for media, a range from "50000-50100"; None: any free port.
PETCAM_ICE_PORTS = env.ports("PETCAM_ICE_PORTS")
# Take the browser's ICE candidates (for networks where it must be reached first).
PETCAM_ICE_REMOTE_CANDIDATES = env.flag("PETCAM_ICE_REMOTE_CANDIDATES", False)
# "stun:host:port" and "turn:host:port?transport=udp", for both peers; nothing by default.
PETCAM_STUN_URLS = env.words("PETCAM_STUN_URLS")
PETCAM_TURN_URLS = env.words("PETCAM_TURN_URLS")
# coturn's static-auth-secret: time-limited credentials are made from it.
PETCAM_TURN_SECRET = env.secret("PETCAM_TURN_SECRET")
# How many live views at once, per person and in all.
PETCAM_VIEWS_PER_USER = env.integer("PETCAM_VIEWS_PER_USER", 8, minimum=1, maximum=1000)
PETCAM_VIEWS = env.integer("PETCAM_VIEWS", 50, minimum=1, maximum=10000)
# How many processes share the live views; more than one is for more viewers than a core can serve.
PETCAM_STREAMERS = env.integer("PETCAM_STREAMERS", 1, minimum=1, maximum=16)
# Transports that players may use, best first.
PETCAM_TRANSPORTS = env.words("PETCAM_TRANSPORTS", ["webrtc", "mse", "mjpeg", "still"])
# Look for animals and people in every camera's pictures, so many times a second.
PETCAM_DETECTOR = env.switch("PETCAM_DETECTOR", True)
PETCAM_DETECTOR_FPS = env.integer("PETCAM_DETECTOR_FPS", 3, minimum=1, maximum=10)
# An owner's own detector, "/path/model.onnx" or "package.module:callable"; empty: the built-in one.
PETCAM_DETECTOR_MODEL = env.text("PETCAM_DETECTOR_MODEL")
