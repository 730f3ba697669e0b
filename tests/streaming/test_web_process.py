import os
import subprocess
import sys

from django.conf import settings

ASK = """
import sys
import petcam_site.asgi
from django.urls import get_resolver
get_resolver().url_patterns
print(sorted({"av", "aiortc", "PIL", "numpy"} & sys.modules.keys()))
"""


def test_the_web_process_has_nothing_to_decode_with(tmp_path):
    environment = {**os.environ, "PETCAM_DATA_DIR": str(tmp_path), "PETCAM_RUN_DIR": str(tmp_path)}
    environment["DJANGO_SETTINGS_MODULE"] = "petcam_site.settings"

    loaded = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert loaded.stdout.strip() == "[]"
