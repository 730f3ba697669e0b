/**
 * Where fragments go in a media source.
 *
 * A media source drops everything up to the next keyframe after a gap of twice a picture's length
 * (MSE, coded frame processing), and cameras that stumble leave such gaps. So gaps are closed, and
 * what was moved is remembered: every position still tells its exact media time.
 */
const MEDIA_CLOCK = 90_000;
/** Of the last picture's length; a regular next one comes after 1. */
const GAP = 1.5;
const PIECES = 256;

/**
 * The fragments of one message as runs without a gap: `bytes` to append at once, decode times in
 * 1/90000 s. Empty for an init segment.
 *
 * @param {ArrayBuffer} message whole moof and mdat boxes, one picture each
 * @returns {{bytes: Uint8Array, first_90k: number, last_90k: number, length_90k: number}[]}
 */
export function runsOf(message) {
  const runs = [];
  for (const { start, end, decode_90k, length_90k } of fragmentsOf(new DataView(message))) {
    const run = runs.at(-1);
    if (run && !isGap(run, decode_90k)) {
      run.bytes = new Uint8Array(message, run.bytes.byteOffset, end - run.bytes.byteOffset);
      Object.assign(run, { last_90k: decode_90k, length_90k });
    } else {
      const bytes = new Uint8Array(message, start, end - start);
      runs.push({ bytes, first_90k: decode_90k, last_90k: decode_90k, length_90k });
    }
  }
  return runs;
}

function isGap({ last_90k, length_90k }, next_90k) {
  const step_90k = next_90k - last_90k;
  return step_90k <= 0 || step_90k > GAP * length_90k;
}

function* fragmentsOf(view) {
  let fragment = null;
  for (const { kind, start, end } of boxes(view, 0, view.byteLength)) {
    if (kind === "moof") fragment = { start, ...timesOf(view, start + 8, end) };
    if (kind === "mdat" && fragment) yield { ...fragment, end };
  }
}

/** @returns {{decode_90k: number, length_90k: number}} of a moof's first sample */
function timesOf(view, from, to) {
  const times = { decode_90k: 0, length_90k: 0 };
  for (const { kind, start, end } of boxes(view, from, to)) {
    // Behind size, kind, version and flags: tfdt version 1; trun with count, offset, duration.
    if (kind === "traf") Object.assign(times, timesOf(view, start + 8, end));
    if (kind === "tfdt") times.decode_90k = Number(view.getBigUint64(start + 12));
    if (kind === "trun") times.length_90k = view.getUint32(start + 20);
  }
  return times;
}

function* boxes(view, from, to) {
  for (let start = from; start + 8 <= to; ) {
    const size = view.getUint32(start);
    if (size < 8 || start + size > to) return;
    const kind = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + start + 4, 4));
    yield { kind, start, end: start + size };
    start += size;
  }
}

export class Timeline {
  #origin_90k = 0;
  #offset_90k = null;
  #last = null;
  #pieces = [];

  /** The media time that decode time 0 of what follows stands for. */
  set origin_90k(value) {
    this.#origin_90k = value;
    this.#last = null;
  }

  /**
   * Where the next run goes.
   *
   * @returns {number} what to add to its decode times, in seconds
   */
  place(run) {
    if (this.#last === null || isGap(this.#last, run.first_90k)) this.#begin(run.first_90k);
    this.#last = run;
    this.#end_90k = run.last_90k + run.length_90k + this.#offset_90k;
    return this.#offset_90k / MEDIA_CLOCK;
  }

  /** The exact media time of a picture shown at this position, or null before the first. */
  mediaTime_90k(position_s) {
    // Positions are rounded to microseconds on their way through the browser.
    const position_90k = Math.round(position_s * MEDIA_CLOCK);
    const piece = this.#pieces.findLast(({ from_90k }) => from_90k <= position_90k);
    return piece ? position_90k + piece.shift_90k : null;
  }

  #end_90k = 0;

  #begin(first_90k) {
    this.#offset_90k = this.#end_90k - first_90k;
    const shift_90k = this.#origin_90k - this.#offset_90k;
    this.#pieces.push({ from_90k: this.#end_90k, shift_90k });
    if (this.#pieces.length > PIECES) this.#pieces.shift();
  }
}
