import assert from "node:assert/strict";
import test from "node:test";

import "./statics.mjs";

const { Archive } = await import("../../recordings/static/recordings/js/archive.js");
const { RecordingsClient } = await import("../../recordings/static/recordings/js/client.js");
const { takeFirstLook } = await import("../../recordings/static/recordings/js/first_look.js");

const told = {
  segments: [["a", 1, 900, 90_900, 5000, false], ["b", 1, 90_900, 180_900, 6000, true]],
  index: { codec: "avc1", pts_origin: 900, init: "", fragments: [] },
  bytes: [100, 103],
  url: "/recordings/a/segment.mp4?bytes=100-102",
};

function world(text) {
  const asked = [];
  const fetcher = async (url, { headers } = {}) => {
    asked.push(headers ? `${url} ${headers.range}` : url);
    const body = Uint8Array.of(1, 2, 3).buffer;
    return { ok: true, status: headers ? 206 : 200, arrayBuffer: async () => body };
  };
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

test("the bytes that a page has begun to load are asked for in the same words, once", async () => {
  const { camera, asked, page } = world(JSON.stringify(told));
  takeFirstLook(camera, page);

  assert.deepEqual(await camera.client.bytes({ id: "a" }, 100, 103), Uint8Array.of(1, 2, 3));
  await camera.client.bytes({ id: "a" }, 100, 103);

  assert.deepEqual(asked, [told.url, "/recordings/a/segment.mp4 bytes=100-102"]);
});

test("other bytes than the page has begun to load are asked for by range", async () => {
  const { camera, asked, page } = world(JSON.stringify(told));
  takeFirstLook(camera, page);

  await camera.client.bytes({ id: "a" }, 103, 106);

  assert.deepEqual(asked, ["/recordings/a/segment.mp4 bytes=103-105"]);
});
