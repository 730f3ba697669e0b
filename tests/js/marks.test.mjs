import assert from "node:assert/strict";
import test from "node:test";

import { visit } from "./recorded.mjs";
import "./statics.mjs";

const { markAt, marksOf, visitColour } = await import(
  "../../recordings/static/recordings/js/marks.js"
);

const span = { from_ms: 0, to_ms: 100_000 };
const look = { width_px: 1000, lanes: 3 };
const laid = (...visits) => marksOf(visits, span, look);

test("a visit is as long as it lasted, and never too short to be hit", () => {
  const [long, short] = laid(visit(1, 10_000, 20_000), visit(2, 50_000, 50_010));

  assert.deepEqual([long.x, long.width, long.lane, long.colour], [100, 100, 0, "#c2570c"]);
  assert.deepEqual([short.x, short.width], [500, 4]);
});

test("visits at the same time lie in different lanes, and share the last when there are too many", () => {
  const others = ["#111111", "#222222", "#333333", "#444444"];
  const marks = laid(...others.map((colour, n) => visit(n, 10_000 + n * 100, 20_000, { colour })));

  assert.deepEqual(marks.map(({ lane }) => lane), [0, 1, 2, 0]);
});

test("short visits of one pet that would touch are one mark of several", () => {
  const marks = laid(visit(1, 10_000, 10_100), visit(2, 10_300, 10_400), visit(3, 60_000, 60_100));

  assert.deepEqual(marks.map(({ visits }) => visits.map(({ id }) => id)), [[1, 2], [3]]);
  assert.equal(marks[0].width, 7);
});

test("what lies outside is not laid", () => {
  const marks = marksOf([visit(1, 0, 10), visit(2, 500, 600), visit(3, 9000, 9100)], {
    from_ms: 400, to_ms: 700,
  }, look);

  assert.deepEqual(marks.map(({ visits: [{ id }] }) => id), [2]);
});

test("the nearest mark of the lane is meant, within reach", () => {
  const marks = laid(visit(1, 10_000, 20_000), visit(2, 21_500, 30_000));

  assert.equal(markAt(marks, 150, 0, 8).visits[0].id, 1);
  assert.equal(markAt(marks, 206, 0, 8).visits[0].id, 1);
  assert.equal(markAt(marks, 211, 0, 8).visits[0].id, 2);
  assert.equal(markAt(marks, 320, 0, 8), null);
  assert.equal(markAt(marks, 150, 1, 8), null);
});

test("a visit of nobody known has its kind's colour", () => {
  assert.equal(visitColour(visit(1, 0, 1)), "#c2570c");
  assert.equal(visitColour(visit(1, 0, 1, { colour: "" })), "#ffb561");
});
