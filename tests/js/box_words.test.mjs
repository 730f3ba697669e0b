import assert from "node:assert/strict";
import test from "node:test";

import { changed, readChoice } from "../../streaming/static/streaming/js/box_choice.js";
import { colourOf, inkOn, labelOf, percent } from "../../streaming/static/streaming/js/box_words.js";

const cat = { label: "cat", score: 0.879, pet: null };
const miso = { ...cat, pet: { name: "Miso", colour: "#aa3377" } };

test("a label says what it is and how sure that is", () => {
  assert.equal(labelOf(cat, "full"), "Cat 87 %");
  assert.equal(labelOf(miso, "full"), "Miso · cat 87 %");
  assert.equal(labelOf(cat, "name"), "Cat");
  assert.equal(labelOf(miso, "name"), "Miso");
  assert.equal(labelOf(miso, "none"), "");
});

test("nothing is certain, and nothing is rounded up", () => {
  assert.deepEqual([1, 0.999, 0.5, -1, 7].map(percent), ["99 %", "99 %", "50 %", "0 %", "99 %"]);
});

test("names stay what they are, in one short line", () => {
  const named = (name) => labelOf({ ...cat, pet: { name } }, "name");

  assert.equal(named("<img src=x onerror=alert(1)>"), "<img src=x onerror=alert(1)>");
  assert.equal(named("a\u202eb\nc"), "a b c");
  assert.equal([...named("🐈".repeat(99))].length, 40);
  assert.equal(named(7), "Cat");
});

test("a pet has its own colour, else its kind's; a colour that is none is not believed", () => {
  assert.equal(colourOf(miso), "#aa3377");
  assert.equal(colourOf({ ...miso, pet: { name: "x", colour: "url(//evil)" } }), colourOf(cat));
  assert.notEqual(colourOf({ label: "dog", pet: null }), colourOf(cat));
  assert.equal(colourOf({ label: "constructor", pet: null }), colourOf({ label: "mug", pet: null }));
});

test("what is written on a colour can be read", () => {
  assert.equal(inkOn("#ffb561"), "#0b1311");
  assert.equal(inkOn("#331155"), "#ffffff");
});

function storage(text = null) {
  return { text, getItem() { return this.text; }, setItem(key, value) { this.text = value; } };
}

test("a choice is remembered, and boxes are switched on as they last were", () => {
  const kept = storage();
  const exact = changed(readChoice(kept), { mode: "exact" }, kept);
  const off = changed(exact, { mode: "off" }, kept);

  assert.deepEqual(readChoice(kept), off);
  assert.equal(off.on, "exact");
});

test("what somebody else left in the storage, or no storage at all, is as usual", () => {
  const usual = readChoice(undefined);

  for (const text of ["{", "7", "[]", '{"mode":"constructor","on":7,"labels":"toString"}']) {
    assert.deepEqual(readChoice(storage(text)), usual);
  }
  assert.equal(changed(usual, { labels: "none" }, undefined).labels, "none");
});
