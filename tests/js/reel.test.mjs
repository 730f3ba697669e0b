import assert from "node:assert/strict";
import test from "node:test";

import { Reel } from "../../recordings/static/recordings/js/reel.js";
import { segment } from "./recorded.mjs";

const FRAME = 3000;
const [first, second] = [segment("a", 0, 60_000), segment("b", 60_000, 120_000)];
const rebooted = segment("c", 130_000, 190_000, { boot: 2, start_90k: 500 });

function run(from_90k, count) {
  const times_90k = Array.from({ length: count }, (_, n) => from_90k + n * FRAME);
  return { times_90k, end_90k: from_90k + count * FRAME };
}

const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 0.0011, `${actual} is not ${expected}`);

test("pictures are laid end to end, and each position tells its media time", () => {
  const reel = new Reel();

  assert.equal(reel.place(first, run(first.start_90k, 30)), 0);
  assert.equal(reel.place(first, run(first.start_90k + 30 * FRAME, 30)), 1);

  assert.equal(reel.end_s, 2);
  // As browsers round it.
  const { t_90k, at_ms } = reel.at(0.033333);
  assert.equal(t_90k, first.start_90k + FRAME);
  near(at_ms / 1000, 1 / 30);
});

test("gaps are closed, from one segment and one boot to the next", () => {
  const reel = new Reel();
  reel.place(first, run(first.end_90k - 30 * FRAME, 30));

  assert.equal(reel.place(second, run(second.start_90k + 900_000, 30)), 1);
  assert.equal(reel.place(rebooted, run(500, 30)), 2);

  assert.equal(reel.at(1.5).segment, second);
  assert.deepEqual(reel.at(2), { segment: rebooted, t_90k: 500, at_ms: 130_000 });
});

test("what follows without a gap keeps its distance, to the tick", () => {
  const reel = new Reel();
  reel.place(first, { times_90k: [first.end_90k - FRAME], end_90k: first.end_90k });

  // A picture that came a little early or late.
  const position_s = reel.place(second, run(second.start_90k + 300, 1));

  near(position_s, (FRAME + 300) / 90_000);
});

test("a moment has a position while it is here", () => {
  const reel = new Reel();
  reel.place(first, run(first.start_90k, 30));

  near(reel.positionOf(first, first.start_90k + 15 * FRAME + 100), 0.5);
  assert.equal(reel.positionOf(first, first.start_90k - FRAME), null);
  assert.equal(reel.positionOf(first, first.start_90k + 40 * FRAME), null);
  assert.equal(reel.positionOf(second, second.start_90k), null);
});

test("a moment in a gap that was closed shows the picture before the gap", () => {
  const reel = new Reel();
  reel.place(first, run(first.start_90k, 30));
  reel.place(first, run(first.start_90k + 900_000, 30));

  near(reel.positionOf(first, first.start_90k + 450_000), 29 / 30);
});

test("what is nearest to a moment that did not come is shown instead", () => {
  const reel = new Reel();
  assert.equal(reel.nearest(first, 0), null);
  reel.place(first, run(first.start_90k, 30));

  near(reel.nearest(first, first.end_90k), 29 / 30);
  near(reel.nearest(first, 0), 0);
  near(reel.nearest(second, second.start_90k), 0);
});

test("steps go from picture to picture, over seams, and end where nothing is", () => {
  const reel = new Reel();
  reel.place(first, run(first.start_90k, 2));
  reel.place(rebooted, run(500, 2));

  near(reel.step(0, 1), 1 / 30);
  near(reel.step(1 / 30, 1), 2 / 30);
  near(reel.step(2 / 30, -1), 1 / 30);
  near(reel.step(3 / 30, -3), 0);
  assert.equal(reel.step(0, -1), null);
  assert.equal(reel.step(3 / 30, 1), null);
  assert.equal(new Reel().step(0, 1), null);
});

test("a step's position lies within its picture, whatever a browser rounds", () => {
  const reel = new Reel();
  reel.place(first, run(first.start_90k, 60));

  for (let n = 0, position_s = 0; n < 59; n += 1) {
    position_s = reel.step(position_s, 1);
    assert.equal(reel.at(Math.round(position_s * 1e6) / 1e6).t_90k, first.start_90k + (n + 1) * FRAME);
  }
});

test("after a jump nothing of before is found, and nothing new is where the old was", () => {
  const reel = new Reel();
  reel.place(first, run(first.start_90k, 30));

  reel.restart();

  assert.equal(reel.at(0.5), null);
  assert.equal(reel.start_s, reel.end_s);
  const position_s = reel.place(first, run(first.start_90k, 30));
  assert.ok(position_s > 20);
  assert.equal(reel.start_s, position_s);
  assert.equal(reel.at(0.5), null);
});

test("what a browser threw away is forgotten, and the rest stays", () => {
  const reel = new Reel();
  reel.place(first, run(first.start_90k, 60));

  reel.forget(1);

  assert.equal(reel.start_s, 1);
  assert.equal(reel.positionOf(first, first.start_90k), null);
  near(reel.positionOf(first, first.start_90k + 45 * FRAME), 1.5);
  assert.equal(reel.place(first, run(first.start_90k + 60 * FRAME, 1)), 2);
});
