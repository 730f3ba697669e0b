"""What programs tell, for those who watch live: only while it is fresh."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from detections.pushing import boxes_seen
from detections.vision.seen import SeenFrame
from detections.vision.tracker import Tracker
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.messages import BoxesSeen

# Nobody shows a picture that is older.
FRESH_90K = 3 * VIDEO_CLOCK_RATE
# Cameras and sources whose animals are followed at the same time.
_MOST_TRACKERS = 64
# Cameras have up to 60 pictures a second; more is a flood, not worth following.
_STEP_90K = VIDEO_CLOCK_RATE // 75


class _Following:
    """One source's pictures of one camera."""

    def __init__(self) -> None:
        self.tracker, self.last_90k = Tracker(), -1


class LiveTracks:
    """Follows animals from message to message, so that boxes have names and speeds. Any thread."""

    def __init__(self) -> None:
        self._followings: OrderedDict[tuple[int, str], _Following] = OrderedDict()
        self._lock = threading.Lock()

    def follow(
        self, camera_id: int, source: str, frames: Sequence[SeenFrame], *, now_90k: int
    ) -> list[BoxesSeen]:
        """Messages for the fresh ones of the frames, at most 75 of a second.

        A frame that comes after a later one is left out: whoever watches has seen that already.
        """
        fresh = [frame for frame in frames if now_90k - frame.t_90k <= FRESH_90K]
        messages = []
        with self._lock:
            following = self._following(camera_id, source)
            for frame in sorted(fresh, key=lambda frame: frame.t_90k):
                if frame.t_90k < following.last_90k + _STEP_90K:
                    continue
                following.last_90k = frame.t_90k
                tracks = following.tracker.add(frame)
                messages.append(boxes_seen(camera_id, frame.t_90k, source, tracks))
        return messages

    def _following(self, camera_id: int, source: str) -> _Following:
        following = self._followings.pop((camera_id, source), None) or _Following()
        self._followings[camera_id, source] = following
        if len(self._followings) > _MOST_TRACKERS:
            self._followings.popitem(last=False)
        return following
