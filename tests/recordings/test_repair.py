"""Rows and files after crashes, lost disks and backups that were put back."""

import io
import shutil
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from django.core.management import CommandError, call_command
from django.test import TestCase

from detections.models import Boot
from recordings import keeping, repair, services
from recordings.files.layout import LARGEST_INIT, SegmentTag, segment_start
from recordings.files.names import CLIPS, JOURNAL, QUARANTINE, StoreRefused
from recordings.models import Clip, Segment
from recordings.services import open_store
from tests.builders import make_camera
from tests.cast import make_cast
from tests.recordings.rows import SECOND_90K, folder_of_recordings, record
from tests.streaming.media.moving_picture import encoded_units

ZERO = datetime(2026, 5, 1, tzinfo=UTC)
UNITS = encoded_units(45, first_pts_90k=1000 * SECOND_90K)
_State = Segment.State


class Rows(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)
        cls.boot = Boot.objects.create(name="a boot", zero_at=ZERO)

    def setUp(self):
        self.root = self.enterContext(folder_of_recordings())
        self.store = open_store()

    def recorded(self, **told) -> Segment:
        return record(self.camera, self.boot, UNITS, **told)

    def path(self, segment: Segment) -> Path:
        return self.store.segment(segment.folder, segment.uuid)

    def row(self, segment: Segment) -> Segment:
        return Segment.objects.get(pk=segment.pk)

    def found(self) -> dict[str, str]:
        return {one.at.name: one.kind for one in repair.differences(self.store)}

    def assert_all_agrees(self) -> None:
        """A complete row has its file, every file has its row."""
        self.assertEqual(self.found(), {})
        self.assertEqual(list(repair.changed_contents(self.store)), [])


class SettleTests(Rows):
    """What the death of a recorder leaves."""

    def written(self, **told) -> Segment:
        """One whose recorder died before the row said anything of what is in the file."""
        none = {"bytes": 0, "frames": 0, "digest": b"", "state": _State.WRITING}
        segment = self.recorded(**none | told)
        Segment.objects.update(end_90k=segment.start_90k, ended_at=segment.started_at)
        return self.row(segment)

    def test_what_was_being_written_is_complete_as_far_as_it_came(self):
        whole = self.recorded()
        Segment.objects.all().delete()
        self.path(whole).unlink()
        segment = self.written()

        found = repair.settle(self.store)

        self.assertEqual([one.kind for one in found], ["unfinished"])
        row = self.row(segment)
        self.assertEqual(
            (row.state, row.bytes, row.frames, row.end_90k, row.ended_at),
            (_State.COMPLETE, whole.bytes, whole.frames, whole.end_90k, whole.ended_at),
        )
        self.assert_all_agrees()

    def test_half_a_fragment_is_cut_off(self):
        segment = self.written()
        size = self.path(segment).stat().st_size
        with self.path(segment).open("r+b") as file:
            file.truncate(size - 100)

        repair.settle(self.store)

        row = self.row(segment)
        self.assertEqual(row.state, _State.COMPLETE)
        self.assertLess(0, row.frames)
        self.assertLess(row.frames, len(UNITS))
        self.assertEqual(self.path(segment).stat().st_size, row.bytes)
        self.assert_all_agrees()

    def test_a_row_without_a_file_is_lost(self):
        segment = self.written()
        self.path(segment).unlink()

        repair.settle(self.store)

        self.assertEqual(self.row(segment).state, _State.LOST)
        self.assert_all_agrees()

    def test_a_file_without_a_whole_fragment_goes(self):
        for left in (0, 10, 700):
            with self.subTest(left=left):
                segment = self.written()
                with self.path(segment).open("r+b") as file:
                    file.truncate(left)

                repair.settle(self.store)

                self.assertEqual(self.row(segment).state, _State.LOST)
                self.assertFalse(self.path(segment).exists())
                self.assert_all_agrees()
                Segment.objects.all().delete()

    def test_something_else_under_its_name_is_not_deleted(self):
        segment = self.written()
        self.path(segment).write_bytes(b"precious" * LARGEST_INIT)

        repair.settle(self.store)

        self.assertEqual(self.row(segment).state, _State.LOST)
        (kept,) = (self.root / QUARANTINE).iterdir()
        self.assertEqual(kept.stat().st_size, 8 * LARGEST_INIT)
        self.assert_all_agrees()

    def test_what_was_on_its_way_out_goes(self):
        with_file, without = self.recorded(), self.recorded()
        self.path(without).unlink()
        Segment.objects.update(state=_State.DELETING)

        repair.settle(self.store)

        self.assertFalse(Segment.objects.exists())
        self.assertFalse(self.path(with_file).exists())

    def test_settled_rows_are_not_looked_at(self):
        self.recorded()

        self.assertEqual(repair.settle(self.store), [])


class SweepTests(Rows):
    """What else may differ."""

    def test_nothing_differs_where_nothing_happened(self):
        self.recorded()
        self.recorded(state=_State.SUSPECT)

        self.assertEqual(self.found(), {})

    def test_an_unknown_file_goes_to_quarantine(self):
        segment = self.recorded()
        Segment.objects.all().delete()
        data = self.path(segment).read_bytes()
        (self.path(segment).parent / "holiday.mp4").write_bytes(b"sea")

        self.assertEqual(set(self.found().values()), {"unknown"})
        repair.sweep(self.store)

        kept = {path.read_bytes() for path in (self.root / QUARANTINE).iterdir()}
        self.assertEqual(kept, {data, b"sea"})
        self.assert_all_agrees()

    def test_a_copy_elsewhere_is_a_file_that_nobody_knows(self):
        segment = self.recorded()
        copy = self.store.camera_folder(999) / self.path(segment).name
        shutil.copy(self.path(segment), copy)

        self.assertEqual(self.found(), {copy.name: "unknown"})
        repair.sweep(self.store)

        self.assertTrue(self.path(segment).exists())
        self.assertFalse(copy.exists())
        self.assert_all_agrees()

    def test_a_file_whose_row_waits_for_the_database_is_known(self):
        segment = self.recorded()
        Segment.objects.all().delete()
        (self.store.folder(JOURNAL) / f"{segment.uuid}.json").write_text("{}")

        self.assertEqual(self.found(), {})

    def test_a_missing_file_is_said_and_found_again(self):
        segment = self.recorded()
        away = self.root / "away.mp4"
        self.path(segment).rename(away)

        repair.sweep(self.store)
        missing = self.row(segment)
        self.assertEqual((missing.state, missing.bytes), (_State.MISSING, 0))
        self.assert_all_agrees()

        away.rename(self.path(segment))
        repair.sweep(self.store)
        back = self.row(segment)
        self.assertEqual((back.state, back.bytes), (_State.COMPLETE, segment.bytes))
        self.assert_all_agrees()

    def test_a_missing_folder_means_missing_files(self):
        segment = self.recorded()
        shutil.rmtree(self.path(segment).parent)

        repair.sweep(self.store)

        self.assertEqual(self.row(segment).state, _State.MISSING)

    def test_another_size_is_suspicious(self):
        segment = self.recorded()
        with self.path(segment).open("ab") as file:
            file.write(b"more")

        repair.sweep(self.store)

        self.assertEqual(self.row(segment).state, _State.SUSPECT)
        self.assert_all_agrees()

    def test_what_grows_is_left_alone_while_somebody_records(self):
        segment = self.recorded(state=_State.WRITING)
        going = self.recorded(state=_State.DELETING)

        self.assertEqual(repair.sweep(self.store), [])

        self.assertEqual(self.row(segment).state, _State.WRITING)
        self.assertTrue(self.path(going).exists())

    def test_other_contents_are_found_by_reading_all(self):
        segment = self.recorded()
        with self.path(segment).open("r+b") as file:
            file.seek(segment.bytes - 50)
            file.write(b"\0" * 8)

        self.assertEqual(self.found(), {})
        (changed,) = repair.changed_contents(self.store)

        self.assertEqual((changed.kind, changed.row), ("changed", segment))

    def test_a_folder_that_is_gone_is_made_anew_where_nothing_was_kept_in_it(self):
        shutil.rmtree(self.root)
        waiting = Clip.objects.create(
            household=self.cast.home, started_at=ZERO, ended_at=ZERO, state=Clip.State.WAITING
        )
        open_store()
        Clip.objects.filter(pk=waiting.pk).update(state=Clip.State.READY)
        shutil.rmtree(self.root)

        with self.assertRaises(StoreRefused):
            open_store()

    def test_clips_and_their_files(self):
        folder = self.store.folder(CLIPS)
        clips = [
            Clip.objects.create(
                household=self.cast.home, started_at=ZERO, ended_at=ZERO, state=state
            )
            for state in (Clip.State.READY, Clip.State.READY, Clip.State.WAITING)
        ]
        (folder / f"{clips[0].file}.mp4").write_bytes(b"clip")
        (folder / f"{uuid4()}.mp4").write_bytes(b"nobody's")
        (folder / f"{clips[2].file}.mp4.part").write_bytes(b"being made")

        self.assertEqual(sorted(self.found().values()), ["clip_missing", "unknown"])
        repair.sweep(self.store)

        states = list(Clip.objects.order_by("pk").values_list("state", "reason"))
        self.assertEqual(states, [("ready", ""), ("failed", "Its file is gone."), ("waiting", "")])
        (kept,) = (self.root / QUARANTINE).iterdir()
        self.assertEqual(kept.read_bytes(), b"nobody's")


class CheckRecordingsTests(Rows):
    def check(self, *options: str) -> tuple[int, list[str]]:
        """Exit code and lines."""
        out = io.StringIO()
        try:
            call_command("check_recordings", *options, stdout=out)
        except SystemExit as left:
            return left.code, out.getvalue().splitlines()
        return 0, out.getvalue().splitlines()

    def test_it_only_looks_unless_asked(self):
        whole, torn = self.recorded(), self.recorded(state=_State.WRITING)

        code, lines = self.check()

        name = f"{self.camera.pk}/{torn.uuid}.mp4"
        self.assertEqual(
            (code, lines),
            (
                1,
                [
                    f"{name}: was being written when its recorder died",
                    "recordings: 2, differences: 1",
                ],
            ),
        )
        self.assertEqual(self.row(torn).state, _State.WRITING)
        self.assertEqual(self.check("--repair")[0], 0)
        self.assertEqual(self.check("--contents"), (0, ["recordings: 2, differences: 0"]))
        self.assertEqual(self.row(whole).state, _State.COMPLETE)

    def test_it_repairs_nothing_under_a_recorder_s_hands(self):
        self.recorded(state=_State.WRITING)
        with self.store.lock():
            self.assertEqual(self.check(), (0, ["recordings: 1, differences: 0"]))
            for option in ("--repair", "--adopt"):
                with self.assertRaisesRegex(CommandError, "Stop Petcam first"):
                    self.check(option)

    def test_it_refuses_an_empty_folder_where_recordings_were(self):
        self.recorded()
        for path in list(self.root.iterdir()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

        with self.assertRaisesRegex(CommandError, "its disk is not mounted"):
            self.check("--repair")

        self.assertEqual(Segment.objects.get().state, _State.COMPLETE)

    def test_a_new_disk_is_taken_when_somebody_says_so(self):
        lost = self.recorded()
        for path in list(self.root.iterdir()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

        code, lines = self.check("--new-disk", "--repair")

        self.assertEqual((code, self.row(lost).state), (0, _State.MISSING))
        self.assertEqual(open_store().uuid(), services.storage().uuid)

    def test_a_folder_with_other_files_is_no_new_disk(self):
        (self.root / "meta.json").unlink()
        (self.root / "letter.txt").write_text("mine")

        with self.assertRaisesRegex(CommandError, "holds other files"):
            self.check("--new-disk")

    def test_links_folders_and_copies_in_quarantine_are_not_adopted(self):
        segment = self.recorded()
        quarantine = self.store.folder(QUARANTINE)
        (quarantine / "link.mp4").symlink_to(self.path(segment))
        (quarantine / "folder.mp4").mkdir()
        shutil.copy(self.path(segment), quarantine / "copy.mp4")
        Segment.objects.update(state=Segment.State.LOST)

        code, lines = self.check("--adopt")

        names = ("copy.mp4", "folder.mp4", "link.mp4")
        self.assertEqual(lines[:3], [f"{name}: left alone" for name in names])

    def test_a_file_that_tells_of_times_that_cannot_be_stops_nobody(self):
        whole = self.recorded()
        Segment.objects.all().delete()
        home = self.path(whole).read_bytes()
        for number, tag in enumerate(
            [
                SegmentTag(uuid4(), self.camera.pk, "a boot", 2**62),
                SegmentTag(uuid4(), self.camera.pk, "a boot", -(2**62)),
                SegmentTag(uuid4(), 2**64 - 1, "a boot", 0),
                SegmentTag(uuid4(), self.camera.pk, "b" * 65, 0),
                SegmentTag(uuid4(), self.camera.pk, "zero\0", 0),
            ]
        ):
            start = segment_start(tag, UNITS[0])
            rest = home[whole.init_bytes :]
            (self.store.folder(QUARANTINE) / f"{number}.mp4").write_bytes(start.init + rest)

        code, lines = self.check("--adopt")

        self.assertEqual(
            (code, [line.split(": ")[1] for line in lines[:-1]]),
            (0, ["adopted"] + ["left alone"] * 5),
        )
        self.assertEqual(Segment.objects.get().pk, whole.pk)

    def test_a_lost_database_is_made_again_from_the_files(self):
        segment = self.recorded()
        Segment.objects.all().delete()
        Boot.objects.all().delete()
        services.storage().delete()
        with self.assertRaisesRegex(CommandError, "another Petcam"):
            self.check()

        code, lines = self.check("--adopt")

        self.assertEqual((code, lines[0]), (0, f"{segment.uuid}.mp4: adopted"))
        row = Segment.objects.select_related("boot").get()
        told = ("uuid", "camera_id", "start_90k", "end_90k", "started_at", "bytes", "frames")
        self.assertEqual(
            [getattr(row, name) for name in told], [getattr(segment, name) for name in told]
        )
        self.assertEqual((row.state, row.boot.name, row.boot.zero_at), ("complete", "a boot", ZERO))
        self.assertEqual(len(UNITS), row.frames)
        self.assert_all_agrees()

    def test_quarantined_recordings_come_back_but_never_over_others(self):
        first = self.recorded()
        Segment.objects.all().delete()
        repair.sweep(self.store)
        second = self.recorded()
        Segment.objects.filter(pk=second.pk).delete()
        self.assertEqual(keeping.recorded_until(self.camera.pk, self.boot), None)

        code, _ = self.check("--adopt")

        # Both are of the same moments: the one in its place is, the other stays aside.
        self.assertEqual((code, Segment.objects.get().pk), (0, second.pk))
        (aside,) = (self.root / QUARANTINE).iterdir()
        self.assertIn(str(first.uuid), aside.name)

        keeping.let_go(self.store, [second.pk])
        self.check("--adopt")
        self.assertEqual(Segment.objects.get().pk, first.pk)
        self.assert_all_agrees()
