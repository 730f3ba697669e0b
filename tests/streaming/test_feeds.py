import asyncio
import random
import struct
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.feeds import (
    GOP_BYTES,
    MESSAGE_BYTES,
    Feeds,
    FragmentFeed,
    FragmentPlace,
    PictureFeed,
    PicturePlace,
    Skipped,
)
from streaming.media.access_unit import AccessUnit
from streaming.media.clock import unix_ms
from streaming.media.fmp4 import Fragmenter, InitSegment
from streaming.media.problems import B_FRAMES, CameraProblem
from streaming.media.ring import RingWriter
from tests.streaming.media.moving_picture import TICKS_PER_FRAME, encoded_units

UNITS = encoded_units(60, gop=15)
NOWHERE = Path("/nonexistent.ring")


def feed_with(units: list[AccessUnit]) -> FragmentFeed:
    feed = FragmentFeed(NOWHERE)
    for unit in units:
        feed.take_in(unit)
    return feed


def everything(place: FragmentPlace) -> list[InitSegment | Skipped | bytes]:
    return list(iter(place.take, None))


def fragments(units: list[AccessUnit]) -> list[bytes]:
    fragmenter = Fragmenter()
    return [fragment.data for unit in units if (fragment := fragmenter.fragment(unit))]


def test_who_joins_gets_the_newest_keyframe_and_all_that_followed_as_one_message():
    place = FragmentPlace(feed_with(UNITS[:20]))

    init, data = everything(place)

    assert isinstance(init, InitSegment)
    assert data == b"".join(fragments(UNITS[:20])[15:])
    assert not place.is_behind


def test_who_keeps_up_gets_each_fragment_at_once():
    feed = feed_with(UNITS[:1])
    place = FragmentPlace(feed)
    everything(place)

    messages = []
    for unit in UNITS[1:40]:
        feed.take_in(unit)
        messages += everything(place)

    assert messages == fragments(UNITS[:40])[1:]


def test_who_is_a_little_late_catches_up_without_losing_anything():
    feed = feed_with(UNITS[:16])
    place = FragmentPlace(feed)
    everything(place)
    for unit in UNITS[16:26]:
        feed.take_in(unit)

    assert everything(place) == [b"".join(fragments(UNITS[:26])[16:])]


def test_who_is_too_late_goes_on_at_the_newest_keyframe():
    feed = feed_with(UNITS[:16])
    place = FragmentPlace(feed)
    everything(place)
    for unit in UNITS[16:50]:
        feed.take_in(unit)

    assert everything(place) == [Skipped(), b"".join(fragments(UNITS[:50])[45:])]


def test_who_had_nothing_yet_skips_nothing():
    feed = feed_with(UNITS[:1])
    place = FragmentPlace(feed)
    for unit in UNITS[1:16]:
        feed.take_in(unit)

    init, data = everything(place)

    assert isinstance(init, InitSegment)
    assert data == fragments(UNITS[:16])[15]


def test_another_resolution_brings_another_init_segment():
    feed = feed_with(UNITS[:15])
    place = FragmentPlace(feed)
    everything(place)
    for unit in encoded_units(2, width=640, height=360, first_pts_90k=15 * TICKS_PER_FRAME):
        feed.take_in(unit)

    init, data = everything(place)

    assert isinstance(init, InitSegment)
    assert (init.width, init.height) == (640, 360)
    assert isinstance(data, bytes)


def test_a_group_of_pictures_without_end_is_not_kept_but_goes_on_for_who_keeps_up():
    feed = feed_with(UNITS[:1])
    place = FragmentPlace(feed)
    everything(place)
    padding = bytes(3_000_000).replace(b"\0", b"\xff")
    messages = []
    for unit in UNITS[1:15]:
        feed.take_in(replace(unit, data=unit.data + padding))
        assert sum(len(fragment.data) for fragment in feed.gop) <= GOP_BYTES
        messages += everything(place)
    late = FragmentPlace(feed)

    assert len(messages) == 14
    assert Skipped() not in messages
    assert everything(late) == []
    feed.take_in(UNITS[15])
    assert [type(message) for message in everything(late)] == [InitSegment, bytes]


def test_b_frames_are_a_problem_of_the_feed_until_they_stop():
    feed = feed_with(encoded_units(15, b_frames=2))
    assert feed.problem == B_FRAMES

    for unit in encoded_units(15, first_pts_90k=10**6):
        feed.take_in(unit)
    assert feed.problem is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=80))
def test_however_late_a_viewer_is_what_it_gets_can_be_decoded(pauses):
    feed, numbers = FragmentFeed(NOWHERE), {}
    place = FragmentPlace(feed)
    for number, data in enumerate(fragments(UNITS)):
        numbers[data[:200]] = number
    units = iter(UNITS)
    expected: int | None = None
    for pause in pauses:
        for unit in islice(units, pause):
            feed.take_in(unit)
        message = place.take()
        if isinstance(message, Skipped):
            expected = None
        if isinstance(message, bytes):
            first = numbers[message[:200]]
            assert first % 15 == 0 if expected is None else first == expected
            assert len(message) <= max(MESSAGE_BYTES, len(UNITS[first].data) + 200)
            expected = first + message.count(b"moof")


def picture(number: int) -> AccessUnit:
    return AccessUnit(b"\xff\xd8%d" % number, 10**9 * number, 0, True, 640, 360, sequence=number)


def test_of_pictures_a_viewer_gets_only_the_newest_with_its_time():
    feed = PictureFeed(NOWHERE)
    place = PicturePlace(feed)
    assert place.take() is None

    for number in range(5):
        feed.take_in(picture(number))

    message = place.take()
    assert message is not None
    (captured_ms,) = struct.unpack_from(">Q", message)
    assert abs(captured_ms - unix_ms(4 * 10**9)) < 100
    assert message[8:] == picture(4).data
    assert place.take() is None


class FeedsTests(IsolatedAsyncioTestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name) / "camera-1.ring"
        self.writer = RingWriter(self.path, payload_bytes=4 * 1024 * 1024)
        self.addCleanup(self.writer.close)
        self.feeds = Feeds(views=3, views_per_user=2, linger_s=0.05)

    def subscribed(self, user_id=1, listener=lambda: None):
        return self.feeds.subscribed(FragmentFeed, self.path, user_id=user_id, listener=listener)

    async def until(self, condition):
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 (states of foreign objects: nothing to await)
                await asyncio.sleep(0.01)

    async def test_all_viewers_of_a_camera_share_one_feed_that_starts_at_the_keyframe(self):
        for unit in UNITS[:20]:
            self.writer.write(unit)
        news = asyncio.Event()

        with self.subscribed(listener=news.set) as feed, self.subscribed() as same:
            self.assertIs(feed, same)
            await self.until(lambda: len(feed.gop) == 5)
            news.clear()
            self.writer.write(UNITS[20])
            async with asyncio.timeout(5):
                await news.wait()
            self.assertEqual(len(feed.gop), 6)

    async def test_a_feed_stops_a_little_after_its_last_viewer(self):
        with self.subscribed() as feed:
            pass
        with self.subscribed() as again:
            self.assertIs(again, feed)
        self.assertEqual(len(self.feeds), 1)

        await self.until(lambda: len(self.feeds) == 0)
        with self.subscribed() as another:
            self.assertIsNot(another, feed)

    async def test_viewers_are_limited_in_all_and_per_person(self):
        with ExitStack() as stack:
            for user_id in (1, 1, 2):
                stack.enter_context(self.subscribed(user_id))
            with self.assertRaises(CameraProblem), self.subscribed(3):
                pass
        with ExitStack() as stack:
            for _ in range(2):
                stack.enter_context(self.subscribed(1))
            with self.assertRaises(CameraProblem), self.subscribed(1):
                pass

    async def test_a_viewer_follows_over_a_restart_of_the_camera(self):
        for unit in UNITS[:5]:
            self.writer.write(unit)
        with self.subscribed() as feed:
            place = FragmentPlace(feed)
            await self.until(lambda: place.is_behind)
            first = everything(place)[0]
            self.writer.close()
            self.writer = RingWriter(self.path, payload_bytes=4 * 1024 * 1024)
            self.addCleanup(self.writer.close)
            for unit in encoded_units(5, width=640, height=360, first_pts_90k=10**6):
                self.writer.write(unit)
            await self.until(lambda: place.is_behind)
            again = next(message for message in everything(place) if message != Skipped())

        self.assertEqual((first.width, again.width), (320, 640))

    async def test_garbage_in_the_ring_harms_nobody_and_the_next_keyframe_goes_on(self):
        dice = random.Random(7)
        for unit in UNITS[:15]:
            self.writer.write(unit)
        with self.subscribed() as feed:
            place = FragmentPlace(feed)
            await self.until(lambda: len(feed.gop) == 15)
            everything(place)
            for unit in UNITS[15:44]:
                kept = dice.randrange(len(unit.data))
                broken = unit.data[:kept] + dice.randbytes(200)
                self.writer.write(replace(unit, data=dice.choice([broken, dice.randbytes(300)])))
            for unit in UNITS[45:]:
                self.writer.write(unit)
            await self.until(lambda: feed.gop[-1].data.endswith(UNITS[-1].data[-50:]))
            messages = [message for message in everything(place) if isinstance(message, bytes)]

        self.assertEqual(messages[-1].count(b"moof"), 15)
