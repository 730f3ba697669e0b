/**
 * Brings recorded pictures from the server into a media source, one chunk after the other: from the
 * keyframe before a moment on, across gaps and from segment to segment, for as long as more is
 * wanted. Straight on, one request at a time; knows no DOM.
 */
import { Backoff } from "../../streaming/js/backoff.js";
import { Gone } from "./client.js";

/** The first chunk ends so far after the moment that is waited for. */
const LEAD_90K = 45_000;
const CHUNK_BYTES = 1_000_000;
const CHUNK_90K = 4 * 90_000;
/** The first one is as large as its GOP, unless no keyframe came for minutes. */
const FIRST_BYTES = 48_000_000;
/** A segment that is being written is looked at again so often. */
const GROWS_MS = 1000;

/** The browser cannot take any more of this: neither the server nor the network is to blame. */
export class SinkFailed extends Error {}

/** A place to go on from: `from` is a fragment's number, null: the keyframe before `t_90k`. */
const entering = ({ segment, t_90k }) => ({ segment, t_90k, from: null, isOver: false });

export class Feed {
  #archive;
  #client;
  #sink;
  #host;
  #wait;
  #backoff;

  /**
   * @param {{archive: import("./archive.js").Archive, client: object, sink: object, host: object,
   *   wait?: (ms: number, signal: AbortSignal) => Promise<void>, random?: () => number}} parts
   *   `client`: `index`, `bytes` and `forget` of RecordingsClient; `sink`: `append({segment, index,
   *   bytes, isNew}, signal)`, `isNew` where it does not go on from what was appended before, and
   *   `room(signal)`, which resolves once more is wanted; `host`: `comesTo(segment)` before what
   *   is in it is asked for, `atEnd(isGrowing)`, `skipped(segment)` and `late(error)`; `wait` resolves when aborted, too
   */
  constructor({ archive, client, sink, host, wait = pause, random }) {
    this.#archive = archive;
    this.#client = client;
    this.#sink = sink;
    this.#host = host;
    this.#wait = wait;
    this.#backoff = new Backoff({ first_ms: 300, most_ms: 8000, random });
  }

  /**
   * Feed from this moment on. Resolves when aborted, or when nothing is left; rejects with
   * SinkFailed alone, as failures of server and network are tried again.
   *
   * @param {{segment: import("./archive.js").Segment, t_90k: number}} moment
   * @param {AbortSignal} signal
   */
  async run(moment, signal) {
    let place = entering(moment);
    while (place && !signal.aborted) {
      try {
        place = await this.#advance(place, signal);
        this.#backoff.reset();
        await this.#sink.room(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof SinkFailed) throw error;
        place = await this.#recover(place, error, signal);
      }
    }
  }

  /** Append one chunk; returns where to go on. */
  async #advance(place, signal) {
    const { segment, t_90k, from } = place;
    const index = await this.#indexFor(place, signal);
    const isNew = from === null;
    const first = isNew ? index.keyFor(t_90k) : from;
    const begin_90k = index.fragments[first]?.first_90k;
    const chunk = index.chunk(first, {
      until_90k: isNew ? t_90k + LEAD_90K : begin_90k + CHUNK_90K,
      most_bytes: isNew ? FIRST_BYTES : CHUNK_BYTES,
    });
    if (!chunk) return this.#goOn(place, index, signal);
    const bytes = await this.#client.bytes(segment, chunk.first_byte, chunk.end_byte, signal);
    await this.#sink.append({ segment, index, bytes, isNew }, signal);
    return { ...place, from: chunk.to, isOver: false };
  }

  async #indexFor({ segment, t_90k, from }, signal) {
    const index = await this.#client.index(segment, signal);
    const isShort = from === null && index.isGrowing && t_90k >= index.end_90k;
    return isShort ? this.#client.index(segment, signal, { isFresh: true }) : index;
  }

  /** There is no more in this segment, as far as is known. */
  async #goOn(place, index, signal) {
    const { segment, isOver } = place;
    const next = this.#archive.after(segment);
    if (index.isGrowing && !isOver) return this.#lookAgain(place, index, next, signal);
    if (next) {
      this.#host.comesTo(next);
      return entering({ segment: next, t_90k: next.start_90k });
    }
    this.#host.atEnd(false);
    await this.#wait(GROWS_MS, signal);
    return place;
  }

  /** Whoever wrote it may have been killed: then the next segment tells that this one is over. */
  async #lookAgain(place, index, next, signal) {
    if (!next) {
      this.#host.atEnd(true);
      await this.#wait(GROWS_MS, signal);
    }
    const fresh = await this.#client.index(place.segment, signal, { isFresh: true });
    const isMore = fresh.fragments.length > index.fragments.length;
    return { ...place, isOver: Boolean(next) && !isMore };
  }

  async #recover(place, error, signal) {
    if (!(error instanceof Gone)) {
      this.#client.forget(place.segment);
      this.#host.late(error);
      await this.#wait(this.#backoff.next(), signal);
      return place;
    }
    const { segment } = place;
    const next = this.#archive.after(segment);
    this.#archive.passOver(segment);
    this.#host.skipped(segment);
    if (next) return entering({ segment: next, t_90k: next.start_90k });
    this.#host.atEnd(false);
    return null;
  }
}

/** Resolves after `ms`, or at once when `signal` aborts. */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
