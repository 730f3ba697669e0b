"""What the processes tell the pure parts about a camera: frozen values, no database rows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SourceKind = Literal["demo", "rtsp", "usb", "file", "shared_memory"]


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """One enabled camera. Two equal configs need no restart of anything.

    `ring_path` is the frame ring that readers follow: the bridge's own file, or for
    "shared_memory" the foreign program's segment. `address` may hold a password.
    """

    camera_id: int
    slug: str
    name: str
    kind: SourceKind
    address: str
    rtsp_transport: Literal["tcp", "udp"]
    allows_transcoding: bool
    ring_path: Path
    ring_bytes: int
    jpeg_ring_path: Path
