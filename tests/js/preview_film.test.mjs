import assert from "node:assert/strict";
import test from "node:test";

import { filmOf } from "../../recordings/static/recordings/js/preview_film.js";
import { Gone } from "../../recordings/static/recordings/js/client.js";
import { FragmentIndex } from "../../recordings/static/recordings/js/fragments.js";
import { runsOf } from "../../recordings/static/recordings/js/samples.js";
import { bytesOf, fragment, segment } from "./recorded.mjs";

const HALF_90K = 45_000;
const one = segment("5b1f", 100_000, 160_000);
const fragments = Array.from({ length: 120 }, (_, n) =>
  bytesOf(fragment(n * HALF_90K, [22_500, 22_500])));
const size = fragments[0].length;
const index = new FragmentIndex({
  codec: "avc1.64001f", width: 640, height: 360, pts_origin: one.start_90k, init: "AAAAAAAAAA==",
  fragments: fragments.map((_, n) => [
    7 + n * size, size, one.start_90k + n * HALF_90K, one.start_90k + (n + 1) * HALF_90K, 2, n % 4 === 0,
  ]),
});

function client({ segments = [one], isGone = false } = {}) {
  const asked = [];
  return {
    asked,
    timeline: async (from_ms, to_ms) => {
      asked.push([from_ms, to_ms]);
      return { from_ms, to_ms, now_ms: 200_000, segments, visits: [] };
    },
    index: async () => index,
    bytes: async (_, first, end) => {
      if (isGone) throw new Gone("410");
      asked.push([first, end]);
      return bytesOf(...fragments.slice((first - 7) / size, (end - 7) / size));
    },
  };
}

async function pictures(blob) {
  return runsOf(new Uint8Array(await blob.arrayBuffer()).subarray(7));
}

test("some seconds from the keyframe before, counted from zero", async () => {
  const server = client();

  const film = await filmOf(server, 112_300);

  // 11.3 s into the segment: the keyframe is at 10 s, and all is over at 17.3 s.
  assert.deepEqual(server.asked, [[111_300, 117_300], [7 + 20 * size, 7 + 35 * size]]);
  assert.equal(film.type, "video/mp4");
  const [run, ...others] = await pictures(film);
  assert.deepEqual(others, []);
  assert.equal(run.times_90k[0], 0);
  assert.equal(run.end_90k, 15 * HALF_90K);
});

test("where nothing was recorded, or it is gone, there is none", async () => {
  assert.equal(await filmOf(client({ segments: [] }), 112_300), null);
  assert.equal(await filmOf(client({ isGone: true }), 112_300), null);
});
