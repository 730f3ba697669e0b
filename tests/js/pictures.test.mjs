import assert from "node:assert/strict";
import test, { afterEach } from "node:test";

import { comesHidden, watchPictures } from "../../streaming/static/streaming/js/pictures.js";

class Frame {
  isClosed = false;
  displayWidth = 1280;
  displayHeight = 720;

  constructor({ rtpTimestamp, timestamp = 0 } = {}) {
    this.rtpTimestamp = rtpTimestamp;
    this.timestamp = timestamp;
  }

  metadata() {
    return { rtpTimestamp: this.rtpTimestamp };
  }

  close() {
    this.isClosed = true;
  }
}

class Video {
  videoWidth = 640;
  videoHeight = 480;
  pictured = new Frame();

  requestVideoFrameCallback(callback) {
    this.callback = callback;
  }

  shows(frame, metadata) {
    this.pictured = frame;
    this.callback(0, { expectedDisplayTime: 0, ...metadata });
  }
}

/** A track whose pictures are handed out as they are put in. */
function handOut() {
  const waiting = [];
  let wake = null;
  const reader = {
    read: () => new Promise((resolve) => {
      if (waiting.length) resolve(waiting.shift());
      else wake = resolve;
    }),
    cancel: () => put({ done: true }),
  };
  const put = (item) => (wake ? wake(item) : waiting.push(item));
  globalThis.MediaStreamTrackProcessor = class {
    readable = { getReader: () => reader };
  };
  return (frame) => {
    put({ done: false, value: frame });
    return new Promise((resolve) => setImmediate(resolve));
  };
}

const webrtc = (video, track = null) => ({
  video, track, mediaTime_90k: ({ rtpTimestamp }) => rtpTimestamp ?? null,
});
const mse = (video) => ({ video, track: null, mediaTime_90k: ({ mediaTime }) => mediaTime * 90_000 });

afterEach(() => {
  delete globalThis.VideoFrame;
  delete globalThis.MediaStreamTrackProcessor;
});

test("a track's pictures come one by one, each held until the next", async () => {
  const give = handOut();
  const seen = [];
  const stop = watchPictures(webrtc(new Video(), {}), (picture) => seen.push(picture));
  const frames = [1, 2, 3].map((rtpTimestamp) => new Frame({ rtpTimestamp }));

  await give(frames[0]);
  await give(frames[1]);
  assert.deepEqual(seen.map(({ media_90k }) => media_90k), [1, 2]);
  assert.deepEqual(frames.map(({ isClosed }) => isClosed), [true, false, false]);

  stop();
  await give(frames[2]);
  assert.equal(seen.length, 2);
  assert.equal(frames[1].isClosed, true);
});

test("pictures come to a hidden page only from a track that hands them out", () => {
  assert.equal(comesHidden(webrtc(new Video(), {})), false);
  handOut();
  assert.equal(comesHidden(webrtc(new Video(), {})), true);
  assert.equal(comesHidden(mse(new Video())), false);
});

test("what a <video> shows has its own time, whatever the callback says", () => {
  globalThis.VideoFrame = function VideoFrame(video) {
    return video.pictured;
  };
  const [direct, buffered] = [new Video(), new Video()];
  const seen = [];
  watchPictures(webrtc(direct), ({ media_90k }) => seen.push(media_90k));
  watchPictures(mse(buffered), ({ media_90k, width }) => seen.push(media_90k, width));

  direct.shows(new Frame({ rtpTimestamp: 8 }), { rtpTimestamp: 7 });
  buffered.shows(new Frame({ timestamp: 2_100_000 }), { mediaTime: 2 });
  // A browser whose frames count from somewhere else.
  buffered.shows(new Frame({ timestamp: 9e9 }), { mediaTime: 3 });

  assert.deepEqual(seen, [8, 189_000, 1280, 270_000, 1280]);
});

test("a browser that makes no frames draws the <video> by the callback's time", () => {
  globalThis.VideoFrame = function VideoFrame() {
    throw new Error("InvalidStateError");
  };
  const video = new Video();
  const seen = [];
  const stop = watchPictures(webrtc(video), (picture) => seen.push(picture));

  video.shows(null, { rtpTimestamp: 7 });
  video.shows(null, {});
  stop();
  video.shows(null, { rtpTimestamp: 9 });

  assert.deepEqual(seen, [{ image: video, width: 640, height: 480, media_90k: 7 }]);
});
