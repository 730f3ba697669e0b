/**
 * Where pets were, by media time: the paths of visits, fetched stretch by stretch around the
 * picture that is shown. Knows no DOM and no clock but the pictures' own.
 */
import { overlap } from "../../streaming/js/boxes.js";

const STRETCH_MS = 5 * 60_000;
const STRETCHES = 8;
const MEDIA_CLOCK = 90_000;
/** Times that differ by less mean the same picture: half a millisecond. */
const SAME_90K = 45;
/** Two visits of the same animal, one to a place and one to the room, draw one box. */
const SAME_ANIMAL = 0.5;
/** So long before and after boxes pictures are drawn as those with boxes are. */
const NEAR_90K = MEDIA_CLOCK;
/** A stretch that could not be fetched is asked for again after so long. */
const RETRY_MS = 5000;

export class PastBoxes {
  #load;
  #onLoaded;
  #now;
  /** By number of the stretch: {paths, due_ms}, when to ask (again) */
  #stretches = new Map();

  /**
   * @param {{load: (from_ms: number, to_ms: number) => Promise<object[]>, onLoaded: () => void,
   *   now?: () => number}} parts `load`: paths as in boxes.json
   */
  constructor({ load, onLoaded, now = () => performance.now() }) {
    this.#load = load;
    this.#onLoaded = onLoaded;
    this.#now = now;
  }

  /** Have the boxes around this moment at hand: those of its stretch and of the next one. */
  need(at_ms) {
    const n = Math.floor(at_ms / STRETCH_MS);
    this.#want(n);
    if (at_ms - n * STRETCH_MS > STRETCH_MS / 2) this.#want(n + 1);
  }

  /** There may be more boxes than were known from this moment on. */
  renewFrom(at_ms) {
    for (const [n, stretch] of this.#stretches) {
      if ((n + 1) * STRETCH_MS > at_ms) stretch.due_ms = -Infinity;
    }
  }

  /**
   * @param {{segment: {boot: number}, t_90k: number, at_ms: number}} moment of a picture
   * @returns {import("../../streaming/js/boxes.js").Shown[]}
   */
  at({ segment, t_90k, at_ms }) {
    const found = [];
    for (const path of this.#pathsAt(at_ms)) {
      const box = path.boot === segment.boot ? boxAt(path.points, t_90k) : null;
      if (box) add(found, shown(path, box));
    }
    return found;
  }

  /** Are there boxes at this moment, or soon, or were there just now? */
  isNear({ segment, t_90k, at_ms }) {
    return this.#pathsAt(at_ms).some(({ boot, points }) =>
      boot === segment.boot && points.length > 0
      && points[0][0] - NEAR_90K <= t_90k && t_90k <= points.at(-1)[0] + NEAR_90K);
  }

  #pathsAt(at_ms) {
    return this.#stretches.get(Math.floor(at_ms / STRETCH_MS))?.paths ?? [];
  }

  #want(n) {
    const known = this.#stretches.get(n);
    if (known && known.due_ms > this.#now()) return;
    const stretch = { paths: known?.paths ?? [], due_ms: Infinity };
    this.#stretches.delete(n);
    this.#stretches.set(n, stretch);
    if (this.#stretches.size > STRETCHES) {
      this.#stretches.delete(this.#stretches.keys().next().value);
    }
    this.#fill(n, stretch);
  }

  async #fill(n, stretch) {
    try {
      const paths = await this.#load(n * STRETCH_MS, (n + 1) * STRETCH_MS);
      // Pets with a name first: theirs is the box that is drawn.
      stretch.paths = paths.filter(isPath).sort((one, other) => !one.pet - !other.pet);
      this.#onLoaded();
    } catch {
      stretch.due_ms = this.#now() + RETRY_MS;
    }
  }
}

function isPath({ label, score, points }) {
  const isPoint = (point) => Array.isArray(point) && point.length === 5
    && point.every(Number.isFinite);
  return typeof label === "string" && Number.isFinite(score) && Array.isArray(points)
    && points.every(isPoint);
}

/** @returns {number[] | null} the box at `t_90k`, on a point or between two */
function boxAt(points, t_90k) {
  const at = lastAtOrBefore(points, t_90k + SAME_90K);
  if (at < 0) return null;
  const [before_90k, ...before] = points[at];
  if (t_90k - before_90k <= SAME_90K) return before;
  if (at === points.length - 1) return null;
  const [after_90k, ...after] = points[at + 1];
  const part = (t_90k - before_90k) / (after_90k - before_90k);
  return before.map((side, i) => side + (after[i] - side) * part);
}

/** Paths have up to two thousand points, and every picture asks. */
function lastAtOrBefore(points, t_90k) {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= t_90k) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function shown({ visit, label, score, pet = null }, box) {
  return { key: `visit ${visit}`, label, score, pet, box, strength: 1 };
}

function add(found, box) {
  const isSame = (other) => other.label === box.label && overlap(other.box, box.box) > SAME_ANIMAL;
  if (!found.some(isSame)) found.push(box);
}
