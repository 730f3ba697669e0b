import threading

from recordings.rolling import Piece, RollingBuffer
from recordings.unit_queue import End, UnitQueue
from recordings.wanted import EVERYTHING
from tests.recordings.units import STEP_90K, UNIT_BYTES, numbers, units

DEADLINE_S = 20


def pieces(first: int, end: int, **how: int) -> list[Piece]:
    """A piece for each of these pictures, as they come from a camera."""
    buffer, got = RollingBuffer(keep_90k=0, most_bytes=100_000_000), []
    for each in units(first, end, **how):
        buffer.add(each)
        got += buffer.take(EVERYTHING)
    return got


def given(orders: list) -> list[int]:
    return [number for order in orders for number in numbers(order.units)]


def test_all_that_is_put_comes_out_in_order():
    queue = UnitQueue()
    queue.put(pieces(0, 25))
    queue.end(25 * STEP_90K)

    *taken, end = queue.take(DEADLINE_S)

    assert given(taken) == list(range(25))
    assert end == End(25 * STEP_90K)
    assert queue.bytes == 0


def test_a_thread_is_woken_once_for_what_is_put_at_once():
    queue, batches = UnitQueue(), []
    taking = threading.Thread(target=lambda: batches.append(queue.take(DEADLINE_S)))
    taking.start()
    queue.put(pieces(0, 10))
    taking.join(DEADLINE_S)

    assert given(batches[0]) == list(range(10))


def test_when_nothing_comes_there_is_nothing():
    assert UnitQueue().take(0.001) == []


def test_a_closed_queue_gives_the_rest_and_then_ends():
    queue = UnitQueue()
    queue.put(pieces(0, 3))
    queue.close()

    assert given(queue.take(DEADLINE_S)) == [0, 1, 2]
    assert queue.take(DEADLINE_S) is None


def test_a_disk_that_is_too_slow_costs_whole_gops_and_never_more_room():
    queue = UnitQueue(most_bytes=25 * UNIT_BYTES)
    for piece in pieces(0, 47):
        queue.put([piece])
        assert queue.bytes <= 25 * UNIT_BYTES

    assert given(queue.take(DEADLINE_S)) == list(range(20))
    # 20 to 29 and 30 to 39 did not fit, nor would 40 to 46 with a sixth of its pictures.
    assert (queue.dropped_gops, queue.dropped_units) == (3, 27)


def test_after_a_gap_the_next_gop_does_not_follow():
    queue = UnitQueue(most_bytes=25 * UNIT_BYTES)
    put = pieces(0, 50)
    queue.put(put[:28])
    before = queue.take(DEADLINE_S)
    queue.put(put[28:])
    after = queue.take(DEADLINE_S)

    assert given(before) == list(range(20))
    assert given(after) == list(range(30, 50))
    assert [piece.follows for piece in after] == [False] + [True] * 19


def test_what_the_disk_already_has_of_a_gop_that_is_left_out_stays():
    queue = UnitQueue(most_bytes=8 * UNIT_BYTES)
    put = pieces(0, 30)
    queue.put(put[:5])
    before = queue.take(DEADLINE_S)
    queue.put(put[5:10])
    queue.put(put[10:20])
    between = queue.take(DEADLINE_S)
    queue.put(put[20:25])

    assert given(before) == [0, 1, 2, 3, 4]
    assert given(between) == [5, 6, 7, 8, 9]
    assert given(queue.take(DEADLINE_S)) == [20, 21, 22, 23, 24]
    assert queue.dropped_gops == 1
