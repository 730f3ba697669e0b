"""Test connection: asks a camera, saved or not, in a process of its own."""

import json
import logging
import subprocess
import sys
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache

from streaming.media.problems import Problem
from streaming.media.redact import redact
from streaming.models import Camera
from streaming.services import camera_config

log = logging.getLogger(__name__)

SECONDS = 10
# For the process to start, and for a camera that neither answers nor hangs up.
PATIENCE_S = SECONDS + 12

BROKEN = Problem(
    "test-broke", "The test itself broke.", "What happened is in Petcam's log. Try again."
)


class AlreadyTesting(Exception):
    """This person's last test is still under way."""


def run(camera: Camera, *, asked_by: User) -> dict[str, Any]:
    """The report of streaming.media.probe as JSON has it; blocks for up to PATIENCE_S.

    One at a time per person: raises AlreadyTesting.
    """
    key = f"camera-test:{asked_by.pk}"
    # Outlives a test that takes its time; does not outlive for long one that was killed.
    if not cache.add(key, True, PATIENCE_S + 2):
        raise AlreadyTesting
    try:
        return _asked(camera)
    finally:
        cache.delete(key)


def _asked(camera: Camera) -> dict[str, Any]:
    request = {"config": asdict(camera_config(camera)), "seconds": SECONDS}
    try:
        process = subprocess.run(
            [sys.executable, "-m", "streaming.media.probe_program"],
            input=json.dumps(request, default=str),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            cwd=settings.BASE_DIR,
            check=True,
        )
    except subprocess.SubprocessError as error:
        log.error("test of a camera broke: %s", redact(str(error.stderr or error)))
        return {"problem": asdict(BROKEN)}
    return json.loads(process.stdout)
