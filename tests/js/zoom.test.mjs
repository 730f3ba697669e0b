import assert from "node:assert/strict";
import test from "node:test";

import { kept, zoomed } from "../../streaming/static/streaming/js/zoom.js";

const size = { width: 1000, height: 500 };

test("the point under the finger stays where it is", () => {
  const view = zoomed({ scale: 1, x: 0, y: 0 }, { factor: 2, at_x: 300, at_y: 100, ...size });

  assert.deepEqual(view, { scale: 2, x: -300, y: -100 });
});

test("it never shrinks below the whole picture and never grows past eight times", () => {
  const whole = { scale: 1, x: 0, y: 0 };

  assert.deepEqual(zoomed(whole, { factor: 0.5, at_x: 300, at_y: 100, ...size }), whole);
  assert.equal(zoomed(whole, { factor: 99, at_x: 0, at_y: 0, ...size }).scale, 8);
});

test("the picture leaves no gap at an edge", () => {
  assert.deepEqual(kept({ scale: 2, x: 50, y: -900 }, 1000, 500), { scale: 2, x: 0, y: -500 });
});
