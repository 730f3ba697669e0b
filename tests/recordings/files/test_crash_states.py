"""What a crash can leave of a segment: every prefix of what was asked of the disk, torn anywhere,
and after a power cut anything at all of what was not synced."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from recordings.files.scan import repair, scan
from tests.recordings.files.disks import (
    NAME,
    UNITS,
    HastyDisk,
    RememberingDisk,
    at,
    record,
    writer_for,
)

BLOCK = 4096
SECOND = 90_000


class Recording:
    """A segment as it was written, step by step, and its whole fragments."""

    def __init__(self, folder: Path) -> None:
        disk = RememberingDisk()
        record(folder, files=disk)
        self.log = disk.log
        self.data = (folder / NAME).read_bytes()
        found = scan(folder / NAME)
        self.fragments = found.fragments
        self.ends = [entry.offset + entry.size for entry in found.fragments]

    def moments(self) -> Iterator[tuple[int, int]]:
        """After each step: how many bytes were synced, and how many were written."""
        synced = written = 0
        for kind, data in self.log:
            written += len(data)
            if kind == "sync":
                synced = written
            yield synced, written

    def whole(self, size: int) -> int:
        """Where the last fragment ends that lies within `size` bytes; 0 without any."""
        return max((end for end in self.ends if end <= size), default=0)


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Recording:
    return Recording(tmp_path_factory.mktemp("recording"))


def assert_repaired(path: Path, state: bytes, recording: Recording, kept: int | None = None) -> int:
    """Repair the state of a file; it holds whole fragments as they were written. How many bytes."""
    path.write_bytes(state)

    repaired = repair(path, files=HastyDisk())

    if not repaired.fragments:
        assert path.read_bytes() == state
        return 0
    size = path.stat().st_size
    assert path.read_bytes() == recording.data[:size]
    assert recording.whole(size) == size == repaired.whole_bytes
    assert (repaired.problem, repaired.cut_bytes) == ("", len(state) - size)
    again = scan(path, is_checked=True)
    assert (again.fragments, again.problem) == (recording.fragments[: len(again.fragments)], "")
    assert repaired.digest == again.digest == scan(path).digest
    assert kept is None or size == kept
    return size


def test_the_steps_are_those_of_the_protocol(recording):
    kinds = [kind for kind, _ in recording.log]

    # The file, its name, its head; then fragments, and each second a sync.
    assert kinds == [
        *("create", "fsync_dir", "write"),
        *("write", "sync"),
        *("write", "write", "sync"),
        *("write", "write", "sync"),
    ]


def test_after_a_kill_everything_is_kept_that_was_written_whole(tmp_path, recording):
    """Whatever a killed writer gave to the kernel stays; its last write may be cut anywhere."""
    dice, before = Random(11), 0
    for _, written in recording.moments():
        cuts = {written, before, *(dice.randint(before, written) for _ in range(25))}
        for size in cuts:
            kept = recording.whole(size)
            assert_repaired(tmp_path / NAME, recording.data[:size], recording, kept)
        before = written


def test_every_byte_of_a_head_may_be_the_last(tmp_path, recording):
    sizes: set[int] = set(range(0, recording.ends[1], 997))
    for entry in recording.fragments[:2]:
        sizes |= set(range(entry.offset - 400, entry.offset + 500))
    for size in sorted(sizes):
        kept = recording.whole(size)
        assert_repaired(tmp_path / NAME, recording.data[:size], recording, kept)


def power_cut(recording: Recording, synced: int, written: int, dice: Random) -> bytes:
    """A state the disk may be in: what was synced, and of the rest some blocks, zeros between."""
    length = dice.choice([synced, written, dice.randint(synced, written)])
    state = bytearray(recording.data[:length])
    for begin in range(0, length, BLOCK):
        if begin + BLOCK > synced and dice.random() < 0.3:
            hole = slice(max(begin, synced), min(begin + BLOCK, length))
            state[hole] = bytes(hole.stop - hole.start)
    return bytes(state)


def test_after_a_power_cut_everything_synced_is_kept_and_all_that_is_kept_is_right(
    tmp_path, recording
):
    dice = Random(12)
    for synced, written in recording.moments():
        for _ in range(40):
            state = power_cut(recording, synced, written, dice)
            size = assert_repaired(tmp_path / NAME, state, recording)
            assert size >= recording.whole(synced)


def test_no_more_than_a_second_and_a_half_is_ever_unsynced(recording):
    """What waits for its fragment is half a second more at most."""
    ends = {0: recording.fragments[0].first_90k} | {
        entry.offset + entry.size: entry.end_90k for entry in recording.fragments
    }
    for synced, written in recording.moments():
        lost = ends[recording.whole(written)] - ends[recording.whole(synced)]
        assert lost <= SECOND * 3 // 2


def test_repairing_twice_is_repairing_once(tmp_path, recording):
    path = tmp_path / NAME
    path.write_bytes(recording.data[: recording.ends[2] + 1000])

    first, second = repair(path), repair(path)

    assert (first.cut_bytes, second.cut_bytes) == (1000, 0)
    assert first.fragments == second.fragments == recording.fragments[:3]


def test_what_went_bad_long_after_it_was_synced_costs_nothing_else(tmp_path):
    writer = writer_for(tmp_path)
    lasts_90k = 2 * UNITS[-1].pts_90k - UNITS[-2].pts_90k - UNITS[0].pts_90k
    for turn in range(4):
        for unit in at(UNITS, UNITS[0].pts_90k + turn * lasts_90k):
            writer.add(unit)
    writer.close()
    path = tmp_path / NAME
    damaged = bytearray(path.read_bytes())
    entry = scan(path).fragments[3]
    damaged[entry.offset + entry.size - 50] ^= 1
    path.write_bytes(damaged)

    repaired = repair(path)

    assert (repaired.damaged, repaired.cut_bytes, len(repaired.fragments)) == ((3,), 0, 20)
    assert repaired.problem
