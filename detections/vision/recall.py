"""The newest pictures of a camera, kept as they came and decoded when somebody asks for one."""

import threading
from collections import deque

import av

from streaming.media.access_unit import AccessUnit
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.media.jpeg import PictureDecoder

KEPT_90K = 30 * VIDEO_CLOCK_RATE
KEPT_BYTES = 32 * 1024 * 1024
# Who names no picture's very time means the one next to it.
_NEXT_TO_90K = VIDEO_CLOCK_RATE // 2


class Recall:
    """Of one camera. Any thread may ask; one gives."""

    def __init__(self) -> None:
        self._groups: deque[list[AccessUnit]] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def keep(self, unit: AccessUnit) -> None:
        """The camera's next access unit; the oldest groups of pictures go."""
        with self._lock:
            if unit.is_keyframe:
                self._groups.append([])
            if not self._groups:
                return
            self._groups[-1].append(unit)
            self._bytes += len(unit.data)
            while self._groups and self._is_too_much(unit.pts_90k):
                self._bytes -= sum(len(old.data) for old in self._groups.popleft())

    def _is_too_much(self, now_90k: int) -> bool:
        is_long_ago = len(self._groups) > 1 and now_90k - self._groups[1][0].pts_90k > KEPT_90K
        return is_long_ago or self._bytes > KEPT_BYTES

    def forget(self) -> None:
        """There was a gap: what comes next starts at a keyframe."""
        with self._lock:
            self._groups.clear()
            self._bytes = 0

    def picture(self, t_90k: int) -> av.VideoFrame | None:
        """The picture of that media time, decoded now; None when it is not kept (any more)."""
        with self._lock:
            units = self._units_to(t_90k)
        if not units:
            return None
        decoder = PictureDecoder()
        newest = decoder.decode(units)
        newest = decoder.flush() or newest
        return None if newest is None else newest.frame

    def _units_to(self, t_90k: int) -> list[AccessUnit]:
        """All that must be decoded to see the picture next to `t_90k`."""
        groups = [group for group in self._groups if group[0].pts_90k <= t_90k + _NEXT_TO_90K]
        times = [unit.pts_90k for group in groups[-2:] for unit in group]
        nearest = min(times, key=lambda pts: abs(pts - t_90k), default=None)
        if nearest is None or abs(nearest - t_90k) > _NEXT_TO_90K:
            return []
        group = max(
            (one for one in groups if one[0].pts_90k <= nearest), key=lambda g: g[0].pts_90k
        )
        return [unit for unit in group if unit.pts_90k <= nearest]
