import assert from "node:assert/strict";
import test from "node:test";

import "./statics.mjs";

const { Archive } = await import("../../recordings/static/recordings/js/archive.js");
const { RecordingsClient } = await import("../../recordings/static/recordings/js/client.js");
const { takeFirstLook } = await import("../../recordings/static/recordings/js/first_look.js");

const told = {
  segments: [["a", 1, 900, 90_900, 5000, false], ["b", 1, 90_900, 180_900, 6000, true]],
  index: { codec: "avc1", pts_origin: 900, init: "", fragments: [] },
};

function world(text) {
  const asked = [];
  const fetcher = async (url) => asked.push(url);
  const camera = { archive: new Archive(), client: new RecordingsClient("kitchen", fetcher) };
  return { camera, asked, page: { getElementById: () => text && { textContent: text } } };
}

test("what a page tells of its first moment is known without asking", async () => {
  const { camera, asked, page } = world(JSON.stringify(told));

  assert.equal(takeFirstLook(camera, page), true);

  const { segment, t_90k } = camera.archive.momentAt(5500);
  assert.deepEqual([segment.id, t_90k], ["a", 45_900]);
  assert.equal(camera.archive.after(segment).isGrowing, true);
  assert.equal((await camera.client.index(segment)).pts_origin, 900);
  assert.deepEqual(asked, []);
});

test("a page may tell nothing", () => {
  const { camera, page } = world(null);

  assert.equal(takeFirstLook(camera, page), false);
  assert.deepEqual(camera.archive.segments, []);
});
