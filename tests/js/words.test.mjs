import assert from "node:assert/strict";
import test from "node:test";

import {
  badge,
  notice,
  pictureTime,
  seconds,
  snapshotName,
} from "../../streaming/static/streaming/js/words.js";

const at = (hour, minute, second = 0) => new Date(2026, 10, 22, hour, minute, second).getTime();

test("the badge says what, how old and which way", () => {
  assert.equal(badge("webrtc", 0.21), "LIVE · 0.2 s · direct");
  assert.equal(badge("mse", null), "LIVE · through the portal");
  assert.equal(badge("still", 2.6), "STILLS · 2.6 s");
});

test("an age that cannot be told apart from nothing is a tenth of a second", () => {
  assert.equal(seconds(0.02), "0.1 s");
  assert.equal(seconds(-0.01), "0.1 s");
  assert.equal(seconds(12.4), "12 s");
  assert.equal(seconds(null), "");
});

test("the notice gives the reason and what is done instead", () => {
  assert.equal(
    notice("Direct video is blocked on this network", "mse"),
    "Direct video is blocked on this network; showing it through the portal's own connection",
  );
  assert.equal(notice("", "mse"), "");
  assert.equal(notice("a reason", "webrtc"), "");
});

test("a picture tells its time and how long ago that is", () => {
  const told = (from, to) => pictureTime(from, to, "en-GB");

  assert.equal(told(at(10, 42), at(10, 42, 2)), "10:42, just now");
  assert.equal(told(at(10, 42), at(10, 42, 20)), "10:42, 20 seconds ago");
  assert.equal(told(at(10, 42), at(10, 43)), "10:42, a minute ago");
  assert.equal(told(at(10, 42), at(10, 49)), "10:42, 7 minutes ago");
  assert.equal(told(at(10, 42), at(11, 45)), "10:42, an hour ago");
  assert.equal(told(at(10, 42), at(15, 45)), "10:42, 5 hours ago");
  assert.equal(told(at(1, 0), at(23, 0)), "22 November, 01:00");
});

test("a snapshot's name sorts by time and suits every file system", () => {
  assert.equal(snapshotName("Living room", at(9, 5, 7)), "Living room 2026-11-22 09.05.07.jpg");
  assert.equal(snapshotName('a/b\\c:"d"', at(9, 5, 7)), "a b c d 2026-11-22 09.05.07.jpg");
  assert.equal(snapshotName("///", at(9, 5, 7)), "Camera 2026-11-22 09.05.07.jpg");
});
