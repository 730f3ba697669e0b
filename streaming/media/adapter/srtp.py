"""SRTP in place: libsrtp through pylibsrtp's own binding, without its copies."""

from struct import Struct
from typing import Any, cast

import pylibsrtp

from streaming.media.packetise import MAX_PACKET_BYTES, SLICE_PACKETS, Run, Template

_binding = cast(Any, pylibsrtp)._binding
_ffi, _lib = _binding.ffi, _binding.lib
_protect = _lib.srtp_protect
_OK = _lib.srtp_err_status_ok

_TAG_BYTES = {
    pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80: 10,
    pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM: 16,
    pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM: 16,
}
# Sequence number, timestamp, SSRC: bytes 2 to 12 of an RTP header.
_put_numbers = Struct("!HLL").pack_into


class SrtpFailed(Exception):
    """libsrtp refused a packet."""


class Scratch:
    """Where packets are protected before they are sent: one for all viewers of a stream."""

    def __init__(self) -> None:
        self.address = _ffi.new("char[]", SLICE_PACKETS * (MAX_PACKET_BYTES + 64))
        self.view = memoryview(_ffi.buffer(self.address))
        self.length = _ffi.new("int *")


class MediaSession:
    """SRTP for the first transmissions of one viewer's media, and for nothing else.

    RTCP and retransmissions have SSRCs of their own and stay on aiortc's session: the same SSRC
    in both would use a GCM nonce twice. Not thread-safe.
    """

    def __init__(self, key: bytes, profile: int) -> None:
        policy = pylibsrtp.Policy(
            key=key, ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile
        )
        # A packet that is sent again without RTX is the same, byte for byte.
        policy.allow_repeat_tx = True
        policy.window_size = 1024
        self._session = pylibsrtp.Session(policy)
        # Points into the session, which must live as long.
        self._srtp = cast(Any, self._session)._srtp[0]
        self.tag_bytes = _TAG_BYTES[profile]

    @classmethod
    def of(cls, dtls: Any) -> "MediaSession":
        """With the keys of a DTLS transport that is connected (RFC 5764 section 4.2)."""
        name = dtls._ssl.get_selected_srtp_profile()
        profile = next(one for one in dtls._srtp_profiles if one.openssl_profile == name)
        size = 2 * (profile.key_length + profile.salt_length)
        material = dtls._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", size)
        key = profile.get_key_and_salt(material, 1 if dtls._role == "server" else 0)
        return cls(key, profile.libsrtp_profile)

    def protect(
        self, scratch: Scratch, template: Template, run: Run, numbers: tuple[int, int, int]
    ) -> memoryview:
        """The packets of a run, ready to be sent; they lie in `scratch`.

        `numbers`: sequence number of the run's first packet, timestamp, SSRC.
        """
        sequence, timestamp, ssrc = numbers
        view, address, length, srtp = scratch.view, scratch.address, scratch.length, self._srtp
        size, tag_bytes = run.end - run.begin, self.tag_bytes
        view[:size] = template.data[run.begin : run.end]
        at = 0
        for rtp_bytes in run.lengths:
            _put_numbers(view, at + 2, sequence & 0xFFFF, timestamp, ssrc)
            length[0] = rtp_bytes
            status = _protect(srtp, address + at, length)
            if status != _OK:
                raise SrtpFailed(status)
            at += rtp_bytes + tag_bytes
            sequence += 1
        return view[:size]
