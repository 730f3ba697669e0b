"""Every message that crosses processes over the channel layer, and the groups they go to.

Types are `noun.verb`; Channels finds the handler `noun_verb`. Delivery is at most once: whoever
asks keeps a deadline of its own.
"""

import re
from typing import Literal, NotRequired, TypedDict

# Every streamer listens here for what concerns all of them.
STREAMERS_GROUP = "streamers"
# Who picks streamers, or counts views over all of them, learns here how busy each is.
LOADS_GROUP = "loads"
# Bridge, streamers and sockets learn here that camera rows have changed.
CAMERAS_GROUP = "cameras"

# Boxes of one camera and source that reach boxes_group: a little more than cameras have pictures.
PUSHES_PER_S = 35


def streamer_group(number: int) -> str:
    """The streamer of that number, from 1: it owns the sessions that were opened there."""
    return f"streamer-{number}"


# The bridges, which run the cameras, listen here.
BRIDGES_GROUP = "bridges"


def camera_group(camera_id: int) -> str:
    """The sockets that watch this camera."""
    return f"camera-{camera_id}"


def boxes_group(camera_id: int) -> str:
    """Those of the camera's sockets whose page draws boxes."""
    return f"boxes-{camera_id}"


def user_group(user_id: int) -> str:
    """The sockets of this person."""
    return f"user-{user_id}"


_SESSION_ID = re.compile(r"[0-9a-f]{32}")


def is_session_id(text: str) -> bool:
    """Whether it is a UUID's 32 hexadecimal digits, as pages make them for their sessions."""
    return _SESSION_ID.fullmatch(text) is not None


class SessionOpen(TypedDict):
    """A browser's offer. `grant` is access.Grant as a dict; the answer goes to `reply_channel`."""

    type: Literal["session.open"]
    session: str
    grant: dict[str, object]
    sdp: str
    reply_channel: str


class SessionClaim(TypedDict):
    """A page whose socket broke asks for its running session back."""

    type: Literal["session.claim"]
    session: str
    grant: dict[str, object]
    reply_channel: str


class SessionClose(TypedDict):
    """The page is gone or wants no more: close the peer connection at once."""

    type: Literal["session.close"]
    session: str
    user_id: int


class SessionDetach(TypedDict):
    """The socket broke without a goodbye: keep the session for its page to claim."""

    type: Literal["session.detach"]
    session: str
    user_id: int
    reply_channel: str


class SessionCandidate(TypedDict):
    """A browser's ICE candidate; used only with PETCAM_ICE_REMOTE_CANDIDATES."""

    type: Literal["session.candidate"]
    session: str
    user_id: int
    candidate: str
    sdp_mid: str


ToStreamer = SessionOpen | SessionClaim | SessionClose | SessionDetach | SessionCandidate


class SessionAnswer(TypedDict):
    type: Literal["session.answer"]
    session: str
    sdp: str


class SessionClock(TypedDict):
    """RTP timestamp minus media time, modulo 2^32: constant for a connection."""

    type: Literal["session.clock"]
    session: str
    rtp_offset: int


class SessionClaimed(TypedDict):
    type: Literal["session.claimed"]
    session: str


class SessionEnded(TypedDict):
    """No media flows in this session (any more); `code` for programs, `text` for people."""

    type: Literal["session.ended"]
    session: str
    code: str
    text: str


ToPage = SessionAnswer | SessionClock | SessionClaimed | SessionEnded


class LoadTold(TypedDict):
    """What a streamer does for viewers: goes to LOADS_GROUP on change and every 0.5 s.

    `kbps` is what its views cost, in kbit/s of pictures. `views` are (session, camera id, user
    id, whether it still connects). A streamer that is leaving takes no new view.
    """

    type: Literal["load.told"]
    streamer: int
    kbps: int
    views: list[tuple[str, int, int, bool]]
    is_leaving: bool


class LoadWanted(TypedDict):
    """Somebody begins to pick streamers: each tells its load."""

    type: Literal["load.wanted"]


class StillWanted(TypedDict):
    """Somebody looks at JPEG pictures of this camera: keep making them for the next 5 s.

    `fps` 0 asks for one picture.
    """

    type: Literal["still.wanted"]
    camera_id: int
    fps: int


class ViewTold(TypedDict):
    """A page gets this camera's pictures through the web process: true for the next 5 s."""

    type: Literal["view.told"]
    camera_id: int
    view: str


class CameraState(TypedDict):
    """What a viewer should know about the camera: goes to camera_group on change and every 5 s."""

    type: Literal["camera.state"]
    camera_id: int
    state: Literal["starting", "live", "stalled", "offline", "disabled"]
    code: str
    text: str
    sensor: Literal["", "day", "night"]
    viewers: int
    fps: NotRequired[float]


class PetMark(TypedDict):
    """Whose box it is; `colour` is "#rrggbb"."""

    name: str
    colour: str


class SeenTrack(TypedDict):
    """One box of a picture. `box` is [x, y, width, height] as shares (0..1) of the picture, `v`
    how much each of them changes per second; `id` stays the same while the source follows it."""

    id: int | str
    label: str
    score: float
    box: list[float]
    v: list[float]
    pet: NotRequired[PetMark]


class BoxesSeen(TypedDict):
    """What `source` saw in the camera's picture with media time `t` (90 kHz, not wrapped).

    Goes to boxes_group, at most PUSHES_PER_S a second; no tracks: the source saw nothing there.
    """

    type: Literal["boxes.seen"]
    camera_id: int
    t: int
    source: str
    tracks: list[SeenTrack]


class CameraChanged(TypedDict):
    """A camera row was added, changed or removed."""

    type: Literal["camera.changed"]
    camera_id: int


class KeyframeWanted(TypedDict):
    """Somebody lost the picture and the newest keyframe is old: make one, whoever encodes."""

    type: Literal["keyframe.wanted"]
    camera_id: int


class AccessChanged(TypedDict):
    """Somebody's rights may have changed: check again whoever this concerns. None: everybody."""

    type: Literal["access.changed"]
    user_id: int | None
