import assert from "node:assert/strict";
import test from "node:test";

import {
  following, lengthOf, moved, showing, timeAt, within, xOf, zoomed,
} from "../../recordings/static/recordings/js/span.js";

const HOUR = 3600_000;
const whole = { from_ms: 0, to_ms: 24 * HOUR };
const part = { from_ms: 6 * HOUR, to_ms: 12 * HOUR };

test("pixels and moments tell each other", () => {
  assert.equal(xOf(part, 9 * HOUR, 600), 300);
  assert.equal(timeAt(part, 300, 600), 9 * HOUR);
  assert.equal(xOf(part, 0, 600), -600);
});

test("the moment under the fingers stays where it is", () => {
  const span = zoomed(part, 2, 7 * HOUR, whole);

  assert.equal(lengthOf(span), 3 * HOUR);
  assert.equal(xOf(span, 7 * HOUR, 600), xOf(part, 7 * HOUR, 600));
});

test("nothing outside the day is shown, and nothing closer than fifteen seconds", () => {
  assert.deepEqual(zoomed(part, 0.01, 7 * HOUR, whole), whole);
  assert.deepEqual(zoomed(part, 0.5, 6 * HOUR, whole), { from_ms: 6 * HOUR, to_ms: 18 * HOUR });
  assert.deepEqual(zoomed(part, 0.5, 12 * HOUR, whole), { from_ms: 0, to_ms: 12 * HOUR });
  assert.equal(lengthOf(zoomed(part, 1e9, 7 * HOUR, whole)), 15_000);
  assert.deepEqual(moved(part, -99 * HOUR, whole), { from_ms: 0, to_ms: 6 * HOUR });
  assert.deepEqual(moved(part, 99 * HOUR, whole), { from_ms: 18 * HOUR, to_ms: 24 * HOUR });
});

test("a handle that leaves is brought back into sight, with a little room", () => {
  assert.equal(showing(part, 8 * HOUR, whole), part);
  const later = showing(part, 13 * HOUR, whole);
  assert.ok(later.to_ms > 13 * HOUR && later.to_ms < 13.5 * HOUR);
  const earlier = showing(part, 5 * HOUR, whole);
  assert.ok(earlier.from_ms < 5 * HOUR && earlier.from_ms > 4.5 * HOUR);
  assert.deepEqual(showing(part, 0, whole), { from_ms: 0, to_ms: 6 * HOUR });
});

test("what plays on past the edge is followed by a page", () => {
  const next = following(part, 12 * HOUR + 1, whole);

  assert.equal(lengthOf(next), 6 * HOUR);
  assert.ok(next.from_ms > 11 * HOUR && next.from_ms < 12 * HOUR);
  assert.equal(following(part, 12 * HOUR, whole), part);
});

test("a handle stays within the day", () => {
  assert.deepEqual([-5, 5, 99 * HOUR].map((at_ms) => within(whole, at_ms)), [0, 5, 24 * HOUR]);
});
