"""Writes segments into a folder until it is done, or dies at the fault point it was told:
python -m tests.recordings.files.killed_writer UNITS FOLDER"""

import pickle
import sys
from pathlib import Path
from uuid import UUID

from recordings.files.cutter import CutRules, SegmentCutter, Step
from recordings.files.layout import SegmentTag, segment_start
from recordings.files.names import Store, segment_name
from recordings.files.scan import repair
from recordings.files.writer import SegmentWriter

# Segments of about a second.
RULES = CutRules(usual_90k=90_000)


def main(units_file: Path, root: Path) -> None:
    """Two segments; then the first is repaired, and removed."""
    store = Store(root)
    store.make(UUID(int=1))
    folder = store.camera_folder(1)
    cutter, writer, count = SegmentCutter(RULES), None, 0
    for number, unit in enumerate(pickle.loads(units_file.read_bytes())):
        if cutter.step(unit) in (Step.BEGIN, Step.BEGIN_AFTER_GAP):
            if writer:
                writer.close(unit.pts_90k)
            count += 1
            start = segment_start(SegmentTag(UUID(int=count), 1, "boot", 0), unit)
            writer = SegmentWriter(folder, segment_name(start.head.tag.segment), start)
        assert writer
        writer.add(unit)
        if number % 15 == 14:
            writer.sync()
    assert writer
    writer.close()
    first = store.segment(1, UUID(int=1))
    with open(first, "ab") as file:
        file.write(b"torn")
    repair(first)
    store.remove(first)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
