"""One clock for pictures, boxes and recordings."""

import time

VIDEO_CLOCK_RATE = 90_000


def media_time_90k(capture_ns: int) -> int:
    """The 90 kHz media time of a capture time (CLOCK_MONOTONIC, ns), not wrapped."""
    return capture_ns * 9 // 100_000


def unix_ms(capture_ns: int) -> int:
    """The wall clock time (Unix, ms) of a capture time of this machine."""
    return (time.time_ns() - time.monotonic_ns() + capture_ns) // 1_000_000
