"""One peer connection over aiortc: SDP, ICE and DTLS."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, cast

from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters
from aiortc.sdp import candidate_from_sdp

from streaming.media.adapter.checks import CheckedByBrowser
from streaming.media.adapter.gathering import gather
from streaming.media.ice import IceConfig, IceServer
from streaming.media.sdp import PLAYOUT_DELAY_URI, Offer


class NoAddress(Exception):
    """No local address or UDP port is left to offer."""


class MediaConnection:
    """A peer connection that sends one H.264 stream. All methods on the event loop's thread.

    `sender`, `dtls` and `ice` are aiortc's and aioice's objects, for this package only. Without
    `track` something else than aiortc has to send the media. `on_state` is told aiortc's
    connection states, `on_path` that ICE has found one and DTLS begins.
    """

    def __init__(
        self,
        track: MediaStreamTrack | None = None,
        *,
        ice: IceConfig,
        servers: Sequence[IceServer],
        on_state: Callable[[str], None],
        on_path: Callable[[], object] = lambda: None,
    ) -> None:
        self._config = ice
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=_servers(ice, servers)))
        self._pc.on("connectionstatechange", lambda: on_state(self._pc.connectionState))
        self._pc.on("iceconnectionstatechange", self._ice_changed)
        self._on_path = on_path
        self._transceiver = self._pc.addTransceiver(track or "video", direction="sendonly")
        self._transceiver.setCodecPreferences(_h264_only())
        self.sender = cast(Any, self._transceiver.sender)
        self.dtls = cast(Any, self._transceiver.receiver.transport)
        self.ice = self.dtls.transport.iceGatherer._connection
        self.ice.get_component_candidates = functools.partial(gather, self.ice, ice)
        if track is None and not ice.remote_candidates:
            CheckedByBrowser(self.ice)
        self.mid = ""
        self.mid_id: int | None = None
        self.playout_delay_id: int | None = None

    def _ice_changed(self) -> None:
        if self._pc.iceConnectionState == "completed":
            self._on_path()

    async def answer(self, offer: Offer) -> str:
        """The answer to `offer`. Raises NoAddress, or whatever aiortc makes of a bad offer."""
        await self._pc.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        if offer.dtls_role == "auto":
            # The browser begins as soon as it has a path, and repeats what got lost after 50 ms;
            # OpenSSL would wait a second. And we know half a round trip sooner that it is done.
            self.dtls._role = "server"
        self.mid, self.playout_delay_id = offer.mid, offer.playout_delay_id
        extensions = self._transceiver._headerExtensions
        self.mid_id = next((one.id for one in extensions if one.uri.endswith("sdes:mid")), None)
        if offer.playout_delay_id is not None:
            extensions.append(
                RTCRtpHeaderExtensionParameters(id=offer.playout_delay_id, uri=PLAYOUT_DELAY_URI)
            )
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        if not self.ice.local_candidates:
            raise NoAddress
        return _advertising(self._pc.localDescription.sdp, self._config.advertised_address)

    async def add_candidate(self, line: str, mid: str) -> None:
        """A further candidate of the browser, "candidate:..." as its event has it."""
        candidate = candidate_from_sdp(line.removeprefix("candidate:"))
        candidate.sdpMid = mid
        await self._pc.addIceCandidate(candidate)

    async def close(self) -> None:
        """Says goodbye (RTCP BYE, DTLS close) and frees the sockets."""
        await self._pc.close()


def _servers(ice: IceConfig, servers: Sequence[IceServer]) -> list[RTCIceServer]:
    """For aiortc. Never None, which means a public STUN server to it."""
    usable = servers if ice.remote_candidates else [one for one in servers if not one.credential]
    return [RTCIceServer(list(one.urls), one.username, one.credential) for one in usable]


def _h264_only() -> list[Any]:
    """Constrained baseline and retransmissions: aiortc would choose VP8, which browsers list
    first, and send H.264 in its packets."""
    codecs = RTCRtpSender.getCapabilities("video").codecs
    h264_codecs = [c for c in codecs if c.parameters.get("profile-level-id") == "42e01f"]
    return h264_codecs + [c for c in codecs if c.mimeType == "video/rtx"]


def _advertising(sdp: str, address: str) -> str:
    """The answer with `address` in its host candidates of the same family, if there is one."""
    if not address:
        return sdp
    lines = []
    for line in sdp.split("\r\n"):
        words = line.split(" ")
        is_host = line.startswith("a=candidate:") and words[7] == "host"
        if is_host and (":" in words[4]) == (":" in address):
            words[4] = address
        lines.append(" ".join(words))
    return "\r\n".join(dict.fromkeys(lines[:-1])) + "\r\n"
