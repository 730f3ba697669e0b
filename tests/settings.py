"""The real settings, with a fast hasher, a directory of its own and nothing that needs a server."""

import os
import tempfile
from pathlib import Path

os.environ["PETCAM_DATA_DIR"] = str(Path(tempfile.gettempdir()) / f"petcam-tests-{os.getuid()}")

from petcam_site.settings import *  # noqa: F403  (a few lines over the real ones)
from petcam_site.settings import STATIC_ROOT

# WhiteNoise warns when it is missing.
STATIC_ROOT.mkdir(exist_ok=True)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
