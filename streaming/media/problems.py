"""Everything that can go wrong with a picture, by name.

The viewer, the admin page and the log say the same words for the same cause.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A named failure: `code` for programs, `text` for people, `hint` for the camera's owner."""

    code: str
    text: str
    hint: str = ""


class CameraProblem(Exception):
    """A source cannot deliver pictures now; `problem` says why in words."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(problem.text + (f" ({detail})" if detail else ""))
        self.problem = problem


STARTING = Problem("starting", "The camera is starting.")
DISABLED = Problem("disabled", "The camera is switched off.", "Enable it in its settings.")
UNREACHABLE = Problem(
    "unreachable",
    "The camera does not answer.",
    "Check its power, its network and the address in its settings.",
)
WRONG_PASSWORD = Problem(
    "wrong-password",
    "The camera refuses the user name or password.",
    "Enter them again in the camera's address: rtsp://user:password@address/…",
)
NOT_FOUND = Problem(
    "not-found",
    "There is nothing at the camera's address.",
    "Check the part of the address after the host name.",
)
BAD_ADDRESS = Problem(
    "bad-address", "The camera's address cannot be used.", "Correct it in the camera's settings."
)
NO_VIDEO = Problem("no-video", "The camera sends no video.", "Choose another stream of the camera.")
H265 = Problem(
    "h265",
    "The camera sends H.265; browsers cannot play it live.",
    "Set the camera to H.264, or let Petcam convert it in the camera's settings.",
)
B_FRAMES = Problem(
    "b-frames",
    "The camera sends B-frames; browsers cannot play them live.",
    "Switch B-frames off in the camera (profile Baseline often does), or let Petcam convert it.",
)
OTHER_CODEC = Problem(
    "other-codec",
    "The camera sends a video format that browsers cannot play live.",
    "Set the camera to H.264, or let Petcam convert it in the camera's settings.",
)
NO_KEYFRAME = Problem(
    "no-keyframe",
    "The camera has sent no whole picture yet.",
    "Set the camera's keyframe interval (GOP) to 1-2 s.",
)
STALLED = Problem("stalled", "The camera has stopped sending pictures.", "Petcam keeps trying.")
RING_MISSING = Problem(
    "ring-missing",
    "The program that writes this camera's pictures is not running.",
    "Start it, or correct the shared memory's name in the camera's settings.",
)
RING_UNREADABLE = Problem(
    "ring-unreadable",
    "The camera's shared memory has a layout that Petcam does not know.",
    "docs/frame-ring.md describes the layouts that it reads.",
)
DEVICE_BUSY = Problem(
    "device-busy", "Another program is using the camera.", "Close the other program."
)
ENDED = Problem("ended", "The camera ended the stream.", "Petcam connects again by itself.")
CRASHED = Problem(
    "crashed", "Reading the camera failed.", "The log says more. Petcam tries again by itself."
)
RING_UNWRITABLE = Problem(
    "ring-unwritable",
    "There is no memory for the camera's pictures.",
    "Make its frame ring smaller in the camera's settings, or free memory.",
)
RING_BUSY = Problem(
    "ring-busy",
    "Another program writes this camera's frame ring.",
    "Is Petcam running twice with the same directories?",
)

# Why a live view does not start, or ends.
BAD_OFFER = Problem("refused-offer", "The page's connection offer cannot be used.")
NO_H264 = Problem("refused-no-h264", "This browser has no H.264 in WebRTC.")
DUPLICATE_SESSION = Problem("refused-duplicate", "This live view is running already.")
TOO_MANY_OFFERS = Problem("refused-too-fast", "Too many connection attempts; try again shortly.")
DATABASE_AWAY = Problem(
    "refused-database", "Petcam cannot check just now who may watch; try again shortly."
)
BROKER_AWAY = Problem("refused-broker", "Petcam's parts cannot reach each other just now.")
TOO_MANY_PENDING = Problem(
    "capacity-pending", "Too many of your live views are still connecting; try again shortly."
)
TOO_MANY_OF_YOURS = Problem(
    "capacity-user",
    "You are watching as many live views as one person may.",
    "PETCAM_VIEWS_PER_USER sets how many.",
)
TOO_MANY_IN_ALL = Problem(
    "capacity",
    "Petcam is sending as many live views as it may.",
    "PETCAM_VIEWS sets how many.",
)
NO_PORT = Problem(
    "capacity-ports",
    "Petcam has no network port left for another live view.",
    "PETCAM_ICE_PORTS names the ports.",
)
UDP_BLOCKED = Problem(
    "timeout",
    "The browser could not be reached over UDP.",
    "A firewall may be in the way; PETCAM_ICE_PORTS names the ports to open.",
)
CONNECTION_LOST = Problem("lost", "The connection to the browser was lost.")
PAGE_LEFT = Problem("closed", "The page has closed the live view.")
SENDER_SILENT = Problem("silent", "Sending stopped without a reason; connect again.")
CAMERA_DISABLED = Problem("camera-disabled", "The camera is switched off.")
ACCESS_WITHDRAWN = Problem("access-withdrawn", "You may no longer watch this camera.")
STREAMER_STOPPING = Problem("streamer-restarted", "Petcam's streamer is restarting.")
UNKNOWN_SESSION = Problem("unknown-session", "This live view is no longer running.")
CHANGED = Problem("camera-changed", "The camera was set up anew; connect again.")
FORBIDDEN = Problem(
    "forbidden",
    "Petcam may not read the camera's device or file.",
    "Give the user that Petcam runs as the right to read it (for USB: add it to the group video).",
)
NOT_A_FILE = Problem(
    "not-a-file", "The address is not a file.", "Enter the path of a video file, not of a folder."
)
UNREADABLE = Problem(
    "unreadable",
    "What is at the camera's address is no video that Petcam can read.",
    "Try the address in another player; choose another stream or file.",
)
