import assert from "node:assert/strict";
import test from "node:test";

import { BoxStore, overlap, unwrapped } from "../../streaming/static/streaming/js/boxes.js";

const SECOND = 90_000;
const FRAME = 3000;
const T = 1e10;

const cat = (x, more = {}) => ({
  id: 1, label: "cat", score: 0.8, box: [x, 0.4, 0.2, 0.3], v: [0, 0, 0, 0], ...more,
});
const seen = (t, tracks, source = "detector") => ({ type: "boxes", t, source, tracks });
const lefts = (boxes) => boxes.map(({ box }) => Number(box[0].toFixed(4)));

function storeOf(...messages) {
  const store = new BoxStore();
  for (const message of messages) store.add(message);
  return store;
}

test("a wrapped time is the one nearest to what is known", () => {
  const wrap = 2 ** 32;

  assert.equal(unwrapped(5, 3 * wrap - 10), 3 * wrap + 5);
  assert.equal(unwrapped(wrap - 5, 3 * wrap + 10), 3 * wrap - 5);
  assert.equal(unwrapped(T % wrap, T + 7), T);
});

test("without boxes there is no time", () => {
  assert.equal(new BoxStore().timeOf(1), null);
  assert.equal(storeOf(seen(T, [])).timeOf(T % 2 ** 32), T);
});

test("exact: a picture's own boxes, however near the others are", () => {
  const store = storeOf(...[0, 1, 2].map((n) => seen(T + n * FRAME, [cat(n / 10)])));

  assert.deepEqual(lefts(store.exact(T + FRAME)), [0.1]);
  assert.deepEqual(lefts(store.exact(T + FRAME + 1)), [0.1]);
});

test("exact: between two looks a box is on the line between them, as sure as the less sure", () => {
  const store = storeOf(
    seen(T, [cat(0.1, { score: 0.9 })]),
    seen(T + 3 * FRAME, [cat(0.4, { score: 0.6 })]),
  );

  const [box] = store.exact(T + FRAME);

  assert.deepEqual(lefts([box]), [0.2]);
  assert.equal(box.score, 0.6);
});

test("exact: nothing after the last look, before the first, or across a long gap", () => {
  const store = storeOf(seen(T, [cat(0.1)]), seen(T + 5 * SECOND, [cat(0.2)]));

  assert.deepEqual(store.exact(T - FRAME), []);
  assert.deepEqual(store.exact(T + 6 * SECOND), []);
  assert.deepEqual(store.exact(T + SECOND), []);
});

test("exact: who is in only one of two looks is not drawn between them", () => {
  const store = storeOf(seen(T, [cat(0.1), cat(0.7, { id: 2 })]), seen(T + 2 * FRAME, [cat(0.2)]));

  assert.deepEqual(lefts(store.exact(T)), [0.1, 0.7]);
  assert.deepEqual(lefts(store.exact(T + FRAME)), [0.15]);
});

test("a picture after the last look has boxes to wait for while there is somebody", () => {
  const store = storeOf(seen(T, [cat(0.1)]));

  assert.deepEqual([T - FRAME, T, T + FRAME].map((t) => store.awaits(t)), [false, false, true]);
  assert.equal(store.awaits(T + 9 * SECOND), false);

  store.add(seen(T + FRAME, []));
  assert.equal(store.awaits(T + 2 * FRAME), false);
});

test("boxes that come late, or twice, take their place in time", () => {
  const store = storeOf(
    seen(T + 2 * FRAME, [cat(0.3)]), seen(T, [cat(0.1)]), seen(T + FRAME, [cat(0.9)]),
    seen(T + FRAME, [cat(0.2)]),
  );

  assert.deepEqual([0, 1, 2].flatMap((n) => lefts(store.exact(T + n * FRAME))), [0.1, 0.2, 0.3]);
});

test("fast: a box moves on as it moved, less and less sure of it", () => {
  const store = storeOf(seen(T, [cat(0.1, { v: [0.1, 0, 0, 0] })]));
  const at = (s) => store.predicted(T + s * SECOND)[0];

  assert.ok(Math.abs(at(0.2).box[0] - 0.12) < 0.002);
  assert.ok(at(0.9).box[0] < 0.19 && at(0.9).box[0] > 0.15);
  assert.equal(at(0.9).strength, 1);
  assert.ok(at(1.5).strength > 0.4 && at(1.5).strength < 0.6);
  assert.equal(at(2.1), undefined);
});

test("fast: between two looks it is exact", () => {
  const store = storeOf(seen(T, [cat(0.1, { v: [9, 9, 9, 9] })]), seen(T + 2 * FRAME, [cat(0.2)]));

  assert.deepEqual(lefts(store.predicted(T + FRAME)), [0.15]);
});

test("fast: who was missed once fades, and is gone when nothing is there", () => {
  const store = storeOf(seen(T, [cat(0.1)]), seen(T + SECOND / 5, []));

  assert.ok(store.predicted(T + SECOND / 4)[0].strength < 0.6);
  assert.deepEqual(store.predicted(T + SECOND), []);
});

test("two sources that see the same animal draw one box, two animals two", () => {
  const store = storeOf(
    seen(T, [cat(0.1), cat(0.6, { id: 2 })], "a"), seen(T, [cat(0.11)], "b"),
  );

  assert.deepEqual(lefts(store.exact(T)), [0.11, 0.6]);
});

test("what is no box is left out, and the rest of its message stays", () => {
  const broken = [null, {}, cat("0.1"), cat(0.1, { box: [0, 0, 1] }), cat(0.1, { label: 7 }),
    cat(0.1, { score: NaN }), cat(0.1, { v: [1] })];

  const store = storeOf(seen(T, [...broken, cat(0.3, { id: 9, v: undefined })]));

  assert.deepEqual(lefts(store.predicted(T)), [0.3]);
});

test("what is kept is bounded, and a clock that begins anew begins here, too", () => {
  const store = new BoxStore();
  for (let n = 0; n < 5000; n += 1) store.add(seen(T + n * FRAME, [cat(0.1)], `source ${n % 99}`));

  assert.deepEqual(store.exact(T), []);

  store.add(seen(90, [cat(0.5)]));
  assert.deepEqual(lefts(store.predicted(90)), [0.5]);
  assert.equal(store.timeOf(95), 95);
});

test("the look before is the one since which pictures waited", () => {
  const store = storeOf(seen(T, [cat(0.1)]), seen(T + FRAME, [cat(0.1)]));

  assert.equal(store.before("detector", T + FRAME), T);
  assert.equal(store.before("detector", T), null);
  assert.equal(store.before("detector", T + 9 * SECOND), null);
});

test("overlap is what two boxes share", () => {
  assert.equal(overlap([0, 0, 1, 1], [0, 0, 1, 1]), 1);
  assert.equal(overlap([0, 0, 0.5, 1], [0.5, 0, 0.5, 1]), 0);
  assert.equal(overlap([0, 0, 1, 1], [0.5, 0, 1, 1]), 1 / 3);
});
