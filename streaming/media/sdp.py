"""The gate in front of the SDP parser: what a browser may offer, and in which words we refuse.

aiortc's own parser answers nonsense with any exception there is, or with none at all, so an offer
is read here first, and only the lines that live view needs get through.
"""

import re
from dataclasses import dataclass

from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import H264Profile, MediaDescription, SessionDescription
from aiortc.sdp import parse_h264_profile_level_id as parse_profile

from streaming.media.problems import BAD_OFFER, NO_H264, Problem

MAX_OFFER_BYTES = 16 * 1024
MAX_CANDIDATES = 16
# Browsers offer about 15; the parser's work grows with their square.
MAX_CODECS = 64
PLAYOUT_DELAY_URI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

_TEXT = re.compile(r"[\x20-\x7e\t\r\n]*")
_ICE_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_ICE_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_DIGESTS = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_HEX_BYTES = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*")
# RFC 8839 candidate line with a literal address: names are never looked up for a browser.
_CANDIDATE = re.compile(
    r"a=candidate:[A-Za-z0-9+/]{1,32} 1 udp \d{1,10} [0-9A-Fa-f.:]{2,45} \d{1,5}"
    r" typ (host|srflx|relay)( .*)?",
    re.IGNORECASE,
)


class SdpRefused(ValueError):
    """The offer is not for us; `problem` says why in words, `detail` is for the log."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(problem.text + (f" ({detail})" if detail else ""))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that passed: one video section that wants to receive H.264.

    `playout_delay_id` is the browser's number for the playout-delay RTP header extension,
    None when it has no such thing. `dtls_role` is "auto" when the choice is ours.
    """

    sdp: str
    mid: str
    playout_delay_id: int | None
    dtls_role: str


def clean_offer(sdp: object, *, with_candidates: bool = False) -> Offer:
    """The offer without its ICE candidates (`with_candidates` keeps up to MAX_CANDIDATES).

    Raises SdpRefused for everything else that may come: too long, malformed, other media than
    one video section, no H.264, not wanting to receive. End-of-candidates goes in any case:
    with it aioice gives up within milliseconds when it knows no candidate.
    """
    if not isinstance(sdp, str) or len(sdp) > MAX_OFFER_BYTES or not _TEXT.fullmatch(sdp):
        raise SdpRefused(BAD_OFFER, "not text of at most 16 kB")
    lines = [line for line in re.split(r"\r\n|\n|\r", sdp) if line]
    if not all(line[1:2] == "=" for line in lines):
        raise SdpRefused(BAD_OFFER, "a line without a type")
    if sum(line.startswith("a=rtpmap:") for line in lines) > MAX_CODECS:
        raise SdpRefused(BAD_OFFER, "too many codecs")
    candidates = [line for line in lines if line.startswith("a=candidate")]
    kept = set(filter(_is_usable, candidates[:MAX_CANDIDATES])) if with_candidates else set()
    text = "".join(
        f"{line}\r\n"
        for line in lines
        if not line.startswith(("a=candidate", "a=end-of-candidates", "a=ice-lite")) or line in kept
    )
    media = _only_video(_parsed(text))
    _check_transport(media)
    if not any(_is_playable(codec) for codec in media.rtp.codecs):
        raise SdpRefused(NO_H264)
    assert media.dtls is not None
    return Offer(text, media.rtp.muxId, _playout_delay_id(media), media.dtls.role)


def is_usable_candidate(line: str) -> bool:
    """Whether "candidate:..." is one for UDP and has an address in it, not a name."""
    return _is_usable(f"a={line}")


def _is_usable(line: str) -> bool:
    match = _CANDIDATE.fullmatch(line)
    return match is not None and int(line.split()[5]) < 65536


def _parsed(text: str) -> SessionDescription:
    try:
        return SessionDescription.parse(text)
    except Exception as error:  # noqa: BLE001 (the parser raises whatever a bad line leads it to)
        raise SdpRefused(BAD_OFFER, f"{type(error).__name__}: {error}") from None


def _only_video(session: SessionDescription) -> MediaDescription:
    """The one video section; raises SdpRefused when there is anything else."""
    if len(session.media) != 1 or session.media[0].kind != "video":
        kinds = ", ".join(media.kind for media in session.media[:4]) or "nothing"
        raise SdpRefused(BAD_OFFER, f"must offer one video section, not {kinds}")
    media = session.media[0]
    mid = media.rtp.muxId
    bundles = [group.items for group in session.group if group.semantic == "BUNDLE"]
    if media.port == 0 or not re.fullmatch(r"[A-Za-z0-9_-]{1,16}", mid):
        raise SdpRefused(BAD_OFFER, "the video section is rejected or has no name")
    if any(items != [mid] for items in bundles):
        raise SdpRefused(BAD_OFFER, "the bundle is not the video section")
    if media.direction not in ("recvonly", "sendrecv"):
        raise SdpRefused(BAD_OFFER, "does not want to receive")
    return media


def _check_transport(media: MediaDescription) -> None:
    """Raises SdpRefused unless ICE, DTLS and RTCP are as browsers offer them."""
    ice, dtls = media.ice, media.dtls
    if ice is None or not _ICE_UFRAG.fullmatch(ice.usernameFragment or ""):
        raise SdpRefused(BAD_OFFER, "no ICE user name")
    if not _ICE_PASSWORD.fullmatch(ice.password or ""):
        raise SdpRefused(BAD_OFFER, "no ICE password")
    if dtls is None or dtls.role not in ("auto", "client", "server"):
        raise SdpRefused(BAD_OFFER, "no DTLS role")
    prints = dtls.fingerprints
    if not prints or not all(_is_digest(one.algorithm, one.value) for one in prints):
        raise SdpRefused(BAD_OFFER, "no DTLS fingerprint")
    if not media.rtcp_mux or media.profile != "UDP/TLS/RTP/SAVPF":
        raise SdpRefused(BAD_OFFER, "not multiplexed RTP over DTLS")


def _is_digest(algorithm: str, value: str) -> bool:
    size = _DIGESTS.get(algorithm.lower())
    return bool(_HEX_BYTES.fullmatch(value)) and (len(value) + 1) // 3 == size


def _is_playable(codec: RTCRtpCodecParameters) -> bool:
    """Whether it is H.264 constrained baseline, packetization mode 1: what every answer says.

    Decoders that accept it play the other profiles too.
    """
    if codec.mimeType.lower() != "video/h264" or codec.clockRate != 90000:
        return False
    parameters = codec.parameters
    try:
        profile, _ = parse_profile(str(parameters.get("profile-level-id", "42e01f")))
        return (
            profile is H264Profile.PROFILE_CONSTRAINED_BASELINE
            and str(parameters.get("packetization-mode")) == "1"
        )
    except ValueError:
        return False


def _playout_delay_id(media: MediaDescription) -> int | None:
    for extension in media.rtp.headerExtensions:
        if extension.uri == PLAYOUT_DELAY_URI and 0 < extension.id < 15:
            return int(extension.id)
    return None
