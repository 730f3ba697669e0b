/**
 * What one camera recorded, in order: which segment holds a moment, which one comes next.
 *
 * Moments have two times. The clock on the wall (`_ms`, Unix time) is what people mean; media time
 * (`_90k`, 90 kHz, not wrapped) is what pictures and boxes carry, and it counts from a machine's
 * start: from its `boot`. Each segment ties one to the other.
 *
 * @typedef {{id: string, boot: number, start_90k: number, end_90k: number, start_ms: number,
 *   end_ms: number, isGrowing: boolean}} Segment `end_` is when its last picture ends
 * @typedef {{id: number, start_ms: number, end_ms: number, isOpen: boolean, label: string,
 *   name: string, place: string, colour: string, url: string, isStarred: boolean}} Visit `name` is
 *   the pet's, "" when nobody knows; `colour` "" without a pet
 * @typedef {{from_ms: number, to_ms: number, now_ms: number, segments: Segment[],
 *   visits: Visit[], motion?: import("./motion.js").Told}} Timeline what is known of a range by
 *   `now_ms`
 */
import { Motion, STEP_MS } from "./motion.js";

/** Less than this between two segments is no gap: nobody would miss anything. */
const JOIN_MS = 1500;
/** So far before its end a segment still has a picture. */
const LAST_90K = 9000;
/** What is being written has grown by so much at most since it was asked for last. */
const GROWN_MS = 30_000;

/** The wall clock at media time `t_90k` of `segment`. */
export function wallOf(segment, t_90k) {
  return segment.start_ms + (t_90k - segment.start_90k) / 90;
}

/** The media time of `segment` at `at_ms`, within it. */
export function mediaOf(segment, at_ms) {
  return Math.max(segment.start_90k, Math.min(mediaAt(segment, at_ms), lastOf(segment)));
}

function mediaAt({ start_90k, start_ms }, at_ms) {
  return start_90k + Math.round((at_ms - start_ms) * 90);
}

function lastOf({ start_90k, end_90k }) {
  return Math.max(start_90k, end_90k - LAST_90K);
}

export class Archive {
  /** @type {Segment[]} in the order of their beginnings */
  segments = [];
  /** @type {Visit[]} likewise */
  visits = [];
  motion = new Motion();
  #unplayable = new Set();

  /** Take in what is true of a range by now; what was known of it before is forgotten. */
  merge({ from_ms, to_ms, segments, visits, motion }) {
    const isElsewhere = ({ start_ms, end_ms }) => end_ms <= from_ms || start_ms >= to_ms;
    this.segments = renewed(this.segments.filter(isElsewhere), segments);
    this.visits = renewed(this.visits.filter(isElsewhere), visits);
    if (motion) this.motion.put(from_ms, to_ms, motion);
  }

  /** The end of what is recorded; null when nothing is. */
  get end_ms() {
    return this.segments.length ? Math.max(...this.segments.map(({ end_ms }) => end_ms)) : null;
  }

  /** @returns {Segment | null} the newest segment that holds this moment */
  segmentAt(at_ms) {
    return this.#playable().findLast(({ start_ms, end_ms }) => start_ms <= at_ms && at_ms < end_ms)
      ?? null;
  }

  /**
   * The recorded moment that is shown for `at_ms`: itself, else where recording goes on, else the
   * last one of all. What is being written may hold it by now.
   *
   * @returns {{segment: Segment, t_90k: number} | null} null when nothing is recorded
   */
  momentAt(at_ms) {
    const segment = this.segmentAt(at_ms);
    if (segment) return { segment, t_90k: mediaOf(segment, at_ms) };
    const playable = this.#playable();
    const next = playable.find(({ start_ms }) => start_ms > at_ms);
    if (next) return { segment: next, t_90k: next.start_90k };
    const last = playable.at(-1);
    if (!last) return null;
    const isGrown = last.isGrowing && at_ms - last.end_ms < GROWN_MS;
    return { segment: last, t_90k: isGrown ? mediaAt(last, at_ms) : lastOf(last) };
  }

  /** @returns {Segment | null} */
  after(segment) {
    const playable = this.#playable();
    const at = playable.findIndex(({ id }) => id === segment.id);
    if (at >= 0) return playable[at + 1] ?? null;
    return playable.find(({ start_ms }) => start_ms > segment.start_ms) ?? null;
  }

  /** @returns {Segment | null} */
  before(segment) {
    return this.#playable().findLast(
      ({ id, start_ms }) => id !== segment.id && start_ms < segment.start_ms,
    ) ?? null;
  }

  /** Deleted meanwhile, or broken: it is passed over from now on. */
  passOver(segment) {
    this.#unplayable.add(segment.id);
  }

  /** Was something recorded in this stretch that had to be passed over? */
  isLost(from_ms, to_ms) {
    return this.segments.some(({ id, start_ms, end_ms }) =>
      this.#unplayable.has(id) && start_ms < to_ms && end_ms > from_ms);
  }

  /** @returns {{start_ms: number, end_ms: number}[]} what is recorded: between two of them is a gap */
  coverage() {
    const runs = [];
    for (const { start_ms, end_ms } of this.#playable()) {
      const run = runs.at(-1);
      if (run && start_ms - run.end_ms <= JOIN_MS) run.end_ms = Math.max(run.end_ms, end_ms);
      else runs.push({ start_ms, end_ms });
    }
    return runs;
  }

  /** @returns {Visit | null} the first that begins after `at_ms`, or the last before (way < 0) */
  visitFrom(at_ms, way) {
    if (way > 0) return this.visits.find(({ start_ms }) => start_ms > at_ms) ?? null;
    return this.visits.findLast(({ start_ms }) => start_ms < at_ms) ?? null;
  }

  /**
   * @returns {number | null} where the first recorded motion after `from_ms` begins to be seen, or
   *   the last before (way < 0)
   */
  motionFrom(from_ms, way) {
    let begin_ms = this.motion.beginFrom(from_ms, way);
    for (; begin_ms !== null; begin_ms = this.motion.beginFrom(begin_ms, way)) {
      const moment = this.momentAt(begin_ms);
      if (!moment) return null;
      const at_ms = wallOf(moment.segment, moment.t_90k);
      const isRecorded = begin_ms - 1 < at_ms && at_ms < begin_ms + STEP_MS;
      if (isRecorded && (way > 0 || at_ms < from_ms)) return at_ms;
    }
    return null;
  }

  /** @returns {Visit[]} who is there at this moment */
  visitsAt(at_ms) {
    return this.visits.filter(({ start_ms, end_ms }) => start_ms <= at_ms && at_ms <= end_ms);
  }

  #playable() {
    if (this.#unplayable.size === 0) return this.segments;
    return this.segments.filter(({ id }) => !this.#unplayable.has(id));
  }
}

function renewed(known, news) {
  const ids = new Set(news.map(({ id }) => id));
  const kept = known.filter(({ id }) => !ids.has(id));
  return [...kept, ...news].sort((one, other) => one.start_ms - other.start_ms);
}
