"""Where benchmarks keep what they make: clips, programs, figures."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def folder() -> Path:
    """`bench` in PETCAM_DATA_DIR, or in the checkout's data directory."""
    path = Path(os.environ.get("PETCAM_DATA_DIR") or CHECKOUT / "data") / "bench"
    path.mkdir(parents=True, exist_ok=True)
    return path
