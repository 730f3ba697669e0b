"""What can be wrong with the settings, told in words before anything starts."""

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

# struct sockaddr_un has 108 bytes, one of them for the end.
SOCKET_PATH_BYTES = 107
TRANSPORTS = {"webrtc", "mse", "mjpeg", "still"}
# RFC 7064 and 7065, as far as aiortc reads them: it knows no IPv6 literals.
_STUN_URL = re.compile(r"stuns?:[A-Za-z0-9.-]+(:\d{1,5})?")
_TURN_URL = re.compile(r"turns?:[A-Za-z0-9.-]+(:\d{1,5})?(\?transport=(udp|tcp))?")


@register
def check_settings(**options: object) -> list[CheckMessage]:
    """Petcam's own settings."""
    return [*_listening(), *_broker(), *_proxy(), *_media()]


def _listening() -> Iterator[CheckMessage]:
    try:
        is_local = ipaddress.ip_address(settings.PETCAM_BIND).is_loopback
    except ValueError:
        yield Error(
            f"PETCAM_BIND must be an IP address, not {settings.PETCAM_BIND!r}.",
            hint="127.0.0.1 for this machine only, 0.0.0.0 for the whole network.",
            id="petcam.E001",
        )
        return
    if settings.DEBUG and not is_local:
        yield Error(
            "PETCAM_DEBUG shows settings and code to whoever meets an error, and PETCAM_BIND "
            "lets the network in.",
            hint="Switch PETCAM_DEBUG off, or set PETCAM_BIND to 127.0.0.1.",
            id="petcam.E002",
        )
    if not is_local and not settings.PETCAM_HOSTS:
        yield Warning(
            "The portal listens to the network, but PETCAM_HOSTS names no address for it: "
            "everybody but this machine is refused.",
            hint="PETCAM_HOSTS=petcam.home,192.168.1.20",
            id="petcam.W001",
        )


def _broker() -> Iterator[CheckMessage]:
    if "InMemory" in settings.CHANNEL_LAYERS["default"]["BACKEND"]:
        yield Error(
            "The channel layer lives in one process: web, cameras and streamer would not hear "
            "one another.",
            hint="Use petcam_site.channel_layer.PatientPubSubLayer.",
            id="petcam.E003",
        )
    socket = str(settings.PETCAM_RUN_DIR / "valkey.sock")
    if not settings.PETCAM_REDIS_URL and len(socket.encode()) > SOCKET_PATH_BYTES:
        yield Error(
            f"The broker's socket {socket} has more than {SOCKET_PATH_BYTES} bytes in its path.",
            hint="Set PETCAM_RUN_DIR to a shorter directory.",
            id="petcam.E004",
        )


def _proxy() -> Iterator[CheckMessage]:
    for origin in settings.PETCAM_ORIGINS:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}":
            yield Error(
                f"PETCAM_ORIGINS must hold origins, not {origin!r}.",
                hint="https://petcam.example, without a path.",
                id="petcam.E005",
            )
    if settings.PETCAM_HTTPS and not settings.PETCAM_TRUSTED_PROXIES:
        yield Warning(
            "PETCAM_HTTPS means that a proxy stands in front, but PETCAM_TRUSTED_PROXIES is 0: "
            "all people share one limit for failed logins.",
            hint="PETCAM_TRUSTED_PROXIES=1",
            id="petcam.W002",
        )


def _media() -> Iterator[CheckMessage]:
    unknown = set(settings.PETCAM_TRANSPORTS) - TRANSPORTS
    if unknown:
        yield Error(
            f"PETCAM_TRANSPORTS knows nothing called {', '.join(sorted(unknown))}.",
            hint="webrtc,mse,mjpeg,still",
            id="petcam.E006",
        )
    if settings.PETCAM_TURN_URLS and not settings.PETCAM_TURN_SECRET:
        yield Error(
            "PETCAM_TURN_URLS names a TURN server, but PETCAM_TURN_SECRET is not set.",
            hint="It is coturn's static-auth-secret.",
            id="petcam.E007",
        )
    if settings.PETCAM_TURN_URLS and not settings.PETCAM_ICE_REMOTE_CANDIDATES:
        yield Warning(
            "PETCAM_TURN_URLS names a TURN server, but without PETCAM_ICE_REMOTE_CANDIDATES it is "
            "not told whom to let through.",
            hint="PETCAM_ICE_REMOTE_CANDIDATES=true",
            id="petcam.W003",
        )
    for kind, pattern, urls in (
        ("STUN", _STUN_URL, settings.PETCAM_STUN_URLS),
        ("TURN", _TURN_URL, settings.PETCAM_TURN_URLS),
    ):
        scheme = kind.lower()
        for url in urls:
            if not pattern.fullmatch(url):
                yield Error(
                    f"PETCAM_{kind}_URLS must look like '{scheme}:server:port', not {url!r}.",
                    hint=f"{scheme}:server.example:3478",
                    id="petcam.E008",
                )
    advertised = [settings.PETCAM_ICE_ADVERTISED_ADDRESS or "127.0.0.1"]
    for name, addresses in (
        ("PETCAM_ICE_ADDRESSES", settings.PETCAM_ICE_ADDRESSES),
        ("PETCAM_ICE_ADVERTISED_ADDRESS", advertised),
    ):
        for address in filter(_is_no_address, addresses):
            yield Error(
                f"{name} must be given as IP addresses, not {address!r}.",
                hint="The address by which browsers reach this machine: 192.168.1.20",
                id="petcam.E009",
            )


def _is_no_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return True
    return False
