import assert from "node:assert/strict";
import test from "node:test";

import { isGap, runsOf } from "../../recordings/static/recordings/js/samples.js";
import { box, bytesOf, fragment } from "./recorded.mjs";

const FRAME = 3000;
const frames = (count) => new Array(count).fill(FRAME);

test("fragments that follow each other are one run, with the time of each picture", () => {
  const bytes = bytesOf(fragment(0, frames(2)), fragment(2 * FRAME, frames(2)));

  const [run, ...others] = runsOf(bytes);

  assert.deepEqual(others, []);
  assert.deepEqual(run.times_90k, [0, FRAME, 2 * FRAME, 3 * FRAME]);
  assert.equal(run.end_90k, 4 * FRAME);
  assert.equal(run.bytes.length, bytes.length);
});

test("pictures that a camera left out lengthen the one before and are no gap within a fragment", () => {
  const [run] = runsOf(bytesOf(fragment(0, [FRAME, 30 * FRAME, FRAME])));

  assert.deepEqual(run.times_90k, [0, FRAME, 31 * FRAME]);
});

test("a gap between fragments begins another run, and no byte is lost", () => {
  const bytes = bytesOf(fragment(0, frames(3)), fragment(20 * FRAME, frames(1)), fragment(21 * FRAME, frames(1)));

  const runs = runsOf(bytes);

  assert.deepEqual(runs.map(({ times_90k }) => times_90k), [
    [0, FRAME, 2 * FRAME], [20 * FRAME, 21 * FRAME],
  ]);
  assert.equal(runs[0].bytes.length + runs[1].bytes.length, bytes.length);
});

test("bytes that begin within a larger buffer are read from where they begin", () => {
  const whole = bytesOf(Buffer.alloc(16), fragment(FRAME, frames(1)));

  assert.deepEqual(runsOf(whole.subarray(16))[0].times_90k, [FRAME]);
});

test("lengths that are told once for all pictures count, too", () => {
  const tfhd = Buffer.from([0, 2, 0, 8, 0, 0, 0, 1, 0, 0, 0x0b, 0xb8]);
  const tfdt = Buffer.alloc(8);
  tfdt.writeUInt32BE(90, 4);
  const trun = Buffer.alloc(12);
  trun.writeUInt32BE(1);
  trun.writeUInt32BE(3, 4);
  const traf = box("traf", box("tfhd", tfhd), box("tfdt", tfdt), box("trun", trun));

  const [run] = runsOf(bytesOf(box("moof", traf), box("mdat", Buffer.alloc(1))));

  assert.deepEqual(run.times_90k, [90, 90 + FRAME, 90 + 2 * FRAME]);
});

test("what is no fragment, or is cut short, has no runs", () => {
  const whole = bytesOf(fragment(0, frames(2)));

  assert.deepEqual(runsOf(bytesOf(box("ftyp", Buffer.from("iso6")), box("moov"))), []);
  assert.deepEqual(runsOf(new Uint8Array(0)), []);
  for (let length = 0; length < whole.length; length += 1) {
    assert.deepEqual(runsOf(whole.slice(0, length)), []);
  }
});

test("a box that claims more samples than it has is read as far as it goes", () => {
  const bytes = bytesOf(fragment(0, frames(2)));
  const at = Buffer.from(bytes).indexOf("trun") + 8;
  new DataView(bytes.buffer).setUint32(at, 0xffffffff);

  assert.deepEqual(runsOf(bytes)[0].times_90k, [0, FRAME]);
});

test("jitter that a media source bears is no gap", () => {
  const last = { last_90k: 0, end_90k: FRAME };

  assert.deepEqual([1.4, 1.6, 0, -1].map((steps) => isGap(last, steps * FRAME)), [
    false, true, true, true,
  ]);
});
