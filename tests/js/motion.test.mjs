import assert from "node:assert/strict";
import test from "node:test";

import { Motion, motionHeight, motionOf } from "../../recordings/static/recordings/js/motion.js";

/** Any ten seconds of 2026. */
const START_MS = 1_780_000_000_000;
const at = (step) => START_MS + step * 10_000;

function told(first, ...levels) {
  return { start_ms: at(first), levels: Uint8Array.from(levels) };
}

function motionFrom(...levels) {
  const motion = new Motion();
  motion.put(at(0), at(levels.length), told(0, ...levels));
  return motion;
}

const peaks = (motion, from, to, width_px = to - from) =>
  [...motion.peaks({ from_ms: at(from), to_ms: at(to) }, width_px)];

test("levels come as the server packs them", () => {
  const { start_ms, levels } = motionOf({ start_ms: 7, step_ms: 10_000, levels: "AQCA/w==" });

  assert.deepEqual([start_ms, ...levels], [7, 1, 0, 128, 255]);
});

test("each column has the highest level of its time", () => {
  const motion = motionFrom(1, 90, 1, 0, 30, 40);

  assert.deepEqual(peaks(motion, 0, 6), [1, 90, 1, 0, 30, 40]);
  assert.deepEqual(peaks(motion, 0, 6, 2), [90, 40]);
  assert.deepEqual(peaks(motion, 1, 3, 4), [90, 90, 1, 1]);
});

test("what was never told is nothing", () => {
  assert.deepEqual(peaks(motionFrom(9, 9), -2, 4), [0, 0, 9, 9, 0, 0]);
  assert.deepEqual(peaks(new Motion(), 0, 2), [0, 0]);
});

test("a later look renews what it covers and leaves the rest", () => {
  const motion = motionFrom(1, 2, 3, 4, 5);

  motion.put(at(2), at(8), told(2, 30, 40));
  assert.deepEqual(peaks(motion, 0, 8), [1, 2, 30, 40, 0, 0, 0, 0]);
  motion.put(at(-2), at(0), told(-2, 7));
  assert.deepEqual(peaks(motion, -2, 4), [7, 0, 1, 2, 30, 40]);
});

test("a look that begins within a step tells of all of it", () => {
  const motion = motionFrom(1, 2, 3);

  motion.put(at(1) + 4000, at(2) + 1000, told(1, 20, 30));
  assert.deepEqual(peaks(motion, 0, 3), [1, 20, 30]);
});

test("motion begins where nothing moved before, and a short pause is none", () => {
  const motion = motionFrom(1, 9, 9, 1, 1, 1, 9, 1, 9, 0, 0, 0, 9);

  const next = [0, 1, 5, 6, 12].map((step) => motion.beginFrom(at(step), 1));
  assert.deepEqual(next, [at(1), at(6), at(6), at(12), null]);
  const before = [99, 12, 6.5, 6, 1].map((step) => motion.beginFrom(at(step), -1));
  assert.deepEqual(before, [at(12), at(6), at(6), at(1), null]);
  assert.equal(motion.beginFrom(at(-99), 1), at(1));
  assert.equal(new Motion().beginFrom(at(0), 1), null);
});

test("a little motion is to be seen, and a quarter of the picture is all", () => {
  assert.deepEqual([0, 1, 2, 128, 255].map(motionHeight), [0, 0, 0.2, 1, 1]);
  assert.ok(motionHeight(52) > 0.35 && motionHeight(52) < 0.45);
});
