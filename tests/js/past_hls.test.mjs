import assert from "node:assert/strict";
import test from "node:test";

import { segment } from "./recorded.mjs";
import "./statics.mjs";

const { Archive } = await import("../../recordings/static/recordings/js/archive.js");
const { HlsPlayback, HlsTimes } = await import("../../recordings/static/recordings/js/past_hls.js");

const segments = [segment("a", 0, 60_000), segment("b", 100_000, 160_000)];

class Video extends EventTarget {
  currentTime = 0;
  asked = [];
  constructor(plays) {
    super();
    this.canPlayType = () => plays;
  }
  set src(url) {
    this.asked.push(url);
  }
  load() {}
  pause() {}
  async play() {
    this.dispatchEvent(new Event("playing"));
  }
  getStartDate() {
    return new Date(20_000);
  }
  tell(type) {
    this.dispatchEvent(new Event(type));
  }
}

function playing(plays = "maybe") {
  const video = new Video(plays);
  globalThis.document = { createElement: () => video };
  const archive = new Archive();
  archive.merge({ from_ms: 0, to_ms: 1e9, segments, visits: [] });
  const jumps = [];
  const host = { changed() {}, pictured() {}, blocked() {}, jumped: (...gap) => jumps.push(gap) };
  const client = { playlistUrl: (from_ms) => `/playlist?${from_ms}` };
  return { playback: new HlsPlayback({ archive, client, host }), video, jumps };
}

test("positions in a playlist are laid end to end over gaps", () => {
  const times = new HlsTimes(segments, 20_000);

  assert.equal(times.at(0).at_ms, 20_000);
  assert.equal(times.at(39).at_ms, 59_000);
  assert.equal(times.at(41).at_ms, 101_000);
  assert.equal(times.at(41).segment.id, "b");
  assert.equal(times.positionOf(101_000), 41);
  assert.equal(times.positionOf(70_000), null);
  assert.equal(times.positionOf(10_000), null);
});

test("what is sought is asked for as a playlist once, and found in it after", async () => {
  const { playback, video } = playing();
  playback.seek(30_000);
  assert.equal(playback.state, "seeking");
  video.tell("loadedmetadata");
  assert.equal(video.currentTime, 10);
  video.tell("seeked");

  playback.seek(110_000);
  video.tell("seeked");

  assert.deepEqual(video.asked, ["/playlist?30000"]);
  assert.equal(video.currentTime, 50);
  assert.equal(playback.moment.at_ms, 110_000);
  assert.equal(playback.state, "paused");
});

test("a gap that was played over is told", () => {
  const { playback, video, jumps } = playing();
  playback.seek(59_000);
  video.tell("loadedmetadata");
  video.tell("seeked");

  video.currentTime = 41;
  video.tell("timeupdate");

  assert.deepEqual(jumps, [[59_000, 101_000]]);
});

test("a browser that plays neither says so", () => {
  const { playback } = playing("");

  playback.seek(1000);

  assert.equal(playback.state, "failed");
  assert.match(playback.reason, /cannot play recordings/);
});
