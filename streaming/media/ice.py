"""Where peers meet: addresses, ports, STUN and TURN, with credentials that expire."""

import base64
import hashlib
import hmac
import ipaddress
from dataclasses import dataclass, field

TURN_LIFETIME_S = 12 * 3600


@dataclass(frozen=True, slots=True)
class IceConfig:
    """How the streamer may be reached.

    `addresses`: local addresses to listen on, empty for all of the machine's. `ports`: UDP ports
    to choose from, None for any. `advertised_address`: what answers say instead of the local
    address, behind a port forwarding or in a container. Without `remote_candidates` browsers
    find us and we learn their address from their checks; relays need it, because a TURN server
    lets nobody in whom we have not named. `turn_lifetime_s`: how long credentials can be used to
    ask for a relay; one that is in use outlives them.
    """

    addresses: tuple[str, ...] = ()
    ports: range | None = None
    advertised_address: str = ""
    remote_candidates: bool = False
    stun_urls: tuple[str, ...] = ()
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = field(default="", repr=False)
    turn_lifetime_s: float = TURN_LIFETIME_S

    def __post_init__(self) -> None:
        for address in (*self.addresses, *filter(None, [self.advertised_address])):
            ipaddress.ip_address(address)


@dataclass(frozen=True, slots=True)
class IceServer:
    """One entry of a browser's `iceServers`."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = field(default="", repr=False)

    def as_dict(self) -> dict[str, object]:
        entry: dict[str, object] = {"urls": list(self.urls)}
        if self.username:
            entry |= {"username": self.username, "credential": self.credential}
        return entry


def turn_credentials(secret: str, user: str, *, expires_s: float) -> tuple[str, str]:
    """A user name that expires at a Unix time, and its password, for coturn's `use-auth-secret`.

    draft-uberti-behave-turn-rest-00 section 2.2: "expiry:user" and base64(HMAC-SHA1(secret, it)).
    """
    username = f"{int(expires_s)}:{user}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode("ascii")


def ice_servers(config: IceConfig, *, user: str, now_s: float) -> list[IceServer]:
    """What either peer passes to its peer connection; empty unless configured."""
    servers = [IceServer(urls=config.stun_urls)] if config.stun_urls else []
    if config.turn_urls:
        expires_s = now_s + config.turn_lifetime_s
        username, credential = turn_credentials(config.turn_secret, user, expires_s=expires_s)
        servers.append(IceServer(config.turn_urls, username, credential))
    return servers
