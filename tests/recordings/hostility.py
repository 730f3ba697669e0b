"""What somebody who means no good asks of recordings: paths and junk as ids, and ranges."""

from collections.abc import Iterator
from http import HTTPStatus

# Each stands where an address has an id. None is one, so each answer is 404, or 400 where a server
# takes it for no address at all.
JUNK = (
    "..",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fsecret-key",
    "..%5c..%5csecret-key",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "%00",
    "1%00.mp4",
    "a" * 6000,
    "9" * 4000,
    str(2**63),
    "-1",
    "0x10",
    "%F0%9F%90%88",
    "%D9%A1",
    "%ff%fe",
    "1;rm",
    "1'%20OR%20'1'='1",
    "*",
    "00000000-0000-0000-0000-000000000000",
    "{00000000-0000-0000-0000-000000000000}",
    "%0d%0aSet-Cookie:%20a=b",
)
REFUSED = (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST)

# Each route with an id, and what makes it a complete question.
ADDRESSES = (
    "/recordings/{}/segment.mp4",
    "/recordings/{}/index.json",
    "/recordings/{}/thumbnail.jpg?t=0",
    "/clips/{}/clip.mp4",
    "/clips/{}/poster.jpg",
    "/clips/{}/state.json",
    "/cameras/{}/recordings/",
    "/cameras/{}/recordings/timeline.json?from=2026-11-22T12:00:00Z&to=2026-11-22T13:00:00Z",
    "/cameras/{}/recordings/boxes.json?from=2026-11-22T12:00:00Z&to=2026-11-22T13:00:00Z",
    "/cameras/{}/recordings/playlist.m3u8?from=2026-11-22T12:00:00Z&to=2026-11-22T13:00:00Z",
    "/cameras/{}/clips/add/",
)
# Behind the camera's own pages: what makes no sense there.
QUERIES = (
    "recordings/?day=..%2f..",
    "recordings/?at=%00",
    "recordings/?day=99999-01-01",
    "recordings/timeline.json",
    "recordings/timeline.json?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z",
    "recordings/timeline.json?from=2026-11-22T13:00:00Z&to=2026-11-22T12:00:00Z",
    "recordings/playlist.m3u8?from=%ff&to=" + "9" * 3000,
    "recordings/boxes.json?from=2026-11-22T12:00:00&to=2026-11-22T12:01:00",
    "clips/add/?visit=-1",
    "clips/add/?from=..%2f&to=%00",
)


def junk_addresses() -> Iterator[str]:
    for address in ADDRESSES:
        for junk in JUNK:
            yield address.replace("{}", junk)


def ranges(length: int) -> dict[str, int]:
    """Range headers to a file of `length` bytes, and the status of the right answer."""
    partial, outside = HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    return {
        "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)): outside,
        "bytes=" + ",".join(["0-"] * 1000): outside,
        "bytes=0-,0-,0-,0-": outside,
        "bytes=0-99,50-149": outside,
        f"bytes={length}-": outside,
        f"bytes={length}-{length + 1}": outside,
        "bytes=-0": outside,
        "bytes=5-4": outside,
        "bytes=-": outside,
        "bytes=a-b": outside,
        "bytes=--5": outside,
        "bytes=0x0-0x5": outside,
        "bytes=" + "9" * 30 + "-": outside,
        "bytes=0-" + "9" * 17: partial,
        "bytes=-" + "9" * 17: partial,
        "bytes=0-0": partial,
        "bytes=-1": partial,
        " bytes = 0-0 ": partial,
        "lines=1-2": HTTPStatus.OK,
    }
