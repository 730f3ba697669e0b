import assert from "node:assert/strict";
import test from "node:test";

import { BoxDelay } from "../../streaming/static/streaming/js/box_delay.js";

const FRAME = 3000;
const FRAME_MS = FRAME / 90;

/**
 * Plays `seconds` of a camera with 30 pictures a second: a picture shows `natural_ms` after its
 * capture, or later if it is held back; boxes of each `every`-th picture come after `boxes_ms`.
 */
function play(delay, seconds, { natural_ms = 40, boxes_ms = 0, every = 1, from = 0 } = {}) {
  const late = [];
  for (let n = from; n < from + seconds * 30; n += 1) {
    const captured_ms = n * FRAME_MS;
    if (boxes_ms && n % every === 0) {
      delay.heard(n * FRAME, (n - every) * FRAME, captured_ms + boxes_ms);
    }
    const lag_ms = natural_ms + delay.target_ms;
    delay.shown(n * FRAME, captured_ms + lag_ms);
    if (n % 6 === 0) delay.step(captured_ms);
    const wait_ms = boxes_ms + ((every - (n % every)) % every) * FRAME_MS;
    late.push(wait_ms - lag_ms);
  }
  return late;
}

test("boxes that come before their picture cost no delay", () => {
  const delay = new BoxDelay();

  play(delay, 10, { boxes_ms: 20 });

  assert.equal(delay.target_ms, 0);
});

test("pictures wait as long as their boxes need, and hardly longer", () => {
  const delay = new BoxDelay();

  const late = play(delay, 10, { boxes_ms: 300 });

  assert.ok(late.slice(-30).every((ms) => ms <= 0 && ms > -40), String(late.slice(-3)));
});

test("with a look now and then pictures wait for the next one", () => {
  const delay = new BoxDelay();

  const late = play(delay, 15, { boxes_ms: 120, every: 10 });

  assert.ok(late.slice(-30).every((ms) => ms <= 0), String(late.slice(-10)));
  assert.ok(delay.target_ms < 120 + 9 * FRAME_MS + 40);
});

test("the delay moves smoothly both ways, and goes when there are no boxes any more", () => {
  const delay = new BoxDelay();
  const targets = [];
  const note = (from, options) => {
    for (let part = 0; part < 60; part += 1) {
      play(delay, 0.5, { from: from + part * 15, ...options });
      targets.push(delay.target_ms);
    }
  };

  note(0, { boxes_ms: 500 });
  const most = Math.max(...targets);
  note(900, {});

  assert.ok(most > 450);
  assert.equal(targets.at(-1), 0);
  const steps = targets.slice(1).map((ms, i) => ms - targets[i]);
  assert.ok(Math.max(...steps) <= 100 && Math.min(...steps) >= -25, String(steps));
});

test("it never waits for ever", () => {
  const delay = new BoxDelay();

  play(delay, 40, { boxes_ms: 9000 });

  assert.ok(delay.target_ms <= 1500);
});

test("it is enough once pictures wait for most boxes, and stays so when some come late at once", () => {
  const delay = new BoxDelay();

  play(delay, 0.5, { boxes_ms: 300 });
  assert.equal(delay.isEnough, false);

  play(delay, 12, { boxes_ms: 300, from: 15 });
  assert.equal(delay.isEnough, true);

  const from = 375;
  for (let n = 0; n < 24; n += 1) {
    // One lost packet holds up all that follow: they come together.
    delay.heard((from + n) * FRAME, (from + n - 1) * FRAME, from * FRAME_MS + 1100);
    delay.shown((from + n) * FRAME, (from + n) * FRAME_MS + 40 + delay.target_ms);
  }
  delay.step(from * FRAME_MS + 1100);
  assert.equal(delay.isEnough, true);
});
