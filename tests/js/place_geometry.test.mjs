import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  area,
  contains,
  fault,
  firstCrossing,
  inSteps,
  shifted,
  snapped,
} from "../../detections/static/detections/js/place_geometry.js";

const SQUARE = [
  [1000, 1000],
  [3000, 1000],
  [3000, 3000],
  [1000, 3000],
];
const cases = JSON.parse(
  readFileSync(new URL("../detections/vision/outlines.json", import.meta.url), "utf8"),
);

for (const { name, corners, crossing, area: share } of cases) {
  test(`${name}: the page says what the server says`, () => {
    assert.deepEqual(firstCrossing(corners), crossing);
    assert.ok(Math.abs(area(corners) - share) < 1e-9);
  });
}

test("the side that is not drawn yet crosses nothing", () => {
  const zigzag = [
    [0, 0],
    [1000, 1000],
    [1000, 0],
    [0, 1000],
  ];
  const hook = [
    [0, 0],
    [2000, 0],
    [2000, 1000],
    [1000, 500],
    [1000, 2000],
    [3000, 2000],
    [3000, 500],
  ];

  assert.deepEqual(firstCrossing(zigzag, { isOpen: true }), [0, 2]);
  assert.equal(firstCrossing(hook, { isOpen: true }), null);
  assert.notEqual(firstCrossing(hook), null);
});

test("corners stay in the picture", () => {
  assert.deepEqual(inSteps(-0.2, 1.7), [0, 10000]);
});

test("a place that is moved keeps its shape at the edge", () => {
  assert.deepEqual(shifted(SQUARE, -5000, 100), [
    [0, 1100],
    [2000, 1100],
    [2000, 3100],
    [0, 3100],
  ]);
});

test("what lies inside is told from what lies outside", () => {
  assert.equal(contains(SQUARE, [2000, 2000]), true);
  assert.equal(contains(SQUARE, [2000, 3001]), false);
  assert.equal(contains(SQUARE, [500, 2000]), false);
});

test("a corner snaps to another place's corner before anything else", () => {
  const to = { corners: [[5000, 5000]], neighbours: [[5049, 0]], reach: [100, 100] };

  assert.deepEqual(snapped([5050, 4950], to), [5000, 5000]);
  assert.deepEqual(snapped([5050, 4800], to), [5049, 4800]);
});

test("a corner snaps to the edge of the picture and to its neighbours' lines, each way by itself", () => {
  const to = { neighbours: [[4000, 7000]], reach: [100, 100] };

  assert.deepEqual(snapped([60, 7090], to), [0, 7000]);
  assert.deepEqual(snapped([2000, 9950], to), [2000, 10000]);
  assert.deepEqual(snapped([2000, 2000], to), [2000, 2000]);
});

test("what is no outline is said in words", () => {
  const many = Array.from({ length: 33 }, (_, n) => [n * 300, n % 2 ? 0 : 9000]);

  assert.match(fault([]), /Draw the place/);
  assert.match(fault(SQUARE.slice(0, 2)), /at least 3/);
  assert.match(fault(many), /at most 32/);
  assert.match(fault(cases.find(({ name }) => name === "a bow tie").corners), /crosses itself/);
  assert.match(fault([[0, 0], [100, 0], [0, 100]]), /too small/);
  assert.equal(fault(SQUARE), "");
});
