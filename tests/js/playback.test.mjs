import assert from "node:assert/strict";
import test from "node:test";

import { until, useMedia } from "./media.mjs";
import { bytesOf, fragment, segment } from "./recorded.mjs";
import "./statics.mjs";

const { Archive } = await import("../../recordings/static/recordings/js/archive.js");
const { Gone } = await import("../../recordings/static/recordings/js/client.js");
const { FragmentIndex } = await import("../../recordings/static/recordings/js/fragments.js");
const { runsOf } = await import("../../recordings/static/recordings/js/samples.js");

useMedia((bytes) => runsOf(bytes).flatMap(({ times_90k, end_90k }) =>
  times_90k.map((time_90k, n) => [time_90k / 90_000, (times_90k[n + 1] ?? end_90k) / 90_000])));
const { Playback } = await import("../../recordings/static/recordings/js/playback.js");

const FRAME = 3000;
/** Half a second of pictures, thirty a second. */
const HALF = new Array(15).fill(FRAME);

/** A portal with a few segments, that a test may change while somebody watches. */
class Portal {
  archive = new Archive();
  asked = [];
  told = [];
  codecs = {};
  gone = new Set();
  /** How many fragments there are of what is being recorded. */
  grown = null;

  constructor(...segments) {
    this.archive.merge({ from_ms: 0, to_ms: 1e9, segments, visits: [] });
    const wait = () => new Promise((resolve) => setImmediate(resolve));
    this.playback = new Playback({ archive: this.archive, client: this, host: this, wait });
    this.video = this.playback.video;
  }

  async index({ id, start_90k, end_90k }) {
    if (this.gone.has(id)) throw new Gone("410");
    const count = Math.floor((end_90k - start_90k) / 45_000);
    const size = fragment(0, HALF).length;
    const is_growing = this.grown !== null;
    const fragments = Array.from({ length: this.grown ?? count }, (_, n) => [
      n * size, size, start_90k + n * 45_000, start_90k + (n + 1) * 45_000, 15, n % 4 === 0,
    ]);
    const codec = this.codecs[id] ?? "avc1.64001f";
    return new FragmentIndex({ codec, pts_origin: start_90k, init: "AAAAAAAAAAA=", is_growing, fragments });
  }

  async bytes({ id }, first, end) {
    this.asked.push(id);
    const size = fragment(0, HALF).length;
    const numbers = Array.from({ length: (end - first) / size }, (_, n) => first / size + n);
    return bytesOf(...numbers.map((n) => fragment(n * 45_000, HALF)));
  }

  forget() {}

  changed() {}

  pictured({ at_ms }) {
    this.shown = Math.round(at_ms);
  }

  comesTo(at_ms) {
    this.coming = at_ms;
  }

  jumped(from_ms, to_ms) {
    this.told.push(["jumped", Math.round(from_ms), to_ms]);
  }

  skipped() {
    this.told.push("skipped");
  }

  blocked() {
    this.told.push("blocked");
  }

  async isAt(at_ms) {
    await until(() => this.playback.state !== "seeking" && Math.abs(this.shown - at_ms) <= 34);
  }
}

const [one, two] = [segment("a", 0, 60_000), segment("b", 90_000, 150_000, { boot: 2, start_90k: 77 })];

test("the picture of a moment is shown, paused, and it plays on from there", async () => {
  const { playback, video } = new Portal(one, two);
  playback.seek(10_200);
  await until(() => playback.state === "paused");

  assert.equal(playback.moment.t_90k, one.start_90k + 306 * FRAME);
  assert.equal(playback.moment.at_ms, 10_200);
  playback.play();
  await until(() => playback.state === "playing");
  video.goOn(0.5);
  assert.equal(Math.round(playback.moment.at_ms), 10_700);
});

test("a moment in a gap is the beginning of what comes next", async () => {
  const portal = new Portal(one, two);

  portal.playback.seek(70_000);

  await portal.isAt(90_000);
  assert.equal(portal.playback.moment.segment.id, "b");
});

test("what is at hand is not fetched again", async () => {
  const portal = new Portal(one);
  portal.playback.seek(10_000);
  await portal.isAt(10_000);
  await until(() => portal.video.source.buffer.frames.length > 100);
  const before_s = portal.video.currentTime;

  portal.playback.seek(11_500);
  await portal.isAt(11_500);

  // Elsewhere in the media source it would be if it had been.
  assert.ok(Math.abs(portal.video.currentTime - before_s - 1.5) < 0.01);
});

test("steps go to the very next picture and back, also to those not at hand", async () => {
  const portal = new Portal(one);
  const { playback } = portal;
  // A keyframe: what comes before it is not at hand.
  playback.seek(10_000);
  await portal.isAt(10_000);

  playback.step(1);
  await until(() => playback.state === "paused");
  assert.equal(playback.moment.t_90k, one.start_90k + 301 * FRAME);
  for (const expected of [300, 299, 298]) {
    playback.step(-1);
    await until(() => playback.state === "paused" && playback.moment.t_90k === one.start_90k + expected * FRAME);
  }
});

test("steps that are asked for faster than pictures are found are all taken", async () => {
  const portal = new Portal(one);
  const { playback } = portal;
  playback.seek(10_000);
  await portal.isAt(10_000);

  for (const way of [1, 1, 1, -1, 1]) playback.step(way);

  await until(() => playback.moment.t_90k === one.start_90k + 303 * FRAME);
  assert.equal(playback.state, "paused");
});

test("another moment that is sought takes the steps before it back", async () => {
  const portal = new Portal(one);
  const { playback } = portal;
  playback.seek(10_000);
  await portal.isAt(10_000);

  for (const way of [1, 1, 1]) playback.step(way);
  playback.seek(20_000);

  await portal.isAt(20_000);
  await until(() => playback.state === "paused");
  assert.equal(playback.moment.t_90k, one.start_90k + 600 * FRAME);
});

test("a step back from the first picture of a segment is the last of the one before", async () => {
  const portal = new Portal(one, two);
  portal.playback.seek(90_000);
  await portal.isAt(90_000);

  portal.playback.step(-1);

  await portal.isAt(59_967);
  assert.equal(portal.playback.moment.t_90k, one.end_90k - FRAME);
});

test("it plays across a gap and into another boot, and says so", async () => {
  const portal = new Portal(one, two);
  portal.playback.seek(59_000);
  await portal.isAt(59_000);
  portal.playback.play();
  await until(() => portal.playback.state === "playing" && portal.asked.includes("b"));
  await until(() => portal.video.source.buffer.frames.at(-1)[1] - portal.video.currentTime > 2);

  for (let n = 0; n < 12; n += 1) portal.video.goOn(0.1);

  await until(() => portal.shown >= 90_000);
  assert.equal(portal.playback.moment.segment.id, "b");
  assert.deepEqual(portal.told.map(([what]) => what), ["jumped"]);
  assert.equal(portal.coming, 90_000);
});

test("a jump that a person made is no gap worth a word", async () => {
  const portal = new Portal(one, two);
  portal.playback.seek(1000);
  await portal.isAt(1000);
  portal.playback.play();
  await until(() => portal.playback.state === "playing");

  portal.playback.seek(120_000);
  await portal.isAt(120_000);
  await until(() => portal.playback.state === "playing");
  portal.video.goOn(0.1);

  assert.deepEqual(portal.told, []);
});

test("who scrubs sees pictures on the way, and the last one that was asked for", async () => {
  const portal = new Portal(one, two);
  for (const at_ms of [1000, 5000, 9000, 100_000, 30_000]) portal.playback.scrub(at_ms);
  assert.equal(portal.playback.at_ms, 30_000);

  await portal.isAt(30_000);

  // The first and the last: nobody waited for those in between.
  assert.equal(portal.asked.includes("b"), false);
});

test("another seek overtakes one that is under way", async () => {
  const portal = new Portal(one, two);
  portal.playback.seek(1000);
  portal.playback.seek(100_000);
  portal.playback.seek(20_000);

  await portal.isAt(20_000);
  await until(() => portal.playback.state === "paused");
  assert.equal(portal.playback.moment.segment.id, "a");
});

test("at the end it says that there is no more", async () => {
  const portal = new Portal(one);
  portal.playback.seek(59_500);
  await portal.isAt(59_500);
  portal.playback.play();
  await until(() => portal.playback.state === "playing");

  portal.video.goOn(0.45);

  await until(() => portal.playback.state === "ended");
  assert.equal(portal.playback.isNewest, false);
  portal.playback.stop();
});

test("at the end of what is being recorded it waits, and goes on when there is some more", async () => {
  const portal = new Portal(one);
  const { playback, video } = portal;
  portal.grown = 20;
  playback.seek(9500);
  await portal.isAt(9500);
  playback.play();
  await until(() => playback.state === "playing");
  video.goOn(0.45);
  await until(() => playback.state === "ended");
  assert.equal(playback.isNewest, true);
  assert.equal(video.paused, true);

  portal.grown = 22;
  await until(() => video.source.buffer.frames.at(-1)[1] - video.currentTime > 1);
  assert.equal(playback.state, "ended");
  portal.grown = 30;

  await until(() => playback.state === "playing");
  playback.stop();
});

test("what this browser cannot play is passed over", async () => {
  const portal = new Portal(one, two);
  portal.codecs.a = "hvc1.1.6.L93.B0";

  portal.playback.seek(1000);

  await portal.isAt(90_000);
  assert.deepEqual(portal.told, ["skipped"]);
  portal.playback.stop();
});

test("what a decoder gives up at is passed over, with another media source", async () => {
  const portal = new Portal(one, two);
  portal.video.bad_s = 10;

  portal.playback.seek(10_000);

  await portal.isAt(90_000);
  assert.equal(portal.video.sources.length, 2);
  assert.deepEqual(portal.told, ["skipped"]);
  portal.playback.stop();
});

test("when nothing can be played it says why, and gives up", async () => {
  const portal = new Portal(one);
  portal.codecs.a = "hvc1.1.6.L93.B0";

  portal.playback.seek(1000);

  await until(() => portal.playback.state === "failed");
  assert.match(portal.playback.reason, /hvc1/);
});

test("what was deleted is passed over, and nothing at all is told in words", async () => {
  const portal = new Portal(one, two);
  portal.gone.add("a");
  portal.playback.seek(1000);
  await portal.isAt(90_000);
  assert.deepEqual(portal.told, ["skipped"]);
  portal.playback.stop();

  const empty = new Portal();
  empty.playback.seek(1000);
  assert.equal(empty.playback.state, "failed");
});

test("speeds stay through what is sought", async () => {
  const portal = new Portal(one);
  portal.playback.speed = 4;
  portal.playback.seek(1000);
  await portal.isAt(1000);

  assert.equal(portal.video.playbackRate, 4);
  assert.equal(portal.video.defaultPlaybackRate, 4);
});

test("a long look back does not fill the memory", async () => {
  const portal = new Portal(segment("a", 0, 600_000));
  portal.playback.seek(0);
  await portal.isAt(0);
  portal.playback.play();
  await until(() => portal.playback.state === "playing");

  let most = 0;
  for (let n = 0; n < 100; n += 1) {
    await until(() => portal.playback.video.source.buffer.frames.at(-1)[1] - portal.video.currentTime > 8);
    portal.video.goOn(1);
    most = Math.max(most, portal.video.source.buffer.frames.length);
  }

  // Behind, in between trims, ahead, and a chunk more: of thirty pictures a second.
  assert.ok(most < (20 + 8 + 12 + 4) * 30, `${most} pictures`);
  portal.playback.stop();
});
