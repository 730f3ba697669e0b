import assert from "node:assert/strict";
import test from "node:test";

import { runsOf, Timeline } from "../../streaming/static/streaming/js/timeline.js";

const FRAME = 3000;

function box(kind, ...parts) {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length);
  head.write(kind, 4, "latin1");
  return Buffer.concat([head, body]);
}

/** A fragment as Petcam writes it (ISO 14496-12, 8.8.4 - 8.8.12). */
function fragment(decode_90k, length_90k = FRAME) {
  const tfdt = Buffer.alloc(12);
  tfdt.writeUInt32BE(1 << 24);
  tfdt.writeBigUInt64BE(BigInt(decode_90k), 4);
  const trun = Buffer.alloc(24);
  trun.writeUInt32BE(0x701);
  trun.writeUInt32BE(1, 4);
  trun.writeUInt32BE(length_90k, 12);
  const moof = box("moof", box("mfhd", Buffer.alloc(8)), box("traf", box("tfdt", tfdt), box("trun", trun)));
  return Buffer.concat([moof, box("mdat", Buffer.from("picture"))]);
}

/** As a browser gets it: an ArrayBuffer of its own. */
function message(...fragments) {
  return Uint8Array.from(Buffer.concat(fragments)).buffer;
}

const times = (runs) => runs.map(({ first_90k, last_90k }) => [first_90k, last_90k]);

test("pictures that follow each other are one run, appended at once", () => {
  const whole = message(fragment(0), fragment(FRAME), fragment(2 * FRAME));

  const runs = runsOf(whole);

  assert.deepEqual(times(runs), [[0, 2 * FRAME]]);
  assert.equal(runs[0].bytes.byteLength, whole.byteLength);
});

test("a gap begins another run, and no byte is lost", () => {
  const whole = message(fragment(0), fragment(3 * FRAME), fragment(4 * FRAME));

  const runs = runsOf(whole);

  assert.deepEqual(times(runs), [[0, 0], [3 * FRAME, 4 * FRAME]]);
  assert.equal(runs[0].bytes.byteLength + runs[1].bytes.byteLength, whole.byteLength);
});

test("an init segment and broken bytes have no runs", () => {
  assert.deepEqual(runsOf(message(box("ftyp", Buffer.from("iso6")), box("moov"))), []);
  assert.deepEqual(runsOf(new Uint8Array([0, 0, 0, 3, 1, 2, 3, 4, 5]).buffer), []);
  assert.deepEqual(runsOf(new ArrayBuffer(0)), []);
});

const run = (decode_90k) => runsOf(message(fragment(decode_90k)))[0];

test("the first picture is at the beginning, whenever the camera started", () => {
  const timeline = new Timeline();
  timeline.origin_90k = 1_000_000;

  assert.equal(timeline.place(run(900_000)), -10);
  assert.equal(timeline.mediaTime_90k(0), 1_900_000);
});

test("a gap is closed, and positions on both sides tell their exact media time", () => {
  const timeline = new Timeline();
  timeline.place(run(0));
  timeline.place(run(FRAME));

  const offset_s = timeline.place(run(10 * FRAME));

  assert.equal(offset_s, (-8 * FRAME) / 90_000);
  assert.equal(timeline.mediaTime_90k(0.033333), FRAME);
  assert.equal(timeline.mediaTime_90k(0.066667), 10 * FRAME);
});

test("jitter that a media source bears is left as it is", () => {
  const timeline = new Timeline();
  timeline.place(run(0));

  assert.equal(timeline.place(run(1.4 * FRAME)), 0);
});

test("a camera that counts anew goes on at the end, with its own media time", () => {
  const timeline = new Timeline();
  timeline.origin_90k = 500;
  timeline.place(run(0));

  timeline.origin_90k = 7_000_000;
  timeline.place(run(FRAME));

  assert.equal(timeline.mediaTime_90k(0), 500);
  assert.equal(timeline.mediaTime_90k(1 / 30), 7_000_000 + FRAME);
});

test("before the first picture no time is claimed", () => {
  assert.equal(new Timeline().mediaTime_90k(0), null);
});
