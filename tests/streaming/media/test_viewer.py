"""What one viewer is sent, without a network."""

from dataclasses import replace
from unittest import TestCase

from streaming.media import viewer as viewers
from streaming.media.conditions import Report
from streaming.media.packetise import SLICE_PACKETS, Header, PacketisedUnit, Run, Template
from streaming.media.viewer import PacedViewer
from tests.streaming.media.adapter.test_outlet import big_unit
from tests.streaming.media.viewer import TICKS_PER_FRAME, units

TAG_BYTES = 10


class Line:
    """In an outlet's place: notes the packets, and may be full (`room` in packets)."""

    def __init__(self) -> None:
        self.room: int | None = None
        self.packets: list[tuple[int, int]] = []
        self.headers: list[Header] = []
        self.sent_again: list[int] = []
        self.pings = 0
        self.is_closed = False

    def listen(self, feedback: object) -> None:
        self.feedback = feedback

    def header(self, delay_ms: int) -> Header:
        self.headers.append(Header(108, delay_ms.to_bytes(4, "big"), TAG_BYTES))
        return self.headers[-1]

    def send(self, template: Template, run: Run, sequence: int, timestamp: int) -> memoryview:
        numbered = [((sequence + n) & 0xFFFF, timestamp) for n in range(len(run.lengths))]
        self._waiting = numbered
        return self.send_rest(template.data[run.begin : run.end], run.segment_bytes)

    def send_rest(self, packets: memoryview, segment_bytes: int) -> memoryview:
        count = len(self._waiting) if self.room is None else min(self.room, len(self._waiting))
        self.packets += self._waiting[:count]
        self._waiting = self._waiting[count:]
        if self.room is not None:
            self.room -= count
        return packets[count * segment_bytes :]

    def send_again(self, unit, header, index, sequence, timestamp) -> int:
        self.sent_again.append(sequence)
        return len(unit.payloads[index])

    def report(self, **counters: int) -> None:
        self.counters = counters

    def ping(self, on_answer) -> None:
        self.pings += 1

    def close(self) -> None:
        self.is_closed = True


class ViewerTests(TestCase):
    def setUp(self) -> None:
        self.now_s = 1000.0
        self.line = Line()
        self.wanted = 0
        self.viewer = PacedViewer(self.line, on_keyframe_wanted=self.want, now_s=lambda: self.now_s)

    def want(self) -> None:
        self.wanted += 1

    def put(self, *more) -> None:
        for unit in more:
            self.viewer.put(PacketisedUnit(unit))

    def finish(self) -> int:
        """Advances until nothing is left to do; how often that took."""
        times = 0
        while self.viewer.advance():
            times += 1
            self.assertLess(times, 10_000)
        return times

    @property
    def media_times(self) -> list[int]:
        offset = self.viewer.rtp_offset
        return list(dict.fromkeys((stamp - offset) & 0xFFFFFFFF for _, stamp in self.line.packets))

    def times_of(self, *more) -> list[int]:
        return [unit.pts_90k & 0xFFFFFFFF for unit in more]

    def restart(self, *more) -> None:
        self.viewer.restart([PacketisedUnit(unit) for unit in more])

    def test_it_begins_with_a_keyframe(self):
        self.put(*units(first=5, count=10))

        self.assertEqual(self.media_times, self.times_of(*units(10, 5)))
        self.assertEqual(self.viewer.dropped, 5)

    def test_packets_are_numbered_without_a_gap_from_the_lower_half_on(self):
        self.put(*units(count=30))

        numbers = [number for number, _ in self.line.packets]
        self.assertLess(numbers[0], 1 << 15)
        self.assertEqual(numbers, [(numbers[0] + n) & 0xFFFF for n in range(len(numbers))])

    def test_what_the_start_had_already_is_not_sent_twice(self):
        self.restart(*units(count=8))
        self.put(*units(first=5, count=5))

        self.assertEqual(self.media_times, self.times_of(*units(count=10)))

    def test_a_large_keyframe_leaves_in_slices(self):
        self.put(big_unit(150_000))

        first = len(self.line.packets)
        self.assertLessEqual(first, 2 * SLICE_PACKETS)
        times = self.finish()
        self.assertGreater(len(self.line.packets), 120)
        self.assertLess(times, 6)

    def test_pictures_that_come_meanwhile_wait_their_turn(self):
        self.put(big_unit(150_000, 0), *(big_unit(500, number) for number in range(1, 4)))
        self.finish()

        self.assertEqual(self.media_times, [90_000 + n * TICKS_PER_FRAME for n in range(4)])

    def test_a_late_start_shows_the_last_half_second_at_its_true_times(self):
        past = [replace(unit, is_keyframe=unit is units()[0]) for unit in units(count=30)]

        self.restart(*past)
        self.finish()

        true = self.times_of(*past)
        self.assertEqual(self.media_times[-16:], true[-16:])
        self.assertEqual(len(self.media_times), 30)
        self.assertEqual(self.media_times, sorted(self.media_times))
        self.assertGreater(self.media_times[0], true[-16] - 20 * viewers.HURRIED_STEP_90K)

    def test_a_full_socket_gets_the_same_packets_later_and_then_the_rest(self):
        self.line.room = 3
        self.put(big_unit(20_000), *units(count=3))
        self.assertEqual(len(self.line.packets), 3)
        self.assertTrue(self.viewer.advance())

        self.line.room = None
        self.finish()

        numbers = [number for number, _ in self.line.packets]
        self.assertEqual(numbers, [(numbers[0] + n) & 0xFFFF for n in range(len(numbers))])
        self.assertEqual(len(self.media_times), 4)

    def test_a_socket_that_stays_full_drops_to_the_next_keyframe(self):
        self.line.room = 3
        self.put(big_unit(20_000), *units(first=1, count=5))
        self.now_s += 2 * viewers.MAX_BLOCKED_S
        self.put(*units(first=6, count=3))
        self.line.room = None
        self.finish()
        self.put(*units(first=9, count=3))

        self.assertEqual(self.media_times[1:], self.times_of(*units(10, 2)))
        self.assertEqual(self.viewer.dropped, 9)

    def test_what_is_lost_is_sent_again_once_a_round_trip(self):
        self.put(*units(count=3))
        number = self.line.packets[0][0]

        self.viewer.lost([number, number])
        self.viewer.lost([number])
        self.now_s += 2 * viewers.USUAL_RTT_S
        self.viewer.lost([number])

        self.assertEqual(self.line.sent_again, [number, number])

    def test_packets_are_found_across_the_wrap_of_their_numbers(self):
        unit = big_unit(400_000)
        for number in range(200):
            self.put(replace(unit, pts_90k=90_000 + number * TICKS_PER_FRAME))
            self.finish()
        numbers = [number for number, _ in self.line.packets]
        kept = numbers[-viewers.MAX_HISTORY_PACKETS + 1000 :: 300]
        gone = numbers[-viewers.MAX_HISTORY_PACKETS - 1000]

        self.viewer.lost([*kept, gone])

        self.assertGreater(len(numbers), 1 << 16)
        self.assertEqual(self.line.sent_again, kept)

    def test_what_is_long_gone_or_was_never_sent_is_not_sent_again(self):
        self.put(*units(count=3))
        first, last = self.line.packets[0][0], self.line.packets[-1][0]
        self.viewer.lost([(last + 1) & 0xFFFF, (first - 1) & 0xFFFF])
        self.now_s += 2 * viewers.HISTORY_S

        self.viewer.lost([first])

        self.assertEqual(self.line.sent_again, [])

    def report(self, *, highest: int, lost: int, jitter_s: float = 0.0) -> None:
        self.viewer.reported(Report(highest, lost, jitter_s, rtt_s=0.05))

    def test_the_delay_follows_the_path_and_is_the_same_for_all_packets_of_a_picture(self):
        self.put(*units(count=1))
        self.now_s += 10
        self.report(highest=1000, lost=0)
        self.report(highest=1100, lost=10)
        self.put(*units(first=1, count=4))

        self.assertEqual(
            [header.extension[-1] for header in self.line.headers], [0, 20, 40, 60, 80]
        )
        self.assertEqual(self.line.pings, 1)

    def test_a_jittery_path_is_told_from_a_camera_that_is_late(self):
        for late_s, delay_ms in ((0.0, 100), (0.12, 0)):
            with self.subTest(late_s=late_s):
                self.setUp()
                began_s = self.now_s
                for number, unit in enumerate(units(count=90)):
                    self.now_s = began_s + number / 30 + late_s * (number % 2)
                    self.put(unit)
                    if number % 10 == 0:
                        self.report(highest=number, lost=0, jitter_s=0.11)

                self.assertEqual(self.viewer.delay_ms, delay_ms)

    def test_a_path_that_loses_most_gets_what_it_carries(self):
        self.put(*units(count=30))
        self.now_s += 5
        self.report(highest=1000, lost=0)
        self.report(highest=1100, lost=70)
        self.now_s += 0.1
        self.put(*units(first=31, count=40))

        self.assertTrue(self.viewer.is_throttled)
        self.assertEqual(self.media_times[30:], self.times_of(units(40, 1)[0]))

    def test_a_keyframe_goes_before_what_still_waits_for_a_throttled_path(self):
        self.test_a_path_that_loses_most_gets_what_it_carries()
        while self.viewer.advance():
            self.now_s += 10

        self.assertEqual(self.media_times[30:], self.times_of(units(40, 1)[0], units(70, 1)[0]))

    def test_a_lost_picture_is_no_news_while_it_comes_again(self):
        self.put(big_unit(150_000))
        self.viewer.wants_keyframe()
        self.finish()
        self.viewer.wants_keyframe()

        self.assertEqual(self.wanted, 1)

    def test_nothing_leaves_after_the_end(self):
        self.put(*units(count=1))
        sent = list(self.line.packets)

        self.viewer.stop()
        self.put(*units(first=1, count=12))
        self.restart(*units(count=10))
        self.viewer.lost([number for number, _ in sent])
        self.viewer.wants_keyframe()

        self.assertEqual((self.line.packets, self.line.sent_again, self.wanted), (sent, [], 0))
        self.assertTrue(self.line.is_closed)
