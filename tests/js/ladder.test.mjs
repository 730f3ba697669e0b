import assert from "node:assert/strict";
import test from "node:test";

import { Ladder } from "../../streaming/static/streaming/js/ladder.js";

test("it begins with the best and goes down in order", () => {
  const ladder = new Ladder();

  assert.equal(ladder.best, "webrtc");
  assert.equal(ladder.below("webrtc"), "mse");
  assert.equal(ladder.below("mse"), "mjpeg");
  assert.equal(ladder.below("mjpeg"), "still");
  assert.equal(ladder.below("still"), null);
});

test("what the browser or the server lacks is left out", () => {
  const ladder = new Ladder(["still", "mse", "webrtc"]);
  ladder.allow(["mse", "still", "telepathy"]);

  assert.deepEqual(ladder.rungs, ["mse", "still"]);
  assert.equal(ladder.below("mse"), "still");
});

test("with nothing in common there is nothing to try", () => {
  const ladder = new Ladder(["webrtc"]);
  ladder.allow(["mse"]);

  assert.equal(ladder.best, null);
});

test("a chosen start is the top until automatic is chosen again", () => {
  const ladder = new Ladder();

  ladder.startAt("mjpeg");
  assert.deepEqual(ladder.rungs, ["mjpeg", "still"]);

  ladder.startAt("auto");
  assert.equal(ladder.best, "webrtc");
});

test("the reason told is that of the best way which is not in use", () => {
  const ladder = new Ladder();
  ladder.remember("webrtc", "blocked");
  ladder.remember("mse", "no codec");

  assert.equal(ladder.reasonFor("mjpeg"), "blocked");
  assert.equal(ladder.reasonFor("mse"), "blocked");
  assert.equal(ladder.reasonFor("webrtc"), "");
});

test("a reason is gone once the way works, and a person's own choice needs none", () => {
  const ladder = new Ladder();
  ladder.remember("webrtc", "blocked");
  ladder.startAt("mse");
  assert.equal(ladder.reasonFor("mse"), "");

  ladder.startAt("auto");
  ladder.remember("webrtc", null);
  assert.equal(ladder.reasonFor("mse"), "");
});
