import assert from "node:assert/strict";
import test from "node:test";

import { Archive, mediaOf, wallOf } from "../../recordings/static/recordings/js/archive.js";
import { segment, visit } from "./recorded.mjs";

const ids = (segments) => segments.map(({ id }) => id);

function archiveOf(...segments) {
  const archive = new Archive();
  archive.merge({ from_ms: 0, to_ms: 1e9, segments, visits: [] });
  return archive;
}

test("wall clock and media time of a segment are told by each other", () => {
  const one = segment("a", 60_000, 120_000, { start_90k: 9_000_000 });

  assert.equal(wallOf(one, 9_000_000 + 90_000), 61_000);
  assert.equal(mediaOf(one, 61_000), 9_090_000);
  assert.equal(mediaOf(one, 0), 9_000_000);
  assert.equal(mediaOf(one, 500_000), one.end_90k - 9000);
});

test("a moment in a gap is the beginning of what comes next, and after the end the last picture", () => {
  const [one, other] = [segment("a", 0, 60_000), segment("b", 90_000, 150_000)];
  const archive = archiveOf(other, one);

  assert.deepEqual(archive.momentAt(30_000), { segment: one, t_90k: one.start_90k + 2_700_000 });
  assert.deepEqual(archive.momentAt(70_000), { segment: other, t_90k: other.start_90k });
  assert.deepEqual(archive.momentAt(999_000), { segment: other, t_90k: other.end_90k - 9000 });
  assert.equal(new Archive().momentAt(0), null);
});

test("coverage is without seams, and what lies between is a gap", () => {
  const archive = archiveOf(
    segment("a", 0, 60_000), segment("b", 60_040, 120_000), segment("c", 300_000, 360_000),
  );

  assert.deepEqual(archive.coverage(), [
    { start_ms: 0, end_ms: 120_000 }, { start_ms: 300_000, end_ms: 360_000 },
  ]);
});

test("a later look renews what it covers: grown, new and deleted segments", () => {
  const archive = archiveOf(segment("a", 0, 60_000), segment("b", 60_000, 90_000));

  archive.merge({
    from_ms: 50_000, to_ms: 200_000, visits: [],
    segments: [segment("b", 60_000, 120_000), segment("c", 120_000, 130_000)],
  });
  assert.deepEqual(ids(archive.segments), ["b", "c"]);
  assert.equal(archive.end_ms, 130_000);

  archive.merge({ from_ms: 0, to_ms: 100_000, segments: [], visits: [] });
  assert.deepEqual(ids(archive.segments), ["c"]);
});

test("segments follow each other, and what is passed over is in nobody's way", () => {
  const all = ["a", "b", "c"].map((id, n) => segment(id, n * 60_000, (n + 1) * 60_000));
  const archive = archiveOf(...all);

  assert.equal(archive.after(all[0]).id, "b");
  assert.equal(archive.before(all[2]).id, "b");
  archive.passOver(all[1]);
  assert.equal(archive.after(all[0]).id, "c");
  assert.equal(archive.after(all[1]).id, "c");
  assert.equal(archive.before(all[2]).id, "a");
  assert.equal(archive.segmentAt(70_000), null);
  assert.equal(archive.after(all[2]), null);
});

test("where clocks were set back, the newer segment is meant", () => {
  const archive = archiveOf(segment("a", 0, 60_000), segment("b", 30_000, 90_000));

  assert.equal(archive.segmentAt(45_000).id, "b");
  assert.equal(archive.segmentAt(10_000).id, "a");
});

test("what moved is renewed with the rest", () => {
  const archive = new Archive();
  const levels = Uint8Array.of(1, 90, 1, 90);
  archive.merge({ from_ms: 0, to_ms: 40_000, segments: [], visits: [], motion: { start_ms: 0, levels } });
  archive.merge({
    from_ms: 30_000, to_ms: 60_000, segments: [], visits: [],
    motion: { start_ms: 30_000, levels: Uint8Array.of(1, 1) },
  });

  assert.deepEqual([...archive.motion.peaks({ from_ms: 0, to_ms: 60_000 }, 6)], [1, 90, 1, 1, 1, 0]);
});

test("motion is gone to where it begins to be seen, and only where it is recorded", () => {
  const archive = archiveOf(segment("a", 44_000, 100_000), segment("b", 150_000, 200_000));
  const levels = new Uint8Array(30).fill(1);
  // Before anything is recorded, just before, twice within, and after all.
  for (const step of [0, 4, 9, 16, 25]) levels[step] = 90;
  archive.motion.put(0, 300_000, { start_ms: 0, levels });

  const next = [0, 44_000, 90_000, 160_000].map((at_ms) => archive.motionFrom(at_ms, 1));
  assert.deepEqual(next, [44_000, 90_000, 160_000, null]);
  const before = [260_000, 160_000, 90_000, 44_000].map((at_ms) => archive.motionFrom(at_ms, -1));
  assert.deepEqual(before, [160_000, 90_000, 44_000, null]);
  assert.equal(new Archive().motionFrom(0, 1), null);
});

test("visits are found by their moments", () => {
  const archive = new Archive();
  const visits = [visit(1, 10_000, 20_000), visit(2, 15_000, 30_000), visit(3, 50_000, 60_000)];
  archive.merge({ from_ms: 0, to_ms: 1e9, segments: [], visits });

  assert.deepEqual(archive.visitsAt(16_000).map(({ id }) => id), [1, 2]);
  assert.equal(archive.visitFrom(15_000, 1).id, 3);
  assert.equal(archive.visitFrom(15_000, -1).id, 1);
  assert.equal(archive.visitFrom(50_000, 1), null);
});

test("what is being written may hold a moment just after its end as it was told last", () => {
  const growing = { ...segment("a", 0, 60_000), isGrowing: true };
  const archive = archiveOf(growing);

  const soon = archive.momentAt(62_000);
  const late = archive.momentAt(600_000);

  assert.equal(soon.t_90k, growing.start_90k + 62_000 * 90);
  assert.equal(late.t_90k, growing.end_90k - 9000);
});

test("what had to be passed over is lost, and a gap is not", () => {
  const [one, other] = [segment("a", 0, 60_000), segment("b", 60_000, 120_000)];
  const archive = archiveOf(one, other, segment("c", 200_000, 260_000));

  archive.passOver(other);

  assert.equal(archive.isLost(60_000, 200_000), true);
  assert.equal(archive.isLost(120_000, 200_000), false);
});
