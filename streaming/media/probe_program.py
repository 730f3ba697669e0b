"""The test of a connection as a program: configuration in as JSON, report out as JSON.

libav meets a stranger's bytes here, where a crash harms nobody and a wait can be ended by a signal.
The address comes by standard input: arguments can be read by everybody on the machine.
"""

import dataclasses
import json
import sys
from pathlib import Path

from streaming.media.config import CameraConfig
from streaming.media.probe import probe


def answer_to(request: str) -> str:
    """Runs the probe on {"config": a CameraConfig, "seconds"}: {"problem", "facts", "findings"}."""
    told = json.loads(request)
    config = told["config"]
    for name in ("ring_path", "jpeg_ring_path"):
        config[name] = Path(config[name])
    report = probe(CameraConfig(**config), told["seconds"])
    return json.dumps(dataclasses.asdict(report))


if __name__ == "__main__":
    sys.stdout.write(answer_to(sys.stdin.read()))
