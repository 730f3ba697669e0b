import assert from "node:assert/strict";
import test from "node:test";

import { playerAct, sliderAct } from "../../recordings/static/recordings/js/keys.js";
import { nextSpeed, speedWords } from "../../recordings/static/recordings/js/speeds.js";

const free = { isTyping: false, isOnButton: false };

test("keys play, step and jump", () => {
  const acts = [" ", ",", ".", "ArrowLeft", "]", "m", "M", "l", "q"].map((key) => playerAct({ key }, free));

  assert.deepEqual(acts, [
    "toggle", "stepBack", "stepOn", "back", "visitAfter", "motionAfter", "motionBefore", "live", null,
  ]);
});

test("the browser's own keys, typing and pressed buttons stay what they are", () => {
  assert.equal(playerAct({ key: "f", ctrlKey: true }, free), null);
  assert.equal(playerAct({ key: "b" }, { ...free, isTyping: true }), null);
  assert.equal(playerAct({ key: " " }, { ...free, isOnButton: true }), null);
  assert.equal(playerAct({ key: "b" }, { ...free, isOnButton: true }), "boxes");
  assert.equal(sliderAct({ key: "+", metaKey: true }), null);
});

test("arrows move a zoomed picture, not the time", () => {
  assert.equal(playerAct({ key: "ArrowLeft" }, { ...free, isZoomed: true }), null);
  assert.equal(playerAct({ key: "." }, { ...free, isZoomed: true }), "stepOn");
});

test("a slider answers to a slider's keys, and zooms", () => {
  const acts = ["ArrowUp", "ArrowDown", "PageUp", "Home", "End", "+", "0", "x"].map((key) => sliderAct({ key }));

  assert.deepEqual(acts, ["on", "back", "farOn", "first", "last", "zoomIn", "whole", null]);
});

test("speeds go up and down and no further", () => {
  assert.deepEqual([nextSpeed(1, 1), nextSpeed(16, 1), nextSpeed(1, -1), nextSpeed(0.5, -1)], [2, 16, 0.5, 0.5]);
  assert.equal(speedWords(0.5), "0.5×");
});
