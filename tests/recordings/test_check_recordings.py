"""`manage.py check_recordings`: what it says, and what it repairs."""

import io
import shutil
from uuid import uuid4

from django.core.management import CommandError, call_command

from detections.models import Boot
from recordings import keeping, repair, services
from recordings.files.layout import SegmentTag, segment_start
from recordings.files.names import QUARANTINE
from recordings.models import Segment
from recordings.services import open_store
from tests.recordings.store_rows import UNITS, ZERO, Rows

_State = Segment.State


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
