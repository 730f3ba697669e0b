import assert from "node:assert/strict";
import test from "node:test";

import { Gone, RecordingsClient } from "../../recordings/static/recordings/js/client.js";
import { segment } from "./recorded.mjs";

const one = segment("5b1f", 0, 60_000);
const film = Uint8Array.from({ length: 100 }, (_, n) => n);

/** A server that answers with at most `most` bytes. */
function serving({ most = Infinity, status = 206 } = {}) {
  const asked = [];
  const fetcher = async (url, { headers = {} } = {}) => {
    asked.push(headers.range ? `${url} ${headers.range}` : url);
    const [first, last] = (headers.range ?? "bytes=0-0").slice(6).split("-").map(Number);
    const part = film.slice(first, Math.min(last + 1, first + most));
    const told = { codec: "avc1.64001f", pts_origin: 5, init: "AQI=", fragments: [] };
    return {
      status, ok: status < 400, redirected: false, arrayBuffer: async () => part.buffer,
      json: async () => (url.includes("timeline") ? timeline : told),
    };
  };
  return { client: new RecordingsClient("living room", fetcher), asked };
}

const timeline = {
  now_ms: 70_000,
  segments: [["5b1f", 3, 900, 180_900, 5000, true]],
  visits: [{
    id: 7, start_ms: 1, end_ms: 2, is_open: true, label: "cat", name: "", place: "Water", colour: "",
    url: "/visits/7/", is_starred: false,
  }],
  motion: { start_ms: 0, step_ms: 10_000, levels: "AQI=" },
};

test("bytes come whole, in as many answers as the server makes of them", async () => {
  const { client, asked } = serving({ most: 25 });

  assert.deepEqual(await client.bytes(one, 10, 70), film.slice(10, 70));
  assert.deepEqual(asked, [10, 35, 60].map((from) => `/recordings/5b1f/segment.mp4 bytes=${from}-69`));
});

test("an answer that is no range is refused: it may be of any size", async () => {
  const { client } = serving({ status: 200 });

  await assert.rejects(client.bytes(one, 0, 10), /200/);
});

test("what is deleted is gone, and what fails is no such thing", async () => {
  await assert.rejects(serving({ status: 410 }).client.index(one), Gone);
  await assert.rejects(serving({ status: 404 }).client.bytes(one, 0, 1), Gone);
  await assert.rejects(serving({ status: 503 }).client.index(one), (error) => !(error instanceof Gone));
});

test("an index is asked for once, again when it must be fresh or was wrong", async () => {
  const { client, asked } = serving();

  await client.index(one);
  const { pts_origin, init } = await client.index(one);
  assert.equal(asked.length, 1);
  assert.deepEqual([pts_origin, ...init], [5, 1, 2]);
  await client.index(one, null, { isFresh: true });
  client.forget(one);
  await client.index(one);
  assert.equal(asked.length, 3);
});

test("what is known already is not asked for", async () => {
  const { client, asked } = serving();

  client.knows(one, { codec: "avc1", pts_origin: 9, init: "", fragments: [] }, {
    bytes: [0, 1], url: "/",
  });

  assert.equal((await client.index(one)).pts_origin, 9);
  assert.deepEqual(asked, []);
});

test("a timeline is read as the server tells it", async () => {
  const { client, asked } = serving();

  const { segments, visits, motion, now_ms } = await client.timeline(0, 1000);

  assert.deepEqual(asked, [
    "/cameras/living%20room/recordings/timeline.json"
      + "?from=1970-01-01T00%3A00%3A00.000Z&to=1970-01-01T00%3A00%3A01.000Z",
  ]);
  assert.deepEqual(segments, [
    { id: "5b1f", boot: 3, start_90k: 900, end_90k: 180_900, start_ms: 5000, end_ms: 7000, isGrowing: true },
  ]);
  assert.deepEqual([visits[0].isOpen, visits[0].place, visits[0].name], [true, "Water", ""]);
  assert.deepEqual(motion, { start_ms: 0, levels: Uint8Array.of(1, 2) });
  assert.equal(now_ms, 70_000);
});

test("a moment has a page, and a picture", () => {
  const { client } = serving();

  assert.equal(client.pageUrl(1234), "/cameras/living%20room/recordings/?at=1970-01-01T00:00:01.234Z");
  assert.equal(client.thumbnailUrl(one, 90.4), "/recordings/5b1f/thumbnail.jpg?t=90");
});
