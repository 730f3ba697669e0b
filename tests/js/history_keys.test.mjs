import assert from "node:assert/strict";
import { test } from "node:test";
import { actOf, beside, compareMoments } from "../../detections/static/detections/js/keys.js";

const free = { isTyping: false };

test("keys act on visits, whichever way the capitals are", () => {
  const acts = ["ArrowLeft", "x", "X", "r", "s", "Escape", "Delete"].map((key) =>
    actOf({ key }, free),
  );

  assert.deepEqual(acts, ["left", "choose", "choose", "review", "star", "clear", "delete"]);
});

test("what is typed, and what belongs to the browser, is left alone", () => {
  assert.equal(actOf({ key: "x" }, { isTyping: true }), null);
  assert.equal(actOf({ key: "r", ctrlKey: true }, free), null);
  assert.equal(actOf({ key: "s", metaKey: true }, free), null);
  assert.equal(actOf({ key: "constructor" }, free), null);
  assert.equal(actOf({ key: "q" }, free), null);
});

/** Two days: three cards and two in the first, one in the second, as a grid of three columns. */
const place = (column, top) => ({ left: column * 100, top, width: 90, height: 80 });
const cards = [place(0, 0), place(1, 0), place(2, 0), place(0, 100), place(1, 100), place(0, 300)];

test("left and right follow the reading order and stop at the ends", () => {
  assert.equal(beside(cards, 2, "right"), 3);
  assert.equal(beside(cards, 3, "left"), 2);
  assert.equal(beside(cards, 0, "left"), 0);
  assert.equal(beside(cards, 5, "right"), 5);
});

test("up and down go to the card whose middle is nearest", () => {
  assert.equal(beside(cards, 1, "down"), 4);
  assert.equal(beside(cards, 2, "down"), 4);
  assert.equal(beside(cards, 4, "down"), 5);
  assert.equal(beside(cards, 5, "up"), 3);
  assert.equal(beside(cards, 4, "up"), 1);
  assert.equal(beside(cards, 1, "up"), 1);
});

test("without a focus every way leads to the first card, and nowhere without cards", () => {
  assert.equal(beside(cards, -1, "down"), 0);
  assert.equal(beside([], -1, "down"), -1);
});

test("moments order as the server does: the newest first, then the higher number", () => {
  const moments = ["10-1", "200-1", "10-12", "10-2"].sort(compareMoments);

  assert.deepEqual(moments, ["200-1", "10-12", "10-2", "10-1"]);
});
