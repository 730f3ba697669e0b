import assert from "node:assert/strict";
import test from "node:test";
import "./statics.mjs";
const { cutMoved } = await import("../../recordings/static/recordings/js/day_cut.js");

const bounds = { from_ms: 0, to_ms: 24 * 3600_000 };
const cut = { from_ms: 60_000, to_ms: 90_000 };

test("an end goes where it is drawn", () => {
  assert.deepEqual(cutMoved(cut, "to_ms", 120_000, bounds), { from_ms: 60_000, to_ms: 120_000 });
  assert.deepEqual(cutMoved(cut, "from_ms", 10_000, bounds), { from_ms: 10_000, to_ms: 90_000 });
});

test("ends never cross: a second is left between them", () => {
  assert.equal(cutMoved(cut, "to_ms", 10_000, bounds).to_ms, 61_000);
  assert.equal(cutMoved(cut, "from_ms", 100_000, bounds).from_ms, 89_000);
});

test("a clip stays in its bounds and within two hours", () => {
  assert.equal(cutMoved(cut, "from_ms", -5000, bounds).from_ms, 0);
  assert.equal(cutMoved(cut, "to_ms", 23 * 3600_000, bounds).to_ms, 60_000 + 2 * 3600_000);
  assert.equal(cutMoved(cut, "to_ms", 90_000, { from_ms: 0, to_ms: 75_000 }).to_ms, 75_000);
});
