"""manage.py run_detector: the process that looks at pictures and builds visits."""

import asyncio
import logging
import signal

from django.conf import settings
from django.core.management.base import BaseCommand

from detections.detecting import Detecting
from detections.vision.detector import Detector
from detections.vision.plug_in import NoDetector, load_detector

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Look for animals and people in every enabled camera's pictures, and build visits."

    def handle(self, *args: object, **options: object) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        detecting = Detecting(_detector(), fps=settings.PETCAM_DETECTOR_FPS)
        await detecting.run(stop, on_ready=self._say_ready)

    def _say_ready(self) -> None:
        self.stdout.write("ready")
        self.stdout.flush()


def _detector() -> Detector | None:
    """None when there is to be none, and when the one that was asked for does not work."""
    if not settings.PETCAM_DETECTOR:
        return None
    try:
        return load_detector(settings.PETCAM_DETECTOR_MODEL)
    except NoDetector as error:
        log.error("PETCAM_DETECTOR_MODEL: %s. Nothing is looked for.", error)
        return None
