import assert from "node:assert/strict";
import { test } from "node:test";
import { readNews, VisitNews } from "../../detections/static/detections/js/news.js";
import { FakeTime } from "./world.mjs";

/** Socket, time and back-off under the test's thumb. */
class World {
  time = new FakeTime();
  sockets = [];
  news = [];
  states = [];
  resets = 0;

  constructor() {
    this.visitNews = new VisitNews({
      url: "ws://home/history/",
      backoff: { next: () => 500, reset: () => (this.resets += 1) },
      onVisits: (news) => this.news.push(news),
      onState: (state) => this.states.push(state),
      makeSocket: (url) => {
        const socket = { url, readyState: 1, sent: [], send: (text) => socket.sent.push(text) };
        socket.close = () => (socket.readyState = 3);
        this.sockets.push(socket);
        return socket;
      },
      time: this.time,
    });
    this.visitNews.open();
  }

  get socket() {
    return this.sockets.at(-1);
  }

  hear(message) {
    this.socket.onmessage({ data: JSON.stringify(message) });
  }

  pass(ms) {
    this.time.pass(ms);
  }
}

test("visits that changed are told as they come", () => {
  const world = new World();
  world.hear({ type: "hello" });
  world.hear({ type: "visits", visits: [3, 7], anew: false });

  assert.deepEqual(world.states, ["live"]);
  assert.deepEqual(world.news, [{ type: "visits", visits: [3, 7], anew: false }]);
  assert.equal(world.resets, 1);
});

test("a socket that broke is opened again, and what was missed is looked up anew", () => {
  const world = new World();
  world.hear({ type: "hello" });
  world.socket.onclose({ code: 1006 });
  world.pass(499);
  assert.equal(world.sockets.length, 1);
  world.pass(1);
  world.hear({ type: "hello" });

  assert.deepEqual(world.states, ["live", "waiting", "live"]);
  assert.deepEqual(world.news, [{ visits: [], anew: true }]);
});

test("nobody comes back after a final word", () => {
  for (const code of [4401, 4403, 4404]) {
    const world = new World();
    world.socket.onclose({ code });
    world.pass(60_000);
    assert.deepEqual([world.states, world.sockets.length], [["ended"], 1]);
  }
});

test("a socket that says nothing any more is given up", () => {
  const world = new World();
  world.hear({ type: "hello" });
  world.pass(20_000);
  assert.deepEqual(world.socket.sent, ['{"type":"ping"}']);
  world.hear({ type: "pong" });
  world.pass(40_000);
  assert.equal(world.sockets.length, 1);
  world.pass(30_000);

  assert.equal(world.sockets.length, 2);
  assert.deepEqual(world.news, []);
});

test("a closed page hears nothing and opens nothing", () => {
  const world = new World();
  const { socket } = world;
  world.visitNews.close();
  socket.onmessage({ data: '{"type":"visits","visits":[1],"anew":false}' });
  socket.onclose({ code: 1006 });
  world.pass(60_000);

  assert.deepEqual([world.news, world.sockets.length], [[], 1]);
});

test("nonsense is not believed", () => {
  for (const text of [
    "",
    "[]",
    "null",
    '{"type":"visits"}',
    '{"type":"visits","visits":["1"],"anew":false}',
    '{"type":"visits","visits":[-1],"anew":false}',
    '{"type":"visits","visits":[1.5],"anew":false}',
    '{"type":"visits","visits":[1],"anew":"no"}',
    '{"type":"other"}',
  ]) {
    assert.equal(readNews(text), null, text);
  }
});
