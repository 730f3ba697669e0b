import os
import tempfile
from unittest import IsolatedAsyncioTestCase

import pytest
from django.test import RequestFactory

from recordings.ranges import PIECE_BYTES, OpenFile, RangeRefused, Span, file_response, span_of

CONTENT = bytes(range(256)) * 2000


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=0-99", Span(0, 100)),
        ("bytes=10-", Span(10, 1000)),
        ("bytes=-10", Span(990, 1000)),
        ("bytes=-5000", Span(0, 1000)),
        ("bytes=990-5000", Span(990, 1000)),
        ("bytes=999-999", Span(999, 1000)),
        ("Bytes=0-9", Span(0, 10)),
        ("bytes= 5-9 ", Span(5, 10)),
        ("bytes=,5-9,", Span(5, 10)),
        ("bytes=0-999999999999999999", Span(0, 1000)),
        ("seconds=1-2", None),
        ("none=1", None),
    ],
)
def test_a_range_is_understood(header, span):
    assert span_of(header, 1000) == span


@pytest.mark.parametrize(
    "header",
    [
        "bytes=1000-",
        "bytes=1000-1001",
        "bytes=5-4",
        "bytes=-0",
        "bytes=-",
        "bytes=",
        "bytes",
        "bytes=a-b",
        "bytes=0x10-20",
        "bytes=--5",
        "bytes=1-2-3",
        "bytes=+1-2",
        "bytes=\u0661-\u0662",
        "bytes=0-0,2-2",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)),
        "bytes=0-" + "9" * 5000,
        "",
    ],
)
def test_what_is_no_range_inside_the_file_is_refused(header):
    with pytest.raises(RangeRefused):
        span_of(header, 1000)


def test_an_empty_file_has_no_ranges():
    for header in ("bytes=0-", "bytes=-5", "bytes=0-0"):
        with pytest.raises(RangeRefused):
            span_of(header, 0)


async def always() -> bool:
    return True


class FileResponseTests(IsolatedAsyncioTestCase):
    def setUp(self):
        file = self.enterContext(tempfile.NamedTemporaryFile())
        file.write(CONTENT)
        file.flush()
        self.path = file.name

    def ask(self, *, method="GET", headers=None, part="", allowed=always, every_s=4.0, **told):
        """The answer, and the descriptor that it was given."""
        file = OpenFile(
            **{
                "fd": os.open(self.path, os.O_RDONLY),
                "length": len(CONTENT),
                "content_type": "video/mp4",
                "etag": "abc",
            }
            | told
        )
        request = RequestFactory().generic(method, "/", headers=headers or {})
        response = file_response(request, file, allowed=allowed, part=part, check_every_s=every_s)
        return response, file.fd

    async def test_some_bytes_are_given_in_place_of_others_wherever_a_piece_ends(self):
        instead = [(1, b"AB"), (PIECE_BYTES - 1, b"CDE"), (len(CONTENT) - 1, b"F")]
        changed = bytearray(CONTENT)
        for begin, data in instead:
            changed[begin : begin + len(data)] = data

        whole, _ = self.ask(instead=instead)
        asked = {"Range": f"bytes=2-{PIECE_BYTES}"}
        part, _ = self.ask(headers=asked, instead=instead)

        self.assertEqual(await self.body_of(whole), changed)
        self.assertEqual(await self.body_of(part), changed[2 : PIECE_BYTES + 1])

    async def body_of(self, response) -> bytes:
        body = b"".join([piece async for piece in response])
        response.close()
        return body

    def assert_closed(self, fd: int) -> None:
        with self.assertRaises(OSError):
            os.fstat(fd)

    async def test_without_a_range_all_of_it_is_told(self):
        response, fd = self.ask()
        body = await self.body_of(response)

        self.assertEqual(response.status_code, 200)
        self.assertEqual(body, CONTENT)
        self.assertEqual(
            dict(response.items()),
            {
                "Accept-Ranges": "bytes",
                "Content-Type": "video/mp4",
                "ETag": '"abc"',
                "Content-Length": str(len(CONTENT)),
            },
        )
        self.assert_closed(fd)

    async def test_a_range_is_told_alone(self):
        response, fd = self.ask(headers={"Range": "bytes=1000-299999"})
        body = await self.body_of(response)

        self.assertEqual(response.status_code, 206)
        self.assertEqual(body, CONTENT[1000:300_000])
        self.assertEqual(response["Content-Range"], f"bytes 1000-299999/{len(CONTENT)}")
        self.assertEqual(response["Content-Length"], "299000")
        self.assert_closed(fd)

    async def test_an_address_may_ask_for_a_part_and_a_header_is_stronger(self):
        response, fd = self.ask(part="1000-1999")
        self.assertEqual((response.status_code, response["Content-Length"]), (200, "1000"))
        self.assertNotIn("Content-Range", response)
        self.assertEqual(await self.body_of(response), CONTENT[1000:2000])
        self.assert_closed(fd)

        response, _ = self.ask(part="1000-1999", headers={"Range": "bytes=0-9"})
        self.assertEqual(response.status_code, 206)
        self.assertEqual(await self.body_of(response), CONTENT[:10])

        for wrong in ("5-1", "a", "0-1,3-4", f"{len(CONTENT)}-"):
            self.assertEqual(self.ask(part=wrong)[0].status_code, 416)

    async def test_it_comes_in_pieces(self):
        response, _ = self.ask()
        sizes = [len(piece) async for piece in response]
        response.close()

        self.assertLessEqual(max(sizes), PIECE_BYTES)
        self.assertGreater(len(sizes), 3)

    async def test_only_as_much_as_is_committed_is_told(self):
        response, _ = self.ask(length=5000, is_growing=True, etag="")
        whole = await self.body_of(response)
        response, _ = self.ask(
            length=5000, is_growing=True, etag="", headers={"Range": "bytes=4000-9999"}
        )
        rest = await self.body_of(response)

        self.assertEqual(whole, CONTENT[:5000])
        self.assertEqual(rest, CONTENT[4000:5000])
        self.assertEqual(response["Content-Range"], "bytes 4000-4999/*")
        self.assertNotIn("ETag", response)

    async def test_a_range_outside_is_416_with_the_length(self):
        response, fd = self.ask(headers={"Range": "bytes=9999999-"})

        self.assertEqual(response.status_code, 416)
        self.assertEqual(response["Content-Range"], f"bytes */{len(CONTENT)}")
        self.assert_closed(fd)

    async def test_a_head_request_is_told_the_length_whatever_range_it_names(self):
        response, fd = self.ask(method="HEAD", headers={"Range": "bytes=0-9"})

        self.assertEqual(response.status_code, 200)
        self.assertEqual(response["Content-Length"], str(len(CONTENT)))
        self.assertEqual(response.content, b"")
        self.assert_closed(fd)

    async def test_part_of_the_same_file_is_told_and_of_another_all_of_it(self):
        for if_range, status in {
            '"abc"': 206,
            '"other"': 200,
            'W/"abc"': 200,
            "Sun, 22 Nov 2026 12:00:00 GMT": 200,
        }.items():
            with self.subTest(if_range):
                response, _ = self.ask(headers={"Range": "bytes=0-9", "If-Range": if_range})
                response.close()

                self.assertEqual(response.status_code, status)

    async def test_a_file_that_grows_is_never_known_to_be_the_same(self):
        headers = {"Range": "bytes=0-9", "If-Range": '""'}
        response, _ = self.ask(headers=headers, etag="", is_growing=True)
        response.close()

        self.assertEqual(response.status_code, 200)

    async def test_a_file_that_is_shorter_than_told_ends_the_body_early(self):
        response, fd = self.ask(length=len(CONTENT) + 1000)

        self.assertEqual(await self.body_of(response), CONTENT)
        self.assert_closed(fd)

    async def test_whoever_must_not_see_it_any_more_gets_no_more_of_it(self):
        answers = iter([True, True, False])

        async def allowed() -> bool:
            return next(answers)

        response, fd = self.ask(allowed=allowed, every_s=0.0)

        self.assertEqual(await self.body_of(response), CONTENT[: 2 * PIECE_BYTES])
        self.assert_closed(fd)
