import assert from "node:assert/strict";
import test from "node:test";

import { segment } from "./recorded.mjs";
import "./statics.mjs";

const { Archive } = await import("../../recordings/static/recordings/js/archive.js");
const { Gone } = await import("../../recordings/static/recordings/js/client.js");
const { Feed, SinkFailed } = await import("../../recordings/static/recordings/js/feed.js");
const { FragmentIndex } = await import("../../recordings/static/recordings/js/fragments.js");

/** Half a second each, a keyframe each second, 400 000 bytes: two and a half fill a chunk. */
function indexOf({ start_90k }, { count = 6, is_growing = false } = {}) {
  const fragments = Array.from({ length: count }, (_, n) => [
    700 + n * 400_000, 400_000, start_90k + n * 45_000, start_90k + (n + 1) * 45_000, 15, n % 2 === 0,
  ]);
  return new FragmentIndex({ codec: "avc1", pts_origin: 0, init: "", fragments, is_growing });
}

/** A server with segments that a test may change, and a sink that stops when it has enough. */
class World {
  archive = new Archive();
  stop = new AbortController();
  asked = [];
  appended = [];
  told = [];
  waits = 0;
  indexes = new Map();
  enough = 99;

  constructor(...segments) {
    this.archive.merge({ from_ms: 0, to_ms: 1e9, segments, visits: [] });
    for (const one of segments) this.indexes.set(one.id, [indexOf(one)]);
  }

  /** The newest of what a test put there, one after the other when asked afresh. */
  async index({ id }, _signal, { isFresh = false } = {}) {
    const known = this.indexes.get(id);
    if (known instanceof Error) throw known;
    if (isFresh && known.length > 1) known.shift();
    this.asked.push(isFresh ? `index ${id} afresh` : `index ${id}`);
    return known[0];
  }

  async bytes({ id }, first, end) {
    this.failing?.();
    return `${id} ${first} ${end}`;
  }

  forget({ id }) {
    this.asked.push(`forget ${id}`);
  }

  async append({ segment: { id }, bytes, isNew }) {
    this.refuses?.();
    this.appended.push(isNew ? [id, "anew", bytes] : [id, bytes]);
    if (this.appended.length >= this.enough) this.stop.abort();
  }

  async room() {}

  async run(moment) {
    const host = {
      comesTo: ({ id }) => this.asked.push(`comes to ${id}`),
      atEnd: (isGrowing) => this.told.push(isGrowing ? "newest" : "end"),
      skipped: ({ id }) => this.told.push(`skipped ${id}`),
      late: (error) => this.told.push(error.message),
    };
    const wait = async () => {
      this.waits += 1;
      this.waited?.();
      if (this.waits >= 5) this.stop.abort();
    };
    const { archive } = this;
    const feed = new Feed({ archive, client: this, sink: this, host, wait, random: () => 1 });
    await feed.run(moment, this.stop.signal);
  }
}

const [one, two] = [segment("a", 0, 3000), segment("b", 3000, 6000)];

test("the keyframe before a moment comes first, with no more than is needed to show it", async () => {
  const world = new World(one);
  world.enough = 2;

  await world.run({ segment: one, t_90k: one.start_90k + 100_000 });

  assert.deepEqual(world.appended, [
    ["a", "anew", `a ${700 + 800_000} ${700 + 1_600_000}`],
    ["a", `a ${700 + 1_600_000} ${700 + 2_400_000}`],
  ]);
});

test("the next segment follows, and begins anew", async () => {
  const world = new World(one, two);
  world.enough = 5;

  await world.run({ segment: one, t_90k: one.start_90k });

  assert.deepEqual(world.appended.map(([id, first]) => `${id}: ${first}`), [
    "a: anew", "a: a 800700 1600700", "a: a 1600700 2400700", "b: anew", "b: b 800700 1600700",
  ]);
  // What else belongs to it may be fetched meanwhile.
  assert.equal(world.asked[world.asked.indexOf("comes to b") + 1], "index b");
});

test("after the last segment it says so, and goes on when there is more", async () => {
  const world = new World(one);
  world.waited = () => {
    if (world.waits !== 2) return;
    world.indexes.set("b", [indexOf(two)]);
    world.archive.merge({ from_ms: 0, to_ms: 1e9, segments: [one, two], visits: [] });
    world.enough = world.appended.length + 1;
  };

  await world.run({ segment: one, t_90k: one.end_90k - 1000 });

  assert.deepEqual(world.told, ["end", "end"]);
  assert.equal(world.appended.at(-1)[0], "b");
});

test("a growing segment is looked at again, and its new fragments follow", async () => {
  const world = new World(one);
  world.indexes.set("a", [
    indexOf(one, { count: 2, is_growing: true }), indexOf(one, { count: 4, is_growing: true }),
  ]);
  world.enough = 2;

  await world.run({ segment: one, t_90k: one.start_90k });

  assert.deepEqual(world.told, ["newest"]);
  assert.deepEqual(world.appended, [
    ["a", "anew", "a 700 800700"], ["a", "a 800700 1600700"],
  ]);
});

test("a segment whose writer was killed does not hold up what was recorded afterwards", async () => {
  const world = new World(one, two);
  world.indexes.set("a", [indexOf(one, { count: 2, is_growing: true })]);
  world.enough = 2;

  await world.run({ segment: one, t_90k: one.start_90k });

  assert.deepEqual(world.appended.map(([id]) => id), ["a", "b"]);
  assert.equal(world.waits, 0);
});

test("the newest moment of a growing segment is asked for anew, however well it was known", async () => {
  const world = new World(one);
  world.indexes.set("a", [
    indexOf(one, { count: 2, is_growing: true }), indexOf(one, { count: 6, is_growing: true }),
  ]);
  world.enough = 1;

  await world.run({ segment: one, t_90k: one.start_90k + 190_000 });

  assert.deepEqual(world.appended, [["a", "anew", `a ${700 + 1_600_000} ${700 + 2_400_000}`]]);
});

test("what was deleted meanwhile is passed over", async () => {
  const world = new World(one, two);
  world.indexes.set("a", new Gone("410"));
  world.enough = 1;

  await world.run({ segment: one, t_90k: one.start_90k });

  assert.deepEqual(world.told, ["skipped a"]);
  assert.equal(world.appended[0][0], "b");
  assert.equal(world.archive.segmentAt(1000), null);
});

test("when all is gone it ends", async () => {
  const world = new World(one);
  world.indexes.set("a", new Gone("410"));

  await world.run({ segment: one, t_90k: one.start_90k });

  assert.deepEqual(world.told, ["skipped a", "end"]);
});

test("a portal that is away is asked again, in growing pauses, and nothing is left out", async () => {
  const world = new World(one);
  let failures = 2;
  world.failing = () => {
    if (failures-- > 0) throw new TypeError("fetch failed");
  };
  world.enough = 1;

  await world.run({ segment: one, t_90k: one.start_90k });

  assert.deepEqual(world.told, ["fetch failed", "fetch failed"]);
  assert.equal(world.waits, 2);
  assert.equal(world.asked.filter((asked) => asked === "forget a").length, 2);
  assert.deepEqual(world.appended, [["a", "anew", "a 700 800700"]]);
});

test("what the browser cannot take ends the feed at once", async () => {
  const world = new World(one);
  world.refuses = () => {
    throw new SinkFailed("no such codec");
  };

  await assert.rejects(world.run({ segment: one, t_90k: one.start_90k }), SinkFailed);
});

test("an aborted feed ends in silence", async () => {
  const world = new World(one);
  world.failing = () => {
    world.stop.abort();
    throw new DOMException("aborted", "AbortError");
  };

  await world.run({ segment: one, t_90k: one.start_90k });

  assert.deepEqual(world.told, []);
  assert.deepEqual(world.appended, []);
});
