import assert from "node:assert/strict";
import test from "node:test";

import { AXIS_PX, heightOf, laneTop, placeAt, rowsOf } from "../../recordings/static/recordings/js/day_layout.js";

test("rows follow each other below the hours, the first one larger", () => {
  const rows = rowsOf(3);

  assert.equal(rows[0].top, AXIS_PX);
  assert.equal(rows[1].top, AXIS_PX + rows[0].height);
  assert.ok(rows[0].height > rows[1].height);
  assert.equal(heightOf(rows), rows[2].top + rows[2].height);
});

test("a camera alone needs no name", () => {
  assert.deepEqual(rowsOf(1).map(({ isNamed }) => isNamed), [false]);
  assert.deepEqual(rowsOf(2).map(({ isNamed }) => isNamed), [true, true]);
});

test("a pointer is in the row and lane that are painted there", () => {
  const rows = rowsOf(2);

  for (const lane of [0, 1, 2]) {
    assert.deepEqual(placeAt(rows, laneTop(rows[0], lane) + 5), { row: 0, lane });
  }
  assert.deepEqual(placeAt(rows, laneTop(rows[1], 0) + 1), { row: 1, lane: 0 });
  assert.deepEqual(placeAt(rows, rows[0].coverageTop + 1), { row: 0, lane: -1 });
  assert.deepEqual(placeAt(rows, 3), { row: -1, lane: -1 });
  assert.deepEqual(placeAt(rows, 9999), { row: -1, lane: -1 });
});
