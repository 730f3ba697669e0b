import assert from "node:assert/strict";
import test from "node:test";

import { Chase } from "../../streaming/static/streaming/js/chase.js";

/** One that plays already. */
function playing() {
  const chase = new Chase();
  chase.decide(at(9.95));
  return chase;
}

const at = (position_s, more = {}) => ({ now_ms: 0, start_s: 0, end_s: 10, position_s, ...more });

test("close to the newest picture it plays at its own speed", () => {
  assert.deepEqual(playing().decide(at(9.95)), { rate: 1, jump_s: null });
});

test("a little behind it hurries, further behind it hurries more", () => {
  assert.deepEqual(playing().decide(at(9.8)), { rate: 1.1, jump_s: null });
  assert.deepEqual(playing().decide(at(9.3)), { rate: 1.35, jump_s: null });
});

test("hopelessly behind, or before the newest range after a gap, it jumps", () => {
  assert.deepEqual(playing().decide(at(5)), { rate: 1, jump_s: 9.92 });
  assert.deepEqual(playing().decide(at(9.5, { start_s: 9.6 })), { rate: 1, jump_s: 9.92 });
  assert.deepEqual(playing().decide(at(1, { start_s: 9.99 })), { rate: 1, jump_s: 9.99 });
});

test("it begins close to the newest picture, not at the keyframe before it", () => {
  assert.deepEqual(new Chase().decide(at(9)), { rate: 1, jump_s: 9.92 });
});

test("running dry moves the aim away from the edge, within bounds", () => {
  const chase = new Chase();

  chase.starved(0);
  assert.ok(chase.aim_s > 0.12);
  for (let times = 1; times < 20; times += 1) chase.starved(times * 1000);

  assert.equal(chase.aim_s, 0.6);
});

test("one hiccup counts once", () => {
  const chase = new Chase();

  for (let times = 0; times < 20; times += 1) chase.starved(times);

  assert.ok(Math.abs(chase.aim_s - 0.128) < 1e-9);
});

test("once it has starved it plays slowly until there is something to live on", () => {
  const chase = playing();
  assert.equal(chase.decide(at(9.98)).rate, 1);

  chase.starved(0);

  assert.equal(chase.decide(at(9.98)).rate, 0.92);
  assert.equal(chase.decide(at(9.9)).rate, 1);
});

test("after a calm while the aim comes closer again", () => {
  const chase = new Chase();
  chase.starved(0);

  chase.decide(at(9.95, { now_ms: 20_001 }));

  assert.ok(Math.abs(chase.aim_s - 0.08) < 1e-9);
});

test("who must wait for something stays behind by that much and no more", () => {
  const chase = new Chase();
  chase.least_s = 0.4;
  const behind = (s) => chase.decide({ now_ms: 0, position_s: 10 - s, start_s: 0, end_s: 10 });

  assert.equal(behind(0.1).rate, 0.92);
  assert.equal(behind(0.44).rate, 1);
  assert.equal(behind(0.6).rate, 1.1);
  assert.equal(behind(0.9).rate, 1.35);
  assert.equal(behind(2).jump_s, 10 - 0.48);
});
