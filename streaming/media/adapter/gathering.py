"""In the place of aioice's gathering: our choice of addresses and ports, checked sources."""

import asyncio
import logging
import random
import socket
from collections.abc import Coroutine, Sequence
from errno import EADDRINUSE
from typing import Any

from aioice import ice as aioice_ice
from aioice.candidate import Candidate, candidate_foundation, candidate_priority

from streaming.media.adapter.checks import CheckedStunProtocol
from streaming.media.ice import IceConfig

log = logging.getLogger(__name__)

MAX_ADDRESSES = 8
STUN_TIMEOUT_S = 1.0
SEND_BUFFER_BYTES = 1024 * 1024


async def gather(
    connection: Any, ice: IceConfig, *, component: int, addresses: list[str]
) -> list[Candidate]:
    del addresses  # aioice's choice
    local = list(ice.addresses) or host_addresses()
    bound = [await _bind(connection, component, address, ice.ports) for address in local]
    protocols = [protocol for protocol in bound if protocol is not None]
    connection._protocols += protocols
    candidates = [protocol.local_candidate for protocol in protocols]
    asked = [_relayed(connection, component)] if connection.turn_server else []
    if connection.stun_server:
        asked += [
            _reflexive(protocol, connection.stun_server)
            for protocol in protocols
            if ":" not in protocol.local_candidate.host
        ]
    return candidates + await _in_time(asked)


async def _in_time(asked: Sequence[Coroutine[Any, Any, Candidate]]) -> list[Candidate]:
    """What servers answer within STUN_TIMEOUT_S; who is later, or refuses, is left out."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        done = (await asyncio.wait(tasks, timeout=STUN_TIMEOUT_S))[0] if tasks else set()
    finally:
        for task in tasks:
            task.cancel()
    for task in done:
        if task.exception() is not None:
            log.warning("STUN or TURN server: %s", task.exception())
    if len(done) < len(tasks):
        log.warning("no answer from a STUN or TURN server within %g s", STUN_TIMEOUT_S)
    return [task.result() for task in tasks if task in done and task.exception() is None]


async def _reflexive(protocol: Any, server: tuple[str, int]) -> Candidate:
    candidate, _ = await aioice_ice.server_reflexive_candidate(protocol, server)
    return candidate


async def _relayed(connection: Any, component: int) -> Candidate:
    candidate, protocol = await aioice_ice.relayed_candidate(
        component=component,
        hide_related_address=False,
        protocol_factory=lambda: CheckedStunProtocol(connection),
        turn_server=connection.turn_server,
        turn_username=connection.turn_username,
        turn_password=connection.turn_password,
        turn_ssl=connection.turn_ssl,
        turn_transport=connection.turn_transport,
    )
    connection._protocols.append(protocol)
    return candidate


def host_addresses() -> list[str]:
    """This machine's addresses; loopback only when there is nothing else."""
    found = aioice_ice.get_host_addresses(use_ipv4=True, use_ipv6=True)
    return list(dict.fromkeys(found))[:MAX_ADDRESSES] or ["127.0.0.1"]


async def _bind(
    connection: Any, component: int, address: str, ports: range | None
) -> CheckedStunProtocol | None:
    """A socket on a free port, None when the address cannot be used or no port is left."""
    loop = asyncio.get_running_loop()
    for port in random.sample(ports, len(ports)) if ports else [0]:
        try:
            transport, protocol = await loop.create_datagram_endpoint(
                lambda: CheckedStunProtocol(connection), local_addr=(address, port)
            )
        except OSError as error:
            if error.errno == EADDRINUSE and ports:
                continue
            log.warning("cannot send media from %s: %s", address, error)
            return None
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES
        )
        host, port = transport.get_extra_info("sockname")[:2]
        protocol.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", host),
            component=component,
            transport="udp",
            priority=candidate_priority(component, "host"),
            host=host,
            port=port,
            type="host",
        )
        return protocol
    log.warning("no UDP port of PETCAM_ICE_PORTS is free on %s", address)
    return None
