import assert from "node:assert/strict";
import test from "node:test";

import { BoxEasing } from "../../streaming/static/streaming/js/box_easing.js";

const at = (x, key = "a") => ({ key, label: "cat", box: [x, 0.4, 0.2, 0.3] });
const left = ([{ box }]) => Number(box[0].toFixed(3));

test("without news a box is where it is predicted", () => {
  const easing = new BoxEasing();

  assert.equal(left(easing.ease([at(0.1)], 1, 0)), 0.1);
  assert.equal(left(easing.ease([at(0.12)], 1, 33)), 0.12);
});

test("news moves it there within a fifth of a second, smoothly", () => {
  const easing = new BoxEasing();
  easing.ease([at(0.1)], 1, 0);

  const lefts = [1, 2, 3, 4, 5, 6, 7].map((n) => left(easing.ease([at(0.2)], 2, n * 33)));

  assert.deepEqual(lefts, [...lefts].sort());
  assert.ok(lefts[0] > 0.12 && lefts[0] < 0.15 && lefts.at(-1) > 0.195, String(lefts));
});

test("far away it jumps, and a new box begins where it is", () => {
  const easing = new BoxEasing();
  easing.ease([at(0.1)], 1, 0);

  assert.equal(left(easing.ease([at(0.7)], 2, 33)), 0.7);
  assert.equal(left(easing.ease([at(0.3, "b")], 3, 66)), 0.3);
});
