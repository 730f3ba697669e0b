import assert from "node:assert/strict";
import test from "node:test";

import { Gestures, wheelMeans } from "../../recordings/static/recordings/js/gestures.js";

function watched() {
  const seen = [];
  const acts = ["scrub", "end", "tap", "pinch"].map((name) => [
    name, (...values) => seen.push([name, ...values.map((value) => Math.round(value * 100) / 100)]),
  ]);
  return { seen, gestures: new Gestures(Object.fromEntries(acts)) };
}

test("one finger scrubs, and where it is let go is meant", () => {
  const { seen, gestures } = watched();

  gestures.down(1, 100, 10);
  gestures.move(1, 103, 10);
  gestures.move(1, 110, 10);
  gestures.move(1, 108, 10);
  assert.equal(gestures.isHeld, true);
  gestures.up(1);

  assert.deepEqual(seen, [["scrub", 110], ["scrub", 108], ["end"]]);
  assert.equal(gestures.isHeld, false);
});

test("a finger that did not move has tapped", () => {
  const { seen, gestures } = watched();

  gestures.down(1, 100, 10);
  gestures.move(1, 102, 12);
  gestures.up(1);

  assert.deepEqual(seen, [["tap", 102, 12]]);
});

test("a finger that the page takes to scroll has done nothing", () => {
  const { seen, gestures } = watched();

  gestures.down(1, 100, 10);
  gestures.cancel(1);

  assert.deepEqual(seen, []);
});

test("two fingers zoom and move, and the one that stays does nothing more", () => {
  const { seen, gestures } = watched();

  gestures.down(1, 100, 10);
  gestures.down(2, 200, 10);
  gestures.move(2, 300, 50);
  gestures.up(1);
  gestures.move(2, 350, 50);
  gestures.up(2);

  assert.deepEqual(seen, [["pinch", 2, 200, 50]]);
});

test("what was scrubbed to before a second finger came is meant", () => {
  const { seen, gestures } = watched();

  gestures.down(1, 0, 0);
  gestures.move(1, 50, 0);
  gestures.down(2, 150, 0);
  gestures.up(1);
  gestures.up(2);

  assert.deepEqual(seen, [["scrub", 50], ["end"]]);
});

test("a third finger and unknown ones are nobody's", () => {
  const { seen, gestures } = watched();

  gestures.move(9, 1, 1);
  gestures.up(9);
  gestures.down(1, 0, 0);
  gestures.down(2, 100, 0);
  gestures.down(3, 300, 0);
  gestures.move(3, 900, 0);

  assert.deepEqual(seen, []);
});

test("after a pinch a finger scrubs as ever", () => {
  const { seen, gestures } = watched();
  gestures.down(1, 0, 0);
  gestures.down(2, 100, 0);
  gestures.up(2);
  gestures.up(1);

  gestures.down(3, 10, 0);
  gestures.move(3, 40, 0);
  gestures.up(3);

  assert.deepEqual(seen, [["scrub", 40], ["end"]]);
});

test("a wheel scrubs, with Ctrl it zooms, and sideways it moves", () => {
  const wheel = (event) => wheelMeans({ deltaX: 0, deltaY: 0, deltaMode: 0, ...event });

  assert.deepEqual(wheel({ deltaY: 100, deltaX: 3 }), { factor: 1, by_px: 0, scrub_px: 25 });
  assert.deepEqual(wheel({ deltaY: 2, deltaMode: 1 }), { factor: 1, by_px: 0, scrub_px: 8 });
  assert.deepEqual(wheel({ deltaX: -50, deltaY: 3 }), { factor: 1, by_px: -50, scrub_px: 0 });
  assert.deepEqual(wheel({ deltaY: 100, shiftKey: true }), { factor: 1, by_px: 100, scrub_px: 0 });
  assert.ok(wheel({ deltaY: -100, ctrlKey: true }).factor > 1);
});
