from streaming.media.sources.arrival import ArrivalClock
from streaming.media.sources.libav import _Pace

MS = 1_000_000
START = 50_000 * MS


def mapped(pictures):
    """Capture times of (camera's time, arrival) pairs."""
    clock = ArrivalClock()
    return [clock.capture_ns(pts, arrival) for pts, arrival in pictures]


def steps(times):
    return [b - a for a, b in zip(times, times[1:], strict=False)]


def test_jitter_does_not_move_pictures():
    late = [0, 20, 3, 11, 0, 18, 7, 2, 0, 15]
    pictures = [(n * 33 * MS, START + (n * 33 + late[n % 10]) * MS) for n in range(100)]

    times = mapped(pictures)

    assert all(abs(step - 33 * MS) < 0.1 * MS for step in steps(times))


def test_a_picture_is_never_later_than_its_arrival():
    pictures = [(n * 33 * MS, START + n * 30 * MS) for n in range(200)]

    times = mapped(pictures)

    assert all(time <= arrival for time, (_, arrival) in zip(times, pictures, strict=True))
    assert all(step > 0 for step in steps(times))


def test_a_burst_at_the_start_settles_at_once():
    burst = [(n * 33 * MS, START + n * 10_000) for n in range(10)]
    live = [(n * 33 * MS, START + (n - 9) * 33 * MS) for n in range(10, 60)]

    times = mapped(burst + live)

    assert times[20] - live[10][1] <= 0
    assert all(abs(step - 33 * MS) < 0.1 * MS for step in steps(times[20:]))


def test_a_slow_drift_is_followed():
    pictures = [(n * 33 * MS, START + int(n * 33 * MS * 1.0001)) for n in range(30_000)]

    times = mapped(pictures)

    assert abs(times[-1] - pictures[-1][1]) < 20 * MS


def test_a_jump_of_the_camera_s_clock_does_not_stop_time():
    before = [(n * 33 * MS, START + n * 33 * MS) for n in range(30)]
    after = [(n * 33 * MS - 10**15, START + n * 33 * MS) for n in range(30, 60)]

    times = mapped(before + after)

    assert all(0 < step < 40 * MS for step in steps(times))


def test_a_loop_of_a_file_goes_on_where_the_last_ended():
    pace = _Pace(START)
    due = []
    for _ in range(2):
        pace.start_over(40 * MS)
        due += [pace.due_ns(n * 40 * MS, START) for n in range(3)]

    assert steps(due) == [40 * MS] * 5


def test_timestamps_that_stand_still_or_go_back_take_one_interval():
    pace = _Pace(START)
    pace.start_over(40 * MS)

    due = [pace.due_ns(pts * MS, START) for pts in (0, 0, 80, 40, 10**9, 10**9 + 20)]

    assert steps(due) == [40 * MS, 80 * MS, 40 * MS, 40 * MS, 20 * MS]


def test_a_pause_of_the_machine_is_not_caught_up():
    pace = _Pace(START)
    pace.start_over(40 * MS)
    pace.due_ns(0, START)

    assert pace.due_ns(40 * MS, START + 60_000 * MS) == START + 60_000 * MS
