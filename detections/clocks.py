"""Which wall clock time a media time is, through reboots and clocks that are set."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.utils import timezone

from detections.models import Boot
from streaming.media.clock import VIDEO_CLOCK_RATE, media_time_90k

# Less is a clock being steered; more is a clock that was set.
_STEERED = timedelta(seconds=2)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class MachineClock:
    """What the capturing machine's clocks show now. `boot` differs after each start of it."""

    boot: str
    now_90k: int
    now: datetime

    @property
    def zero_at(self) -> datetime:
        return self.now - timedelta(seconds=self.now_90k / VIDEO_CLOCK_RATE)


def this_machine() -> MachineClock:
    """This machine's clocks, which its cameras' media times count on."""
    now_90k = media_time_90k(time.monotonic_ns())
    now = timezone.now()
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        # No Linux: its start to the nearest ten minutes, which a steered clock does not change.
        zero_s = now.timestamp() - now_90k / VIDEO_CLOCK_RATE
        boot = f"start {round(zero_s / 600)}"
    return MachineClock(boot, now_90k, now)


def boot_of(clock: MachineClock) -> Boot:
    """The row of the machine's running boot, made or corrected as needed."""
    boot, _ = Boot.objects.get_or_create(name=clock.boot, defaults={"zero_at": clock.zero_at})
    if not goes_by(boot, clock):
        boot.zero_at = clock.zero_at
        boot.save(update_fields=["zero_at"])
    return boot


def goes_by(boot: Boot, clock: MachineClock) -> bool:
    """Whether the boot's zero is that of the clock still: it is set now and then, or steered."""
    return abs(boot.zero_at - clock.zero_at) <= _STEERED


def wall_of(boot: Boot, t_90k: int) -> datetime:
    """The wall clock time of a media time, to the millisecond."""
    at = boot.zero_at + timedelta(milliseconds=round(t_90k / (VIDEO_CLOCK_RATE / 1000)))
    return at.astimezone(UTC)


def media_time_of(boot: Boot, at: datetime) -> int:
    """The media time of a wall clock time; negative before the boot."""
    return round((at - boot.zero_at).total_seconds() * VIDEO_CLOCK_RATE)
