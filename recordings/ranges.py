"""Answers with a file or one range of it (RFC 9110 section 14), a piece at a time.

The whole of a file is never in memory: it is read in pieces, and the web server asks for the next
one only when the network has taken the last (petcam_site.daphne_server). So a range may be long.
Shortening it would be allowed (15.3.7: "a server might want to send only a subset of the data
requested"), but players take what they get for what they asked for.
"""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from channels.db import database_sync_to_async
from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from detections.homes import HomeGrant, still_at_home

PIECE_BYTES = 64 * 1024
# How often a body that takes long asks whether it still may.
CHECK_EVERY_S = 4.0
_RANGE = re.compile(r"(\d{0,18})-(\d{0,18})", re.ASCII)

Allowed = Callable[[], Awaitable[bool]]


class RangeRefused(ValueError):
    """The range lies outside the file, makes no sense, or is more than one."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `start` up to, not including, `stop`."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file to answer with, which is closed with the answer.

    `length` is how much of it may be read. A file that `is_growing` has no `etag`: whoever goes
    on reading it after a pause reads the same file, but not one of the same length.
    `instead` are bytes that are given in place of those in the file, each with where they begin.
    """

    fd: int
    length: int
    content_type: str
    etag: str = ""
    is_growing: bool = False
    instead: Sequence[tuple[int, bytes]] = ()


def span_of(header: str, length: int) -> Span | None:
    """What a Range header asks of `length` bytes; None when it is in a unit that nobody knows.

    Raises RangeRefused. Several ranges are refused as a whole (15.5.17): no player needs them, and
    answering a thousand costs more than asking for them.
    """
    unit, equals, asked = header.partition("=")
    if unit.strip().lower() != "bytes" and equals:
        return None
    # 5.6.1.2: a list may have empty elements.
    ranges = [part.strip() for part in asked.split(",", 4) if part.strip()]
    match = _RANGE.fullmatch(ranges[0]) if len(ranges) == 1 else None
    if match is None or not any(match.groups()):
        raise RangeRefused
    first, last = match.groups()
    if first:
        start, stop = int(first), min(int(last) + 1, length) if last else length
        if last and int(last) < start:
            raise RangeRefused
    else:
        start, stop = max(length - int(last), 0), length
    if start >= stop:
        raise RangeRefused
    return Span(start, stop)


def file_response(
    request: HttpRequest,
    file: OpenFile,
    *,
    allowed: Allowed,
    part: str = "",
    check_every_s: float = CHECK_EVERY_S,
) -> HttpResponseBase:
    """200 with all of it, 206 with a range, or 416; takes over `file.fd`.

    `part` ("0-99") is a range that the address asks for, where no header does: 200 with that alone.

    A body that takes long ends early, and its connection with it, once `allowed` says no.
    """
    headers = {"Accept-Ranges": "bytes", "Content-Type": file.content_type}
    if file.etag:
        headers["ETag"] = f'"{file.etag}"'
    if request.method == "HEAD":
        # 14.2: a range of a HEAD request means nothing.
        os.close(file.fd)
        return HttpResponse(headers=headers | {"Content-Length": str(file.length)})
    try:
        span = _wanted(request, file)
        told = span_of(f"bytes={part}", file.length) if part and span is None else None
    except RangeRefused:
        os.close(file.fd)
        headers |= {"Content-Range": f"bytes */{file.length}", "Content-Type": "text/plain"}
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        return HttpResponse("Ask for one range inside the file.", status=status, headers=headers)
    status = HTTPStatus.OK
    if span is None:
        span = told or Span(0, file.length)
    else:
        status = HTTPStatus.PARTIAL_CONTENT
        # 14.4: how long it will be in the end is not known while it grows.
        total = "*" if file.is_growing else file.length
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{total}"
    headers["Content-Length"] = str(span.stop - span.start)
    # Nobody shall hold a connection to the database for as long as a body may take; a transaction
    # around us is somebody else's.
    if not connection.in_atomic_block:
        close_old_connections()
    body = _Body(file, span, allowed, check_every_s)
    return StreamingHttpResponse(body, status=status, headers=headers)


def while_at_home(request: HttpRequest, household_id: int) -> Allowed:
    """Whether who asks still lives there, and is still logged in."""
    grant = HomeGrant(household_id, request.user.pk, request.session.session_key or "")

    async def allowed() -> bool:
        return grant in await database_sync_to_async(still_at_home)([grant])

    return allowed


def _wanted(request: HttpRequest, file: OpenFile) -> Span | None:
    """None for all of the file; raises RangeRefused."""
    header = request.headers.get("Range")
    if header is None:
        return None
    # 13.1.5: part of another file is of no use to anybody, so that gets all of this one.
    if_range = request.headers.get("If-Range")
    if if_range is not None and (not file.etag or if_range.strip() != f'"{file.etag}"'):
        return None
    return span_of(header, file.length)


class _Body:
    """The bytes of a span, read beside the event loop. Ends early when the file does."""

    def __init__(self, file: OpenFile, span: Span, allowed: Allowed, check_every_s: float) -> None:
        self._file, self._instead = os.fdopen(file.fd, "rb", buffering=0), file.instead
        self._span, self._allowed, self._check_every_s = span, allowed, check_every_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        at, stop = self._span.start, self._span.stop
        checked_s = time.monotonic()
        while at < stop:
            fd, size = self._file.fileno(), min(PIECE_BYTES, stop - at)
            piece = await asyncio.to_thread(os.pread, fd, size, at)
            if time.monotonic() - checked_s >= self._check_every_s:
                if not await self._allowed():
                    return
                checked_s = time.monotonic()
            if not piece:
                return
            yield _with(piece, at, self._instead)
            at += len(piece)

    def close(self) -> None:
        self._file.close()


def _with(piece: bytes, at: int, instead: Sequence[tuple[int, bytes]]) -> bytes:
    """The piece, which begins at `at`, with other bytes in some places."""
    changed = bytearray(piece) if instead else piece
    for begin, data in instead:
        start, stop = max(begin, at), min(begin + len(data), at + len(piece))
        if start < stop:
            changed[start - at : stop - at] = data[start - begin : stop - begin]
    return bytes(changed)
