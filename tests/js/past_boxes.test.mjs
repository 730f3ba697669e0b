import assert from "node:assert/strict";
import test from "node:test";

import { segment } from "./recorded.mjs";
import "./statics.mjs";

const { PastBoxes } = await import("../../recordings/static/recordings/js/past_boxes.js");

const MINUTE_MS = 60_000;
const one = segment("a", 0, 60 * MINUTE_MS, { start_90k: 0 });
const moment = (at_ms, of = one) => ({ segment: of, t_90k: at_ms * 90, at_ms });
const arrived = () => new Promise((resolve) => setImmediate(resolve));

function path(points, more = {}) {
  return { visit: 1, boot: 1, label: "cat", score: 0.9, pet: null, points, ...more };
}

async function boxesOf(...paths) {
  const asked = [];
  const boxes = new PastBoxes({
    load: async (from_ms, to_ms) => {
      asked.push([from_ms / MINUTE_MS, to_ms / MINUTE_MS]);
      return paths;
    },
    onLoaded: () => {},
  });
  boxes.need(1000);
  await arrived();
  return { boxes, asked };
}

test("between two points a box is on its way, on each exactly there, and beyond nowhere", async () => {
  const { boxes } = await boxesOf(path([[90_000, 0, 0, 0.2, 0.2], [180_000, 0.5, 0.1, 0.2, 0.4]]));

  assert.deepEqual(boxes.at(moment(1000)).map(({ box }) => box), [[0, 0, 0.2, 0.2]]);
  assert.deepEqual(boxes.at(moment(1500)).map(({ box }) => box), [[0.25, 0.05, 0.2, 0.30000000000000004]]);
  assert.deepEqual(boxes.at(moment(2000)).map(({ box }) => box), [[0.5, 0.1, 0.2, 0.4]]);
  assert.deepEqual([999, 2001].map((at_ms) => boxes.at(moment(at_ms)).length), [0, 0]);
});

test("boxes of another boot are another time's", async () => {
  const { boxes } = await boxesOf(path([[0, 0, 0, 1, 1], [900_000, 0, 0, 1, 1]], { boot: 2 }));

  assert.deepEqual(boxes.at(moment(1000)), []);
  assert.equal(boxes.at(moment(1000, { ...one, boot: 2 })).length, 1);
});

test("an animal with a name is drawn once, by its name", async () => {
  const points = [[0, 0.1, 0.1, 0.4, 0.4], [900_000, 0.1, 0.1, 0.4, 0.4]];
  const pet = { name: "Miso", colour: "#c2570c" };
  const { boxes } = await boxesOf(path(points), path(points, { visit: 2, pet }));

  assert.deepEqual(boxes.at(moment(1000)), [
    { key: "visit 2", label: "cat", score: 0.9, pet, box: [0.1, 0.1, 0.4, 0.4], strength: 1 },
  ]);
});

test("pictures near boxes are known before and after them", async () => {
  const { boxes } = await boxesOf(path([[270_000, 0, 0, 1, 1], [360_000, 0, 0, 1, 1]]));

  assert.deepEqual([1500, 2500, 3500, 4500, 5500].map((at_ms) => boxes.isNear(moment(at_ms))), [
    false, true, true, true, false,
  ]);
});

test("what is no path is left out", async () => {
  const { boxes } = await boxesOf(
    path([[0, 0, 0, 1]]), path([[0, 0, 0, 1, Number.NaN]]), { label: "cat" }, path("none"),
    path([[0, 0, 0, 1, 1], [900_000, 0, 0, 1, 1]], { label: 5 }),
  );

  assert.deepEqual(boxes.at(moment(1000)), []);
});

test("each stretch is asked for once, and the next one in time", async () => {
  const { boxes, asked } = await boxesOf();

  boxes.need(2 * MINUTE_MS);
  boxes.need(4 * MINUTE_MS);
  boxes.need(4.5 * MINUTE_MS);

  assert.deepEqual(asked, [[0, 5], [5, 10]]);
});

test("boxes of what is being recorded are asked for again, and stay in sight meanwhile", async () => {
  const { boxes, asked } = await boxesOf(path([[0, 0, 0, 1, 1], [900_000, 0, 0, 1, 1]]));

  boxes.renewFrom(3 * MINUTE_MS);
  boxes.need(1000);

  assert.equal(asked.length, 2);
  assert.equal(boxes.at(moment(1000)).length, 1);
});

test("what could not be fetched is asked for again after a while", async () => {
  let now_ms = 0;
  let asked = 0;
  const load = async () => {
    asked += 1;
    throw new TypeError("fetch failed");
  };
  const boxes = new PastBoxes({ load, onLoaded: assert.fail, now: () => now_ms });

  boxes.need(0);
  await arrived();
  boxes.need(0);
  assert.equal(asked, 1);
  now_ms = 6000;
  boxes.need(0);
  await arrived();

  assert.equal(asked, 2);
});

test("only so many stretches are remembered", async () => {
  const { boxes, asked } = await boxesOf();

  for (let n = 1; n < 12; n += 1) boxes.need(n * 5 * MINUTE_MS);
  await arrived();
  boxes.need(0);

  assert.deepEqual(asked.at(-1), [0, 5]);
});
