import assert from "node:assert/strict";
import test from "node:test";

import { ServerClock } from "../../streaming/static/streaming/js/server_clock.js";

const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-6, `${actual}`);

/** A server whose media clock reads 5 000 000 ms and whose wall clock 9 000 000 at page time 0. */
function ping(clock, { sent_ms, there_ms = 10, back_ms = 10 }) {
  const written_ms = sent_ms + there_ms;
  clock.learn({
    sent_ms,
    received_ms: written_ms + back_ms,
    media_90k: (5_000_000 + written_ms) * 90,
    unix_ms: 9_000_000 + written_ms,
  });
}

test("before the first ping no age is claimed", () => {
  const clock = new ServerClock();

  assert.equal(clock.age_s(0, 0), null);
  assert.equal(clock.ageOfRtp_s(0, 0, 0), null);
  assert.equal(clock.ageOfUnix_s(0, 0), null);
  assert.equal(clock.round_trip_ms, null);
});

test("a picture's age runs from capture to the moment it is on the screen", () => {
  const clock = new ServerClock();
  ping(clock, { sent_ms: 100 });

  near(clock.age_s((5_000_000 + 1000) * 90, 1200), 0.2);
  near(clock.ageOfUnix_s(9_000_000 + 1000, 1150), 0.15);
});

test("the quickest ping decides, as a slow one may be lopsided", () => {
  const clock = new ServerClock();
  ping(clock, { sent_ms: 0, there_ms: 300, back_ms: 2 });
  ping(clock, { sent_ms: 500, there_ms: 3, back_ms: 3 });
  ping(clock, { sent_ms: 900, there_ms: 2, back_ms: 200 });

  near(clock.age_s((5_000_000 + 1000) * 90, 1100), 0.1);
  assert.equal(clock.round_trip_ms, 6);
});

test("an RTP timestamp is freed of its offset and of its wrap at 2^32", () => {
  const clock = new ServerClock();
  ping(clock, { sent_ms: 0 });
  const offset = 4_000_000_000;
  const media_90k = (5_000_000 + 1000) * 90;

  near(clock.ageOfRtp_s((media_90k + offset) % 2 ** 32, offset, 1060), 0.06);
});

test("a picture that seems to come from a little ahead has a small negative age", () => {
  const clock = new ServerClock();
  ping(clock, { sent_ms: 0 });
  const media_90k = (5_000_000 + 1010) * 90;

  near(clock.ageOfRtp_s(media_90k % 2 ** 32, 0, 1000), -0.01);
});

test("old pings are forgotten, so a machine that woke up is believed anew", () => {
  const clock = new ServerClock();
  ping(clock, { sent_ms: 0, there_ms: 1, back_ms: 1 });
  for (let turn = 1; turn <= 12; turn += 1) {
    clock.learn({ sent_ms: turn * 100, received_ms: turn * 100 + 20, media_90k: 0, unix_ms: 0 });
  }

  assert.equal(clock.round_trip_ms, 20);
});
