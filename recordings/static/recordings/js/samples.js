/** The times of the pictures in fragments (ISO/IEC 14496-12, 8.8.4 - 8.8.12). */

const DATA_OFFSET = 0x1;
const FIRST_FLAGS = 0x4;
const [DURATION, SIZE, FLAGS, COMPOSITION] = [0x100, 0x200, 0x400, 0x800];
const TFHD_FIELDS = [[0x1, 8], [0x2, 4]];
const TFHD_DURATION = 0x8;
/** Of the last picture's length; a regular next one comes after 1. */
const GAP = 1.5;
/** What a damaged box may claim; a fragment of half a second has some 15. */
const MOST_SAMPLES = 4096;
/** Of the boxes that are read here. */
const SMALLEST = 16;

/**
 * Does a picture at `next_90k` leave a gap after the one before? A media source drops what follows
 * a gap of twice a picture's length up to the next keyframe.
 */
export function isGap({ last_90k, end_90k }, next_90k) {
  const step_90k = next_90k - last_90k;
  return step_90k <= 0 || step_90k > GAP * Math.max(1, end_90k - last_90k);
}

/**
 * Fragments as runs without a gap, each to be appended at once.
 *
 * @param {Uint8Array} bytes whole moof and mdat boxes
 * @returns {{bytes: Uint8Array, times_90k: number[], end_90k: number}[]} decode times
 */
export function runsOf(bytes) {
  const runs = [];
  for (const { start, end, times_90k, end_90k } of fragmentsOf(bytes)) {
    const run = runs.at(-1);
    const before = run && { last_90k: run.times_90k.at(-1), end_90k: run.end_90k };
    if (run && !isGap(before, times_90k[0])) {
      run.bytes = bytes.subarray(run.start, end);
      run.times_90k.push(...times_90k);
      run.end_90k = end_90k;
    } else {
      runs.push({ start, bytes: bytes.subarray(start, end), times_90k, end_90k });
    }
  }
  return runs.map((run) => ({ bytes: run.bytes, times_90k: run.times_90k, end_90k: run.end_90k }));
}

/**
 * Fragments that follow each other as a film of their own, whose first picture is at 0. Changes
 * `bytes`, whole moof and mdat boxes.
 */
export function countFromZero(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let first_90k = null;
  for (const moof of boxes(view, 0, view.byteLength)) {
    for (const { start, end } of moof.kind === "moof" ? decodeTimesIn(view, moof) : []) {
      first_90k ??= decodeTime(view, start, end);
      const time_90k = decodeTime(view, start, end) - first_90k;
      if (view.getUint8(start + 8) === 0) view.setUint32(start + 12, time_90k);
      else if (start + 20 <= end) view.setBigUint64(start + 12, BigInt(time_90k));
    }
  }
}

function* decodeTimesIn(view, moof) {
  for (const traf of boxes(view, moof.start + 8, moof.end)) {
    if (traf.kind !== "traf") continue;
    for (const box of boxes(view, traf.start + 8, traf.end)) {
      if (box.kind === "tfdt" && box.end - box.start >= SMALLEST) yield box;
    }
  }
}

function* fragmentsOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let fragment = null;
  for (const { kind, start, end } of boxes(view, 0, view.byteLength)) {
    if (kind === "moof") fragment = { start, ...timesOf(view, start + 8, end) };
    if (kind === "mdat" && fragment) {
      if (fragment.times_90k.length) yield { ...fragment, end };
      fragment = null;
    }
  }
}

/** @returns {{times_90k: number[], end_90k: number}} of the one track in a moof */
function timesOf(view, from, to) {
  const traf = [...boxes(view, from, to)].find(({ kind }) => kind === "traf");
  const track = { usual_90k: 0, end_90k: 0, times_90k: [] };
  if (!traf) return track;
  for (const { kind, start, end } of boxes(view, traf.start + 8, traf.end)) {
    if (end - start < SMALLEST) continue;
    if (kind === "tfhd") track.usual_90k = usualLength(view, start, end);
    if (kind === "tfdt") track.end_90k = decodeTime(view, start, end);
    if (kind === "trun") addSamples(track, view, start, end);
  }
  return track;
}

function usualLength(view, start, end) {
  const flags = view.getUint32(start + 8) & 0xffffff;
  // Behind size, kind, version with flags, and the track's number.
  let at = start + 16;
  for (const [flag, bytes] of TFHD_FIELDS) if (flags & flag) at += bytes;
  return flags & TFHD_DURATION && at + 4 <= end ? view.getUint32(at) : 0;
}

function decodeTime(view, start, end) {
  if (view.getUint8(start + 8) === 0) return view.getUint32(start + 12);
  return start + 20 <= end ? Number(view.getBigUint64(start + 12)) : 0;
}

function addSamples(track, view, start, end) {
  const flags = view.getUint32(start + 8) & 0xffffff;
  const count = Math.min(view.getUint32(start + 12), MOST_SAMPLES);
  let at = start + 16 + (flags & DATA_OFFSET ? 4 : 0) + (flags & FIRST_FLAGS ? 4 : 0);
  const fields = [DURATION, SIZE, FLAGS, COMPOSITION].filter((field) => flags & field).length;
  for (let i = 0; i < count && at + 4 * fields <= end; i += 1) {
    track.times_90k.push(track.end_90k);
    track.end_90k += flags & DURATION ? view.getUint32(at) : track.usual_90k;
    at += 4 * fields;
  }
}

function* boxes(view, from, to) {
  for (let start = from; start + 8 <= to; ) {
    const size = view.getUint32(start);
    if (size < 8 || start + size > to) return;
    const kind = String.fromCharCode(...[4, 5, 6, 7].map((i) => view.getUint8(start + i)));
    yield { kind, start, end: start + size };
    start += size;
  }
}
