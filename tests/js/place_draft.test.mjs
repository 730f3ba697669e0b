import assert from "node:assert/strict";
import test from "node:test";

import { Draft } from "../../detections/static/detections/js/place_draft.js";

const SQUARE = [
  [0.1, 0.1],
  [0.3, 0.1],
  [0.3, 0.3],
  [0.1, 0.3],
];

test("a new place is drawn corner by corner and then closed", () => {
  const draft = new Draft();
  for (const corner of [[0, 0], [5000, 0], [5000, 5000]]) assert.equal(draft.append(corner), "");

  assert.equal(draft.isOpen, true);
  assert.equal(draft.close(), "");
  assert.equal(draft.isOpen, false);
  assert.equal(draft.fault, "");
});

test("a stored place is closed from the start", () => {
  const draft = new Draft(SQUARE);

  assert.equal(draft.isOpen, false);
  assert.deepEqual(draft.corners[2], [3000, 3000]);
});

test("closing too soon is refused in words", () => {
  const draft = new Draft();
  draft.append([0, 0]);

  assert.match(draft.close(), /at least 3/);
  assert.equal(draft.isOpen, true);
});

test("two taps on one spot are one corner", () => {
  const draft = new Draft();
  draft.append([10, 10]);
  draft.append([10, 10]);

  assert.deepEqual(draft.corners, [[10, 10]]);
});

test("a side that would cross another is refused and nothing changes", () => {
  const draft = new Draft(SQUARE);
  const before = draft.corners;

  assert.match(draft.move(0, [4000, 2000]), /cross itself/);
  assert.equal(draft.corners, before);
  assert.equal(draft.canUndo, false);
});

test("closing across a side is refused", () => {
  const draft = new Draft();
  const hook = [[0, 0], [2000, 0], [2000, 1000], [1000, 500], [1000, 2000], [3000, 2000], [3000, 500]];
  for (const corner of hook) assert.equal(draft.append(corner), "");

  assert.match(draft.close(), /cross itself/);
  assert.equal(draft.isOpen, true);
});

test("what came crossed can be mended step by step", () => {
  const bow = new Draft([
    [0, 0],
    [0.1, 0.1],
    [0.1, 0],
    [0, 0.1],
  ]);

  assert.match(bow.fault, /crosses itself/);
  assert.equal(bow.move(0, [0, 10]), "");
  assert.equal(bow.move(1, [500, 10]), "");
});

test("a corner is added halfway and taken away again, but never the third last", () => {
  const draft = new Draft(SQUARE);
  assert.equal(draft.split(3), "");
  assert.deepEqual(draft.corners[4], [1000, 2000]);

  assert.equal(draft.remove(4), "");
  assert.equal(draft.remove(0), "");
  assert.match(draft.remove(0), /at least 3/);
  assert.equal(draft.corners.length, 3);
});

test("there are 32 corners at most", () => {
  const draft = new Draft(SQUARE);
  for (let n = 0; draft.corners.length < 32; n = (n + 2) % draft.corners.length) {
    assert.equal(draft.split(n), "");
  }

  assert.match(draft.split(0), /at most 32/);
  assert.match(draft.append([1, 1]), /at most 32/);
});

test("undo and redo walk through every change", () => {
  const draft = new Draft(SQUARE);
  draft.move(0, [500, 500]);
  draft.shift(1000, 0);
  assert.deepEqual(draft.corners[0], [1500, 500]);

  draft.undo();
  assert.deepEqual(draft.corners[0], [500, 500]);
  draft.undo();
  assert.deepEqual(draft.corners[0], [1000, 1000]);
  assert.equal(draft.undo(), false);
  draft.redo();
  draft.redo();
  assert.deepEqual(draft.corners[0], [1500, 500]);
  assert.equal(draft.canRedo, false);
});

test("a new change after undo forgets what was undone", () => {
  const draft = new Draft(SQUARE);
  draft.move(0, [500, 500]);
  draft.undo();
  draft.move(0, [600, 600]);

  assert.equal(draft.canRedo, false);
});

test("a drag is one step however many moves it has", () => {
  const draft = new Draft(SQUARE);
  draft.begin();
  for (const x of [900, 800, 700]) draft.move(0, [x, 1000]);
  draft.settle();

  draft.undo();

  assert.deepEqual(draft.corners[0], [1000, 1000]);
  assert.equal(draft.canUndo, false);
});

test("a drag that is broken off leaves nothing", () => {
  const draft = new Draft(SQUARE);
  draft.begin();
  draft.move(0, [700, 1000]);
  draft.cancel();

  assert.deepEqual(draft.corners[0], [1000, 1000]);
  assert.equal(draft.canUndo, false);
});

test("drawing anew can be undone", () => {
  const draft = new Draft(SQUARE);
  draft.replace([]);
  assert.equal(draft.isOpen, true);

  draft.undo();

  assert.equal(draft.isOpen, false);
  assert.equal(draft.corners.length, 4);
});
