/**
 * Which picture is where in a media source.
 *
 * Recordings have gaps, and segments of different boots count time from different beginnings. A
 * media source wants one line without holes: so what is appended is laid end to end, and for each
 * strip it is remembered what it shows. Positions are seconds in the media source.
 */
import { wallOf } from "./archive.js";
import { isGap } from "./samples.js";

const MEDIA_CLOCK = 90_000;
/** After a jump: nothing that a browser does with the old pictures reaches the new ones. */
const APART_90K = 20 * MEDIA_CLOCK;
/** Positions are rounded to microseconds on their way through the browser. */
const SAME_90K = 45;
/** Into a picture, so that no rounding shows the one before it. */
const WITHIN_S = 0.001;

/**
 * @typedef {import("./archive.js").Segment} Segment
 * @typedef {{segment: Segment, t_90k: number, at_ms: number}} Moment `t_90k` of a picture
 */

export class Reel {
  /** @type {{segment: Segment, shift_90k: number, times_90k: number[], end_90k: number}[]} */
  #strips = [];
  #end_90k = 0;

  /** What follows is somewhere else in time: nothing of before is to be found any more. */
  restart() {
    this.#strips = [];
    this.#end_90k += APART_90K;
  }

  /**
   * Lay down what is appended next.
   *
   * @param {Segment} segment
   * @param {{times_90k: number[], end_90k: number}} run media times of pictures without a gap
   * @returns {number} where its first picture goes, in seconds
   */
  place(segment, { times_90k, end_90k }) {
    const strip = this.#stripFor(segment, times_90k[0]);
    strip.times_90k.push(...times_90k);
    strip.end_90k = end_90k;
    this.#end_90k = end_90k + strip.shift_90k;
    return (times_90k[0] + strip.shift_90k) / MEDIA_CLOCK;
  }

  #stripFor(segment, first_90k) {
    const last = this.#strips.at(-1);
    const isSameClock = last?.segment.boot === segment.boot;
    const before = last && { last_90k: last.times_90k.at(-1), end_90k: last.end_90k };
    const isOn = isSameClock && !isGap(before, first_90k);
    if (isOn && last.segment.id === segment.id) return last;
    const shift_90k = isOn ? last.shift_90k : this.#end_90k - first_90k;
    const strip = { segment, shift_90k, times_90k: [], end_90k: first_90k };
    this.#strips.push(strip);
    return strip;
  }

  /** Where it all begins and ends, in seconds; equal when there is nothing. */
  get start_s() {
    const first = this.#strips[0];
    return first ? (first.times_90k[0] + first.shift_90k) / MEDIA_CLOCK : this.end_s;
  }

  get end_s() {
    return this.#end_90k / MEDIA_CLOCK;
  }

  /** @returns {Moment | null} of the picture that is shown at this position */
  at(position_s) {
    const found = this.#find(position_s);
    return found && momentOf(found.strip, found.n);
  }

  /** @returns {number | null} where the picture is that is shown at `t_90k`; null: not here */
  positionOf({ id }, t_90k) {
    const strip = this.#strips.findLast(
      ({ segment, times_90k }) => segment.id === id && times_90k[0] <= t_90k + SAME_90K,
    );
    if (!strip) return null;
    const n = strip.times_90k.findLastIndex((time_90k) => time_90k <= t_90k + SAME_90K);
    const isPast = t_90k >= strip.end_90k && strip === this.#strips.at(-1);
    return isPast ? null : positionIn(strip, n);
  }

  /** The position of what is nearest to a moment that was asked for; null before anything is here. */
  nearest(segment, t_90k) {
    if (this.#strips.length === 0) return null;
    const own = this.#strips.filter(({ segment: { id } }) => id === segment.id);
    if (own.length === 0) return positionIn(this.#strips[0], 0);
    const last = own.at(-1);
    const isPast = t_90k >= last.times_90k.at(-1);
    if (isPast) return positionIn(last, last.times_90k.length - 1);
    return this.positionOf(segment, t_90k) ?? positionIn(own[0], 0);
  }

  /**
   * The picture `count` after the one shown at this position, or before it (count < 0).
   *
   * @returns {number | null} its position; null when it is not here
   */
  step(position_s, count) {
    let { strip, n } = this.#find(position_s) ?? {};
    if (!strip) return null;
    let at = this.#strips.indexOf(strip);
    n += count;
    while (n < 0 && at > 0) n += this.#strips[(at -= 1)].times_90k.length;
    while (n >= this.#strips[at].times_90k.length && at < this.#strips.length - 1) {
      n -= this.#strips[at].times_90k.length;
      at += 1;
    }
    strip = this.#strips[at];
    return n >= 0 && n < strip.times_90k.length ? positionIn(strip, n) : null;
  }

  /** Pictures before this position were thrown away. */
  forget(position_s) {
    const before_90k = Math.floor(position_s * MEDIA_CLOCK);
    for (const strip of this.#strips) {
      const gone = strip.times_90k.findIndex((time_90k) => time_90k + strip.shift_90k >= before_90k);
      strip.times_90k.splice(0, gone < 0 ? strip.times_90k.length : gone);
    }
    this.#strips = this.#strips.filter(({ times_90k }) => times_90k.length);
  }

  #find(position_s) {
    const position_90k = Math.round(position_s * MEDIA_CLOCK) + SAME_90K;
    const strip = this.#strips.findLast(
      ({ times_90k, shift_90k }) => times_90k[0] + shift_90k <= position_90k,
    );
    if (!strip) return null;
    const t_90k = position_90k - strip.shift_90k;
    return { strip, n: strip.times_90k.findLastIndex((time_90k) => time_90k <= t_90k) };
  }
}

function momentOf({ segment, times_90k }, n) {
  return { segment, t_90k: times_90k[n], at_ms: wallOf(segment, times_90k[n]) };
}

function positionIn({ times_90k, shift_90k }, n) {
  return (times_90k[n] + shift_90k) / MEDIA_CLOCK + WITHIN_S;
}
