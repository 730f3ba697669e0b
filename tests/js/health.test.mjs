import assert from "node:assert/strict";
import test from "node:test";

import { figures } from "../../streaming/static/streaming/js/health.js";

test("a live camera is told in figures, and its last problem stays as it is", () => {
  const health = {
    is_enabled: true,
    source: { state: "live", code: "", text: "", fps: 30, kbps: 2100, restarts: 1, width: 1280, height: 720, codec: "h264" },
    stream: { state: "live", code: "", text: "", fps: 29.97, kbps: 2048, age_ms: 21.4, viewers: 3 },
  };

  assert.deepEqual(figures(health), {
    state: "live",
    fps: "30.0",
    bitrate: "2.0 Mbit/s",
    picture: "1280 × 720, H264",
    age: "21 ms ago",
    viewers: "3",
    restarts: "1",
  });
});

test("a camera that does not answer is told in words with the hint", () => {
  const source = { state: "offline", code: "unreachable", text: "The camera does not answer.", hint: "Check its power.", restarts: 4 };

  const told = figures({ is_enabled: true, source, stream: {} });

  assert.equal(told.state, "offline");
  assert.equal(told.problem, "The camera does not answer. Check its power.");
  assert.equal(told.fps, "–");
});

test("nothing known and switched off have words too", () => {
  assert.equal(figures({ is_enabled: true }).state, "no news from the camera yet");
  assert.equal(figures({ is_enabled: false }).state, "switched off");
});
