import assert from "node:assert/strict";
import test from "node:test";

import { ServerClock } from "../../streaming/static/streaming/js/server_clock.js";
import { Signalling } from "../../streaming/static/streaming/js/signalling.js";
import { FakeSocket, FakeTime } from "./world.mjs";

const HELLO = { type: "hello", transports: ["webrtc"], ice_servers: [], remote_candidates: false };

function start() {
  const time = new FakeTime();
  const clock = new ServerClock();
  const sockets = [];
  const heard = [];
  const signalling = new Signalling({
    url: "ws://home/ws/cameras/sofa/live/",
    clock,
    time,
    makeSocket: (url) => sockets[sockets.push(new FakeSocket(url)) - 1],
    random: () => 1,
  });
  signalling.subscribe((message) => heard.push(message));
  signalling.open();
  return { time, clock, sockets, heard, signalling };
}

test("what the server says is handed on; what makes no sense is not", () => {
  const { sockets, heard, signalling } = start();
  sockets[0].opens();

  sockets[0].says(HELLO);
  sockets[0].says("nonsense");

  assert.deepEqual(heard, [HELLO]);
  assert.deepEqual(signalling.hello, HELLO);
});

test("nothing is sent while it is not open, and the caller is told", () => {
  const { sockets, signalling } = start();

  assert.equal(signalling.send({ type: "ping" }), false);
  sockets[0].opens();
  assert.equal(signalling.send({ type: "session.close", session: "a" }), true);
});

test("a broken socket is opened again after a growing pause", () => {
  const { time, sockets, signalling } = start();
  sockets[0].opens();
  sockets[0].says(HELLO);

  sockets[0].breaks();
  assert.equal(signalling.hello, null);
  time.pass(300);
  assert.equal(sockets.length, 2);

  sockets[1].breaks();
  time.pass(599);
  assert.equal(sockets.length, 2);
  time.pass(1);
  assert.equal(sockets.length, 3);
});

test("a socket closed for good stays closed and says why", () => {
  const { time, sockets, heard } = start();
  sockets[0].opens();

  sockets[0].breaks(4403);
  time.pass(60_000);

  assert.equal(sockets.length, 1);
  assert.equal(heard.at(-1).final, "You may no longer watch this camera.");
});

test("a socket that does not open in time is given up", () => {
  const { time, sockets } = start();

  time.pass(4000 + 300);

  assert.equal(sockets[0].isClosed, true);
  assert.equal(sockets.length, 2);
});

test("a socket that falls silent is given up", () => {
  const { time, sockets } = start();
  sockets[0].opens();

  time.pass(20_500);

  assert.equal(sockets[0].isClosed, true);
  assert.ok(sockets.length >= 2);
});

test("pings teach the server's clock", () => {
  const { time, clock, sockets } = start();
  sockets[0].opens();
  time.pass(1);
  assert.deepEqual(sockets[0].sent, [{ type: "ping" }]);

  time.pass(9);
  sockets[0].says({ type: "pong", now: 90_000, unix_ms: 5000 });

  assert.equal(clock.round_trip_ms, 10);
});

test("a closed one opens no more by itself", () => {
  const { time, sockets, signalling } = start();
  sockets[0].opens();

  signalling.close();
  sockets[0].breaks();
  time.pass(60_000);

  assert.equal(sockets.length, 1);
});

test("whoever hears that it broke can close it for good", () => {
  const { time, sockets, signalling } = start();
  sockets[0].opens();
  signalling.subscribe((message) => message.type === "socket.closed" && signalling.close());

  sockets[0].breaks();
  time.pass(60_000);

  assert.equal(sockets.length, 1);
});

test("after a change of network it reconnects at once", () => {
  const { sockets, signalling } = start();
  sockets[0].opens();

  signalling.reconnect();

  assert.equal(sockets[0].isClosed, true);
  assert.equal(sockets.length, 2);
});
