import assert from "node:assert/strict";
import test from "node:test";

import { Watchdog } from "../../streaming/static/streaming/js/watchdog.js";

test("nothing has stalled that never began", () => {
  const watchdog = new Watchdog();

  assert.equal(watchdog.look(0, 2000), "fine");
  assert.equal(watchdog.look(4000, 2000), "fine");
});

test("it barks when no picture came for longer than it may take", () => {
  const watchdog = new Watchdog();
  watchdog.frame(1000);

  assert.equal(watchdog.look(3000, 2000), "fine");
  assert.equal(watchdog.look(3001, 2000), "stalled");
});

test("a picture calms it", () => {
  const watchdog = new Watchdog();
  watchdog.frame(1000);
  watchdog.look(3500, 2000);

  watchdog.frame(3600);

  assert.equal(watchdog.look(4000, 2000), "fine");
});

test("it is silent while it rests", () => {
  const watchdog = new Watchdog();
  watchdog.frame(0);

  watchdog.rest();

  assert.equal(watchdog.look(4000, 2000), "fine");
});

test("a gap between two looks is sleep, not a stall", () => {
  const watchdog = new Watchdog({ sleep_ms: 5000 });
  watchdog.frame(1000);
  watchdog.look(1000, 2000);

  assert.equal(watchdog.look(60_000, 2000), "slept");
  assert.equal(watchdog.look(60_500, 2000), "stalled");
});
