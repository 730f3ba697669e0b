import assert from "node:assert/strict";
import test from "node:test";

import { Meter } from "../../streaming/static/streaming/js/meter.js";

test("it counts pictures a second over the last two seconds", () => {
  const meter = new Meter();
  for (let frame = 0; frame <= 300; frame += 1) meter.frame(frame * (1000 / 30), null);

  assert.equal(Math.round(meter.fps(10_000)), 30);
  assert.equal(meter.frames, 301);
});

test("pictures that stopped coming lower the rate to nothing", () => {
  const meter = new Meter();
  for (let frame = 0; frame < 30; frame += 1) meter.frame(frame * 33, null);

  assert.equal(meter.fps(60_000), 0);
});

test("latency is the median of the last ages, unknown without any", () => {
  const meter = new Meter();
  assert.equal(meter.latency_s, null);

  for (const age_s of [0.05, 0.06, 5]) meter.frame(0, age_s);

  assert.equal(meter.latency_s, 0.06);
});

test("the bitrate comes from a running count and does not go negative on a new connection", () => {
  const meter = new Meter();

  assert.equal(meter.kbps(0, 0), null);
  assert.equal(meter.kbps(1000, 250_000), 2000);
  assert.equal(meter.kbps(2000, 100), null);
});
