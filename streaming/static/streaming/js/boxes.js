/**
 * What detectors saw, by media time (90 kHz, not wrapped), asked for the moment a picture shows.
 * Knows no DOM and no clock but the pictures' own.
 */
const MEDIA_CLOCK = 90_000;
const WRAP = 2 ** 32;
/** Times that differ by less mean the same picture: half a millisecond. */
const SAME_90K = 45;
/** Between two looks further apart than this nobody knows how the animal moved. */
const GAP_90K = 1.25 * MEDIA_CLOCK;
const KEEP_90K = 8 * MEDIA_CLOCK;
const MOMENTS = 320;
const SOURCES = 8;
const TRACKS = 50;
/** Predicted boxes are drawn in full for so long after they were seen, and gone in the end. */
const FRESH_S = 1;
const STALE_S = 2;
/** An animal that the newest look missed: detectors blink, animals do not. */
const MISSED_S = 0.5;
/** Animals slow down, turn and sit: how far a velocity is believed, as a time. */
const BELIEF_S = 1.5;
/** Two sources that see the same animal draw one box. */
const SAME_ANIMAL = 0.5;

/**
 * @typedef {[number, number, number, number]} Box left, top, width, height as shares of the picture
 * @typedef {{key: string, label: string, score: number, pet: object | null, box: Box,
 *   strength: number}} Shown `strength` is 0..1: how much of it is still to be seen
 */

/** The time nearest to `near_90k` whose lowest 32 bits are `low`. */
export function unwrapped(low, near_90k) {
  const ahead = (((low - near_90k) % WRAP) + WRAP) % WRAP;
  return near_90k + (ahead > WRAP / 2 ? ahead - WRAP : ahead);
}

/** What two boxes share of what they cover together, 0..1. */
export function overlap([x, y, w, h], [X, Y, W, H]) {
  const width = Math.min(x + w, X + W) - Math.max(x, X);
  const height = Math.min(y + h, Y + H) - Math.max(y, Y);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (w * h + W * H - width * height);
}

export class BoxStore {
  /** Grows with each message. */
  revision = 0;
  #sources = new Map();
  #newest_90k = null;

  /** Take in a message of the server; what is not a box in it is left out. */
  add({ t, source, tracks }) {
    if (this.#newest_90k !== null && Math.abs(t - this.#newest_90k) > WRAP / 4) this.clear();
    this.revision += 1;
    this.#newest_90k = Math.max(this.#newest_90k ?? t, t);
    const moments = this.#momentsOf(source);
    const moment = { t, tracks: new Map() };
    for (const track of tracks.slice(0, TRACKS)) {
      if (isTrack(track)) moment.tracks.set(track.id, { ...track, key: `${source} ${track.id}` });
    }
    const at = moments.findLastIndex((known) => known.t <= t);
    const isKnown = moments[at]?.t === t;
    moments.splice(isKnown ? at : at + 1, isKnown ? 1 : 0, moment);
    while (moments.length > MOMENTS || moments[0].t < this.#newest_90k - KEEP_90K) moments.shift();
    if (moments.length === 0) this.#sources.delete(source);
  }

  /** Another connection, or another camera: nothing of this is true any more. */
  clear() {
    this.#sources.clear();
    this.#newest_90k = null;
  }

  /** The full time of a picture of which only the lowest 32 bits are known; null: no boxes yet. */
  timeOf(low) {
    return this.#newest_90k === null ? null : unwrapped(low, this.#newest_90k);
  }

  /** From when on pictures needed the boxes of time `t`: the look before that. Null: none. */
  before(source, t) {
    const earlier = this.#sources.get(source)?.findLast((moment) => moment.t < t);
    return earlier && t - earlier.t <= GAP_90K ? earlier.t : null;
  }

  /** Is somebody's look at the picture of `t`, or at one after it, still on its way? */
  awaits(t) {
    return [...this.#sources.values()].some((moments) => {
      const last = moments.at(-1);
      const missing_90k = t - last.t;
      return last.tracks.size > 0 && missing_90k > SAME_90K && missing_90k <= GAP_90K;
    });
  }

  /**
   * The boxes of the picture of `t`: computed on it, or between two that were. Nothing else.
   *
   * @returns {Shown[]}
   */
  exact(t) {
    return this.#all((moments) => {
      const at = moments.findLastIndex((moment) => moment.t <= t + SAME_90K);
      if (at < 0) return [];
      const [before, after] = [moments[at], moments[at + 1]];
      if (t - before.t <= SAME_90K) return [...before.tracks.values()].map((track) => shown(track));
      if (!after || after.t - before.t > GAP_90K) return [];
      const both = [...before.tracks.values()].filter(({ id }) => after.tracks.has(id));
      return both.map((track) => between(track, before.t, after.tracks.get(track.id), after.t, t));
    });
  }

  /**
   * The boxes of the picture of `t`, as far as they can be told by now: moved on from where the
   * animals were last seen, fading as that grows old.
   *
   * @returns {Shown[]}
   */
  predicted(t) {
    return this.#all((moments) => {
      const at = moments.findLastIndex((moment) => moment.t <= t + SAME_90K);
      if (at < 0) return [];
      const after = moments[at + 1];
      return [...lastSeen(moments, at, t)].flatMap(([id, { track, seen_90k }]) => {
        const next = after?.tracks.get(id);
        if (next && after.t - seen_90k <= GAP_90K) {
          return [between(track, seen_90k, next, after.t, t)];
        }
        const strength = strengthOf((t - seen_90k) / MEDIA_CLOCK, seen_90k < moments[at].t);
        return strength > 0 ? [ahead(track, (t - seen_90k) / MEDIA_CLOCK, strength)] : [];
      });
    });
  }

  #momentsOf(source) {
    const moments = this.#sources.get(source) ?? [];
    // Last in the order: who was heard last is believed first.
    this.#sources.delete(source);
    this.#sources.set(source, moments);
    if (this.#sources.size > SOURCES) this.#sources.delete(this.#sources.keys().next().value);
    return moments;
  }

  #all(boxesOf) {
    const found = [];
    for (const moments of [...this.#sources.values()].reverse()) {
      const others = [...found];
      for (const box of boxesOf(moments)) {
        if (!others.some((other) => isSameAnimal(other, box))) found.push(box);
      }
    }
    return found;
  }
}

function isTrack(track) {
  const { id, label, score, box, v } = track ?? {};
  const isFour = (list) => Array.isArray(list) && list.length === 4 && list.every(Number.isFinite);
  return id !== undefined && typeof label === "string" && Number.isFinite(score) && isFour(box)
    && (v === undefined || isFour(v));
}

/** Each track where it was seen last, at or before moment `at`. */
function lastSeen(moments, at, t) {
  const seen = new Map();
  for (let i = at; i >= 0 && t - moments[i].t <= STALE_S * MEDIA_CLOCK; i -= 1) {
    for (const [id, track] of moments[i].tracks) {
      if (!seen.has(id)) seen.set(id, { track, seen_90k: moments[i].t });
    }
  }
  return seen;
}

function strengthOf(age_s, isMissed) {
  if (isMissed) return Math.max(0, 1 - age_s / MISSED_S);
  return Math.min(1, Math.max(0, (STALE_S - age_s) / (STALE_S - FRESH_S)));
}

function shown({ key, label, score, pet = null, box }, strength = 1) {
  return { key, label, score, pet, box, strength };
}

function between(one, one_90k, other, other_90k, t) {
  const part = (t - one_90k) / (other_90k - one_90k);
  const box = one.box.map((side, i) => side + (other.box[i] - side) * part);
  return shown({ ...other, score: Math.min(one.score, other.score), box });
}

function ahead(track, age_s, strength) {
  const reach_s = BELIEF_S * (1 - Math.exp(-Math.max(0, age_s) / BELIEF_S));
  const [x, y, w, h] = track.box.map((side, i) => side + (track.v?.[i] ?? 0) * reach_s);
  return shown({ ...track, box: [x, y, Math.max(w, 0.005), Math.max(h, 0.005)] }, strength);
}

const isSameAnimal = (one, other) =>
  one.label === other.label && overlap(one.box, other.box) > SAME_ANIMAL;
