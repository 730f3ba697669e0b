import assert from "node:assert/strict";
import test from "node:test";

import {
  finalWords,
  isFinal,
  isTheCamera,
  readMessage,
} from "../../streaming/static/streaming/js/messages.js";

test("a message of the right shape is believed", () => {
  const hello = { type: "hello", transports: ["mse"], ice_servers: [], remote_candidates: false };

  assert.deepEqual(readMessage(JSON.stringify(hello)), hello);
});

for (const [what, data] of [
  ["text that is no JSON", "{"],
  ["nothing", "null"],
  ["a number", "7"],
  ["a list", "[]"],
  ["an unknown type", '{"type": "hi"}'],
  ["a type inherited from Object", '{"type": "constructor"}'],
  ["an answer without its session", '{"type": "session.answer", "sdp": "v=0"}'],
  ["an offset that is no number", '{"type": "session.clock", "session": "a", "rtp_offset": "1"}'],
]) {
  test(`${what} is not a message`, () => {
    assert.equal(readMessage(data), null);
  });
}

test("close codes that no waiting will change have words, others have none", () => {
  assert.equal(finalWords(4401), "You are logged out.");
  assert.equal(finalWords(4404), "This camera is gone, or is not yours to see.");
  assert.equal(finalWords(4429), null);
  assert.equal(finalWords(1006), null);
});

test("withdrawn access is final; trouble of the camera is not the way's fault", () => {
  assert.equal(isFinal("access-withdrawn"), true);
  assert.equal(isFinal("capacity"), false);
  assert.equal(isTheCamera("camera-offline"), true);
  assert.equal(isTheCamera("no-answer"), false);
});
