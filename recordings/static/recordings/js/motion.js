/** How much moved before a camera: a level for each ten seconds, as recordings/timeline.py tells. */
import { timeAt } from "./span.js";

export const STEP_MS = 10_000;
/** Of a step: nobody looked; looked, and nothing moved. More than that is motion, up to 255. */
export const NOT_LOOKED = 0;
export const STILL = 1;
const ALL_OF_IT = 255;
/** Steps that are no further apart are one motion. */
const PAUSE_STEPS = 3;

/**
 * @typedef {{start_ms: number, levels: Uint8Array}} Told from `start_ms` on, which is a whole step
 */

export class Motion {
  /** The number of the first step, counted since 1970. */
  #first = 0;
  #levels = new Uint8Array(0);

  /** Take in what is true of a range by now; what was known of it before is forgotten. */
  put(from_ms, to_ms, { start_ms, levels }) {
    const [from, to] = [Math.floor(from_ms / STEP_MS), Math.ceil(to_ms / STEP_MS)];
    this.#reach(from, to);
    this.#levels.fill(NOT_LOOKED, from - this.#first, to - this.#first);
    const start = Math.max(from, start_ms / STEP_MS);
    this.#levels.set(levels.subarray(0, Math.max(0, to - start)), start - this.#first);
  }

  /** @returns {Uint8Array} the highest level of each column, from left to right */
  peaks(span, width_px) {
    const peaks = new Uint8Array(Math.ceil(width_px));
    if (this.#levels.length === 0) return peaks;
    const stepAt = (x) => Math.floor(timeAt(span, x, width_px) / STEP_MS) - this.#first;
    for (let x = 0; x < peaks.length; x += 1) {
      const [from, end] = [stepAt(x), stepAt(x + 1)];
      for (let n = from; n < Math.max(end, from + 1); n += 1) {
        if (this.#levels[n] > peaks[x]) peaks[x] = this.#levels[n];
      }
    }
    return peaks;
  }

  /** @returns {number | null} when the first motion after `at_ms` begins, or the last before (way < 0) */
  beginFrom(at_ms, way) {
    const at = at_ms / STEP_MS - this.#first;
    const steps = this.#levels.length;
    let n = way > 0 ? Math.max(Math.floor(at) + 1, 0) : Math.min(Math.ceil(at), steps) - 1;
    for (; n >= 0 && n < steps; n += way) {
      if (this.#begins(n)) return (this.#first + n) * STEP_MS;
    }
    return null;
  }

  #begins(n) {
    const before = this.#levels.subarray(Math.max(0, n - PAUSE_STEPS), n);
    return this.#levels[n] > STILL && before.every((level) => level <= STILL);
  }

  /** Have room for these steps. */
  #reach(from, to) {
    const known = this.#levels;
    const first = known.length ? Math.min(from, this.#first) : from;
    const end = known.length ? Math.max(to, this.#first + known.length) : to;
    if (first === this.#first && end - first === known.length) return;
    this.#levels = new Uint8Array(end - first);
    if (known.length) this.#levels.set(known, this.#first - first);
    this.#first = first;
  }
}

/** How high motion stands, 0 to 1: a quarter of the picture is all, and a little is to be seen. */
export function motionHeight(level) {
  if (level <= STILL) return 0;
  return Math.min(1, Math.max(0.2, (2 * (level - STILL)) / (ALL_OF_IT - STILL)));
}

/** As the server tells it.  @returns {Told} */
export function motionOf({ start_ms, levels }) {
  return { start_ms, levels: Uint8Array.from(atob(levels), (letter) => letter.charCodeAt(0)) };
}
