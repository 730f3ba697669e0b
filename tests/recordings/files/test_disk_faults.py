import errno

import pytest

from recordings.files.scan import scan
from recordings.files.writer import SegmentFailed
from tests.recordings.files.disks import FIRST_90K, NAME, FailingDisk, record, writer_for

# One for the head, five fragments.
WRITES = 6


def failure_of(folder, disk: FailingDisk) -> SegmentFailed:
    with pytest.raises(SegmentFailed) as failed:
        record(folder, files=disk)
    return failed.value


@pytest.mark.parametrize("taken", [0, 1, 200, 2000])
@pytest.mark.parametrize("nth", range(2, WRITES + 1))
def test_a_full_disk_keeps_the_fragments_that_are_whole(tmp_path, nth, taken):
    failure = failure_of(tmp_path, FailingDisk("write", nth, taken=taken))

    found = scan(tmp_path / NAME)
    assert (failure.reason, failure.is_suspect) == ("disk_full", False)
    assert (found.problem, len(found.fragments)) == ("", nth - 2)
    assert failure.kept_bytes == found.whole_bytes == (tmp_path / NAME).stat().st_size
    assert (failure.kept.frames, failure.kept.end_90k) == (found.frames, found.end_90k)
    assert failure.kept.first_90k == FIRST_90K
    assert failure.kept.digest == scan(tmp_path / NAME).digest


@pytest.mark.parametrize("kind", ["create", "fsync_dir", "write"])
def test_a_segment_that_cannot_begin_leaves_no_file(tmp_path, kind):
    failure = failure_of(tmp_path, FailingDisk(kind, taken=30))

    assert (failure.reason, failure.kept_bytes, failure.kept.frames) == ("disk_full", 0, 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EROFS, "read_only"),
        (errno.EIO, "io_error"),
        (errno.ESTALE, "io_error"),
    ],
)
def test_the_reason_has_a_name(tmp_path, code, reason):
    assert failure_of(tmp_path, FailingDisk("write", 3, code)).reason == reason


@pytest.mark.parametrize(("kind", "times"), [("fdatasync", 1), ("fdatasync", 2), ("fsync", 1)])
def test_after_a_sync_failed_nothing_is_synced_again(tmp_path, kind, times):
    disk = FailingDisk(kind, times, errno.EIO)

    failure = failure_of(tmp_path, disk)

    assert (failure.reason, failure.is_suspect) == ("io_error", True)
    assert disk.calls[kind] == times
    assert disk.calls.get("fsync", 0) == (kind == "fsync")
    assert failure.kept_bytes == scan(tmp_path / NAME).whole_bytes


def test_what_a_failed_write_leaves_is_suspect_when_it_cannot_be_synced(tmp_path):
    class DeadDisk(FailingDisk):
        """From the third write on, no sync works, either."""

        def fdatasync(self, fd: int) -> None:
            if self.calls["write"] >= self.nth:
                raise OSError(errno.EIO, "gone")
            super().fdatasync(fd)

    failure = failure_of(tmp_path, DeadDisk("write", 3, errno.EIO))

    assert failure.is_suspect
    assert failure.kept_bytes == scan(tmp_path / NAME).whole_bytes


def test_a_file_that_cannot_be_cut_is_suspect_and_holds_what_was_told(tmp_path):
    class Stubborn(FailingDisk):
        def truncate(self, fd: int, size: int) -> None:
            raise OSError(errno.EIO, "no")

    failure = failure_of(tmp_path, Stubborn("write", 4, taken=100))

    found = scan(tmp_path / NAME)
    assert failure.is_suspect
    assert found.problem
    assert failure.kept_bytes == found.whole_bytes == (tmp_path / NAME).stat().st_size - 100


def test_a_file_that_is_there_is_left_alone(tmp_path):
    (tmp_path / NAME).write_bytes(b"somebody's")

    with pytest.raises(SegmentFailed):
        writer_for(tmp_path)

    assert (tmp_path / NAME).read_bytes() == b"somebody's"


def test_nothing_is_written_through_a_link(tmp_path):
    target = tmp_path / "target"
    (tmp_path / NAME).symlink_to(target)

    with pytest.raises(SegmentFailed):
        writer_for(tmp_path)

    assert not target.exists()


def test_a_file_belongs_to_its_owner_alone(tmp_path):
    record(tmp_path)

    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_the_message_names_the_file_and_no_folder(tmp_path):
    failure = failure_of(tmp_path, FailingDisk("write", 3))

    assert NAME in str(failure)
    assert str(tmp_path) not in str(failure)
