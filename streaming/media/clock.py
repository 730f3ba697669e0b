"""One clock for pictures, boxes and recordings."""

VIDEO_CLOCK_RATE = 90_000


def media_time_90k(capture_ns: int) -> int:
    """The 90 kHz media time of a capture time (CLOCK_MONOTONIC, ns), not wrapped."""
    return capture_ns * 9 // 100_000
