import assert from "node:assert/strict";
import test from "node:test";

import { Ladder } from "../../streaming/static/streaming/js/ladder.js";
import { Session } from "../../streaming/static/streaming/js/session.js";
import { FakeTime, FakeTransport } from "./world.mjs";

const LIVE = { type: "camera.state", state: "live", text: "" };
const STALLED = { type: "camera.state", state: "stalled", text: "The camera sends nothing." };

function start() {
  const time = new FakeTime();
  const ladder = new Ladder();
  const made = [];
  const states = [];
  const session = new Session({
    ladder,
    time,
    random: () => 1,
    makeTransport: (kind, host) => made[made.push(new FakeTransport(kind, host)) - 1],
    onChange: ({ state }) => state !== states.at(-1) && states.push(state),
  });
  session.start();
  const newest = () => made.at(-1);
  /** Let pictures flow for a while, one each 100 ms. */
  const play = (transport, ms) => {
    for (let passed = 0; passed < ms; passed += 100) {
      transport.frame(0.05);
      time.pass(100);
    }
  };
  return { time, ladder, made, states, session, newest, play };
}

const kinds = (made) => made.map((transport) => transport.kind);

test("it is live with the first picture, not before", () => {
  const { session, newest, states } = start();
  newest().isReady = true;
  assert.equal(session.state, "connecting");

  newest().frame();

  assert.deepEqual(states, ["connecting", "live"]);
  assert.equal(session.transport, "webrtc");
});

test("a picture from long ago is not live", () => {
  const { session, newest } = start();

  newest().frame(30);
  assert.equal(session.state, "connecting");

  newest().frame(0.1);
  assert.equal(session.state, "live");
});

test("a way that brings no picture in time gives way to the next, and the reason is kept", () => {
  const { time, session, made, newest } = start();

  time.pass(2500);
  assert.deepEqual(kinds(made), ["webrtc", "mse"]);
  assert.equal(made[0].isStopped, true);

  newest().frame();
  assert.equal(session.state, "live");
  assert.equal(session.reason, "webrtc was late");
});

test("MSE shows a picture within 4 s of the click when direct video is blocked", () => {
  const { time, session, newest } = start();

  time.pass(2500);
  newest().frame();

  assert.equal(session.transport, "mse");
  assert.ok(time.now() - 1000 <= 4000);
});

test("down to the last way, then again from the top after a pause", () => {
  const { time, session, made } = start();

  time.pass(2500 + 2500 + 3500 + 6000);
  assert.deepEqual(kinds(made), ["webrtc", "mse", "mjpeg", "still"]);
  assert.equal(session.state, "retrying");
  assert.equal(session.reason, "still was late");

  time.pass(500);
  assert.equal(made.length, 5);
  assert.equal(made[4].kind, "webrtc");
});

test("a frozen picture is noticed within 2.5 s and renewed by the same way first", () => {
  const { time, session, made, newest, play } = start();
  play(newest(), 3000);

  time.pass(2600);

  assert.equal(session.state, "retrying");
  assert.deepEqual(kinds(made), ["webrtc", "webrtc"]);
  assert.equal(session.restarts, 1);
  newest().frame();
  assert.equal(session.state, "live");
});

test("while the camera itself is away nothing is torn down, and its own words are told", () => {
  const { time, session, made, newest, play } = start();
  play(newest(), 1000);

  session.cameraTold(STALLED);
  time.pass(3000);
  assert.equal(session.state, "retrying");
  assert.equal(session.reason, "The camera sends nothing.");
  assert.equal(made.length, 1);
  assert.equal(made[0].isStopped, false);

  made[0].frame();
  assert.equal(session.state, "live");
});

test("a camera that comes back without its pictures makes a new connection", () => {
  const { time, session, made, newest, play } = start();
  play(newest(), 1000);
  session.cameraTold(STALLED);
  time.pass(5000);

  session.cameraTold(LIVE);
  time.pass(2600);

  assert.equal(made.length, 2);
});

test("a camera known to be away is named at once, not after a deadline", () => {
  const { session } = start();

  session.cameraTold(STALLED);

  assert.equal(session.state, "retrying");
  assert.equal(session.reason, "The camera sends nothing.");
});

test("a connection that only lacks the camera's pictures is not blamed", () => {
  const { time, session, made, newest } = start();
  newest().isReady = true;
  session.cameraTold(STALLED);

  time.pass(8000);
  assert.deepEqual(kinds(made), ["webrtc"]);
  assert.equal(session.state, "retrying");
  assert.equal(session.reason, "The camera sends nothing.");

  session.cameraTold(LIVE);
  newest().frame();
  assert.equal(session.state, "live");
});

test("it climbs back by itself and the picture goes on meanwhile", () => {
  const { time, session, made, newest, play } = start();
  time.pass(2500);
  const mse = newest();

  play(mse, 6100);
  assert.deepEqual(kinds(made), ["webrtc", "mse", "webrtc"]);
  assert.equal(session.state, "live");
  assert.equal(session.transport, "mse");
  assert.equal(mse.isStopped, false);

  newest().frame();
  assert.equal(session.transport, "webrtc");
  assert.equal(session.reason, "");
  assert.equal(mse.isStopped, true);
});

test("a climb that fails leaves the picture alone and is tried less and less often", () => {
  const { time, session, made, newest, play } = start();
  time.pass(2500);
  const mse = newest();

  play(mse, 6100 + 2500);
  assert.equal(made.length, 3);
  assert.equal(session.state, "live");
  play(mse, 14_000);
  assert.equal(made.length, 3);
  play(mse, 1500);
  assert.equal(made.length, 4);
  assert.equal(session.transport, "mse");
});

test("a person's choice is tried while the picture goes on", () => {
  const { session, made, newest } = start();
  const direct = newest();
  direct.frame();

  session.choose("mjpeg");
  assert.equal(session.state, "live");
  assert.equal(direct.isStopped, false);

  newest().frame();
  assert.equal(session.transport, "mjpeg");
  assert.equal(session.reason, "");
  assert.deepEqual(kinds(made), ["webrtc", "mjpeg"]);
});

test("what the server does not offer is not tried any longer", () => {
  const { session, made } = start();

  session.allow(["mse", "still"]);

  assert.deepEqual(kinds(made), ["webrtc", "mse"]);
  assert.equal(made[0].isStopped, true);
});

test("withdrawn access ends it in words, and nothing tries again", () => {
  const { time, session, made, newest } = start();
  newest().frame();

  newest().fail("access-withdrawn", "You may no longer watch this camera.");
  time.pass(120_000);

  assert.equal(session.state, "failed");
  assert.equal(session.reason, "You may no longer watch this camera.");
  assert.equal(made.length, 1);
});

test("a session that the streamer no longer knows is opened anew", () => {
  const { session, made, newest } = start();
  newest().frame();

  newest().fail("unknown-session", "The streamer was restarted");

  assert.equal(session.state, "retrying");
  assert.deepEqual(kinds(made), ["webrtc", "webrtc"]);
});

test("a camera that is switched off is waited for, not shown by worse ways", () => {
  const { time, session, made, newest } = start();

  newest().fail("camera-disabled", "The camera is switched off.");
  assert.equal(session.reason, "The camera is switched off.");
  time.pass(500);

  assert.deepEqual(kinds(made), ["webrtc", "webrtc"]);
});

test("after sleep everything is made new at once", () => {
  const { time, session, made, newest, play } = start();
  play(newest(), 1000);

  time.sleep(600_000);
  time.pass(500);

  assert.equal(session.state, "retrying");
  assert.equal(made.length, 2);
});

test("stopping lets go of everything and fires nothing later", () => {
  const { time, session, made, newest } = start();
  newest().frame();

  session.stop();
  time.pass(60_000);

  assert.equal(session.state, "idle");
  assert.equal(made[0].isStopped, true);
  assert.equal(made.length, 1);
});

test("a renewed connection takes the old one's place when it shows pictures, and not before", () => {
  const { session, made, newest, states } = start();
  newest().frame();

  session.renew();
  made[0].frame();
  assert.equal(session.current, made[0]);

  made[1].frame();
  assert.equal(session.current, made[1]);
  assert.ok(made[0].isStopped);
  assert.deepEqual(kinds(made), ["webrtc", "webrtc"]);
  assert.deepEqual(states, ["connecting", "live"]);
});
