import assert from "node:assert/strict";
import test from "node:test";

import { Backoff } from "../../streaming/static/streaming/js/backoff.js";

test("pauses double up to the most", () => {
  const backoff = new Backoff({ first_ms: 100, most_ms: 1000, random: () => 1 });

  assert.deepEqual([1, 2, 3, 4, 5].map(() => backoff.next()), [100, 200, 400, 800, 1000]);
});

test("jitter takes away at most half, so that nobody comes back at once", () => {
  const backoff = new Backoff({ first_ms: 100, most_ms: 1000, random: () => 0 });

  assert.deepEqual([backoff.next(), backoff.next()], [50, 100]);
});

test("after success it starts from the beginning", () => {
  const backoff = new Backoff({ first_ms: 100, most_ms: 1000, random: () => 1 });
  backoff.next();
  backoff.next();

  backoff.reset();

  assert.equal(backoff.next(), 100);
});
