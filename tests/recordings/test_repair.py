"""Rows and files after crashes, lost disks and backups that were put back."""

import shutil
from uuid import uuid4

from recordings import repair
from recordings.files.layout import LARGEST_INIT
from recordings.files.names import CLIPS, JOURNAL, QUARANTINE, StoreRefused
from recordings.models import Clip, Segment
from recordings.services import open_store
from tests.recordings.store_rows import UNITS, ZERO, Rows

_State = Segment.State


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
