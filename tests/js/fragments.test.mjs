import assert from "node:assert/strict";
import test from "node:test";

import { FragmentIndex } from "../../recordings/static/recordings/js/fragments.js";

/** Half a second each, a keyframe every two seconds, 1000 bytes each behind 700 of the head. */
function indexOf(count, more = {}) {
  const fragments = Array.from({ length: count }, (_, n) => [
    700 + n * 1000, 1000, n * 45_000, (n + 1) * 45_000, 15, n % 4 === 0,
  ]);
  return new FragmentIndex({ codec: "avc1.64001f", pts_origin: 0, init: "", fragments, ...more });
}

test("a picture is found in the fragment that shows it", () => {
  const index = indexOf(8);

  assert.deepEqual([-1, 0, 44_999, 45_000, 1e9].map((t_90k) => index.at(t_90k)), [-1, 0, 0, 1, 7]);
});

test("a decoder begins with the keyframe before it", () => {
  const index = indexOf(8);

  assert.deepEqual([-5, 0, 100_000, 180_000, 1e9].map((t_90k) => index.keyFor(t_90k)), [0, 0, 0, 4, 4]);
});

test("without a keyframe before it the next one must do, or none", () => {
  const late = { fragments: [[0, 10, 0, 10, 1, false], [10, 10, 10, 20, 1, true]] };
  const never = { fragments: [[0, 10, 0, 10, 1, false]] };

  assert.equal(indexOf(0, late).keyFor(0), 1);
  assert.equal(indexOf(0, never).keyFor(0), -1);
  assert.equal(indexOf(0).keyFor(0), -1);
});

test("a chunk ends after the picture that is waited for", () => {
  const chunk = indexOf(8).chunk(4, { until_90k: 230_000, most_bytes: Infinity });

  assert.deepEqual(chunk, { from: 4, to: 6, first_byte: 4700, end_byte: 6700 });
});

test("a chunk is no larger than wanted, but for a single fragment", () => {
  const index = indexOf(8);

  assert.deepEqual(index.chunk(0, { most_bytes: 3500 }), { from: 0, to: 3, first_byte: 700, end_byte: 3700 });
  assert.deepEqual(index.chunk(7, { most_bytes: 10 }), { from: 7, to: 8, first_byte: 7700, end_byte: 8700 });
  assert.equal(index.chunk(8, { most_bytes: 10 }), null);
  assert.equal(index.chunk(-1, { most_bytes: 10 }), null);
});

test("bytes that lie between fragments are not asked for", () => {
  const fragments = [[0, 10, 0, 10, 1, true], [30, 10, 10, 20, 1, false]];

  assert.equal(indexOf(0, { fragments }).chunk(0, { most_bytes: 1e6 }).end_byte, 10);
});
