/**
 * What the server tells of recordings, and the bytes of them: recordings/views.py says what its
 * answers are made of. Times in them are Unix time (`_ms`) or media time (`_90k`).
 */
import { FragmentIndex } from "./fragments.js";
import { motionOf } from "./motion.js";

/** Indexes that are remembered: a person goes to and fro. */
const REMEMBERED = 48;

/** The server has no such recording (any more). */
export class Gone extends Error {}

export class RecordingsClient {
  #base;
  #fetch;
  #indexes = new Map();
  /** Bytes that the page has begun to load: {id, first, end, url} */
  #ahead = null;

  /** @param {string} slug of the camera  @param {typeof fetch} [fetcher] */
  constructor(slug, fetcher = (...asked) => fetch(...asked)) {
    this.#base = `/cameras/${encodeURIComponent(slug)}/recordings/`;
    this.#fetch = fetcher;
  }

  /** @returns {Promise<import("./archive.js").Timeline>} */
  async timeline(from_ms, to_ms, signal) {
    const url = `${this.#base}timeline.json?${range(from_ms, to_ms)}`;
    const { now_ms, segments, visits, motion } = await this.#json(url, signal);
    return {
      from_ms, to_ms, now_ms, segments: segments.map(segmentOf), visits: visits.map(visitOf),
      motion: motionOf(motion),
    };
  }

  /** @returns {Promise<object[]>} as in boxes.json */
  async paths(from_ms, to_ms, signal) {
    return (await this.#json(`${this.#base}boxes.json?${range(from_ms, to_ms)}`, signal)).paths;
  }

  /**
   * @param {import("./archive.js").Segment} segment
   * @param {{isFresh?: boolean}} [how] ask again though it is known
   * @returns {Promise<FragmentIndex>}
   */
  async index({ id }, signal, { isFresh = false } = {}) {
    const known = this.#indexes.get(id);
    if (known && !isFresh) return known;
    const index = new FragmentIndex(await this.#json(`${addressOf(id)}index.json`, signal));
    remember(this.#indexes, id, index);
    return index;
  }

  /**
   * Bytes `first` to `end` (without it) of a segment, in as many answers as the server makes of it.
   *
   * @returns {Promise<Uint8Array>}
   */
  async bytes({ id }, first, end, signal) {
    const ahead = this.#ahead;
    this.#ahead = null;
    if (ahead?.id === id && ahead.first === first && ahead.end === end) {
      const answer = await this.#get(ahead.url, { signal });
      const all = new Uint8Array(await answer.arrayBuffer());
      if (all.length === end - first) return all;
    }
    const whole = new Uint8Array(end - first);
    for (let at = first; at < end; ) {
      const headers = { range: `bytes=${at}-${end - 1}` };
      const answer = await this.#get(`${addressOf(id)}segment.mp4`, { headers, signal });
      const part = new Uint8Array(await answer.arrayBuffer());
      if (answer.status !== 206 || part.length === 0 || part.length > end - at) {
        throw new Error(`A range of ${end - at} bytes came as ${answer.status}, ${part.length}`);
      }
      whole.set(part, at - first);
      at += part.length;
    }
    return whole;
  }

  /** Remember what index.json would tell of a segment, and where bytes of it are loaded already. */
  knows({ id }, told, { bytes: [first, end], url }) {
    remember(this.#indexes, id, new FragmentIndex(told));
    this.#ahead = { id, first, end, url };
  }

  /** What was remembered of a segment may be wrong: ask again. */
  forget({ id }) {
    this.#indexes.delete(id);
  }

  /** The picture nearest to media time `t_90k`. */
  thumbnailUrl({ id }, t_90k) {
    return `${addressOf(id)}thumbnail.jpg?t=${Math.round(t_90k)}`;
  }

  /** As HLS, for browsers that want that. */
  playlistUrl(from_ms, to_ms) {
    return `${this.#base}playlist.m3u8?${range(from_ms, to_ms)}`;
  }

  /** The page that begins at this moment. */
  pageUrl(at_ms) {
    return `${this.#base}?at=${new Date(at_ms).toISOString()}`;
  }

  async #json(url, signal) {
    return (await this.#get(url, { headers: { accept: "application/json" }, signal })).json();
  }

  async #get(url, options) {
    const answer = await this.#fetch(url, options);
    if ([404, 410].includes(answer.status)) throw new Gone(`${url}: ${answer.status}`);
    if (!answer.ok || answer.redirected) throw new Error(`${url}: ${answer.status}`);
    return answer;
  }
}

function addressOf(id) {
  return `/recordings/${encodeURIComponent(id)}/`;
}

function range(from_ms, to_ms) {
  const [from, to] = [from_ms, to_ms].map((at_ms) => new Date(at_ms).toISOString());
  return new URLSearchParams({ from, to });
}

/** @returns {import("./archive.js").Segment} as timeline.json tells it */
export function segmentOf([id, boot, start_90k, end_90k, start_ms, isGrowing]) {
  const end_ms = start_ms + Math.round((end_90k - start_90k) / 90);
  return { id, boot, start_90k, end_90k, start_ms, end_ms, isGrowing };
}

function visitOf({ id, start_ms, end_ms, is_open, label, name, place, colour, url, is_starred }) {
  return {
    id, start_ms, end_ms, label, url, name: name ?? "", place: place ?? "", colour: colour ?? "",
    isOpen: Boolean(is_open), isStarred: Boolean(is_starred),
  };
}

function remember(map, key, value) {
  map.delete(key);
  map.set(key, value);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value);
}
