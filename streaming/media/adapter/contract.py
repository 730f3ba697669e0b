"""Whether the libraries are built as this package expects: asked once, at start."""

import inspect
import logging
from typing import Any, cast

import aioice
import pylibsrtp
from aiortc import RTCDtlsTransport, RTCRtpSender

log = logging.getLogger(__name__)

Names = tuple[tuple[Any, tuple[str, ...]], ...]

# Where a private name is used upstream, and the name.
NAMES: Names = (
    (
        RTCRtpSender.__init__,
        (
            "_ssrc",
            "_rtx_ssrc",
            "_RTCRtpSender__cname",
            "_RTCRtpSender__rtp_started",
            "_RTCRtpSender__rtp_exited",
            "_RTCRtpSender__rtcp_started",
            "_RTCRtpSender__rtcp_exited",
            "_RTCRtpSender__rtx_payload_type",
            "_RTCRtpSender__rtx_sequence_number",
        ),
    ),
    (RTCRtpSender.send, ("_run_rtp", "_run_rtcp")),
    (RTCDtlsTransport._handle_rtcp_data, ("_handle_rtcp_packet",)),
    (RTCDtlsTransport.__init__, ("_ssl", "_role", "_srtp_profiles", "_tx_srtp")),
    (aioice.Connection.__init__, ("_nominated", "_protocols", "_check_list")),
    (aioice.Connection.query_consent, ("build_request", "remote_password")),
    (aioice.ice.StunProtocol.datagram_received, ("transactions", "response_received")),
    (aioice.ice.StunProtocol.request, ("add_message_integrity", "transactions")),
    (aioice.ice.StunProtocol.send_stun, ("sendto",)),
    (aioice.Connection.connect, ("_early_checks", "_check_periodic", "_check_list")),
    (aioice.Connection.request_received, ("_early_checks", "check_incoming")),
    (pylibsrtp.Session.__init__, ("_srtp",)),
)


def missing_names(used: Names = NAMES) -> list[str]:
    """What upstream no longer has of what the fast send path needs; empty when all is well."""
    missing = [
        name
        for function, names in used
        for name in names
        if name not in inspect.unwrap(function).__code__.co_names
    ]
    if not hasattr(RTCRtpSender, "_send_rtcp"):
        missing.append("RTCRtpSender._send_rtcp")
    binding = getattr(cast(Any, pylibsrtp), "_binding", None)
    for name in ("srtp_protect", "srtp_err_status_ok"):
        if not hasattr(getattr(binding, "lib", None), name):
            missing.append(f"pylibsrtp {name}")
    return missing


def is_kept(used: Names = NAMES) -> bool:
    """Says in the log when it is not."""
    missing = missing_names(used)
    if missing:
        log.warning("sending the slow way, this aiortc has no %s", ", ".join(missing))
    return not missing
