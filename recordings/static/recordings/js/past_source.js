/** Recorded pictures in a media source: appended in turn, never more than is needed soon. */
import { SinkFailed } from "./feed.js";
import { Reel } from "./reel.js";
import { runsOf } from "./samples.js";

/** So much is at hand in front of the playhead, at normal speed; less while nothing plays. */
const AHEAD_S = 12;
const AHEAD_PAUSED_S = 5;
const AHEAD_BYTES = 24_000_000;
/** So much stays behind it, for steps back. */
const KEEP_S = 20;
const TRIM_EVERY_S = 8;
/** A media source must have a length for its parts to be seekable; nobody watches so long. */
const LENGTH_S = 10_000_000;
const CHANGES = ["timeupdate", "seeking", "ratechange", "play", "emptied"];

// iPhones have only the managed kind.
const Source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;

export function canPlayPast() {
  return Boolean(Source?.isTypeSupported?.('video/mp4; codecs="avc1.42e01f"'));
}

export class PastSource {
  reel = new Reel();
  #video;
  #source = new Source();
  #buffer = null;
  #type = "";
  #opened;
  #turn = Promise.resolve();
  /** What was appended and not yet shown: {end_s, bytes} */
  #laid = [];

  /** @param {HTMLVideoElement} video shows this source from now on */
  constructor(video) {
    this.#video = video;
    const url = URL.createObjectURL(this.#source);
    this.#opened = new Promise((resolve) => {
      this.#source.addEventListener("sourceopen", () => {
        URL.revokeObjectURL(url);
        this.#source.duration = LENGTH_S;
        resolve();
      }, { once: true });
    });
    video.src = url;
  }

  /** What is appended from now on is somewhere else in time. */
  restart() {
    return this.#inTurn(() => {
      this.reel.restart();
      this.#laid = [];
    });
  }

  /**
   * Append whole fragments, behind their init segment where they begin anew. Does nothing more once
   * `signal` has aborted. Rejects with SinkFailed when the browser cannot take them.
   *
   * @param {{segment: object, index: import("./fragments.js").FragmentIndex, bytes: Uint8Array,
   *   isNew: boolean}} item
   */
  append(item, signal) {
    return this.#inTurn(() => this.#append(item, signal));
  }

  /** Resolves when more is wanted, or aborted. */
  async room(signal) {
    while (!signal.aborted && this.#isFull) await nextOf(this.#video, CHANGES, signal);
  }

  /** @returns {number | null} where this moment is, if the browser still has it */
  positionOf({ segment, t_90k }) {
    const position_s = this.reel.positionOf(segment, t_90k);
    if (position_s === null || !this.#buffer) return null;
    const { buffered } = this.#buffer;
    for (let i = 0; i < buffered.length; i += 1) {
      if (buffered.start(i) <= position_s && position_s < buffered.end(i)) return position_s;
    }
    return null;
  }

  get #head_s() {
    return Math.max(this.#video.currentTime, this.reel.start_s);
  }

  get #isFull() {
    const { paused, playbackRate } = this.#video;
    const head_s = this.#head_s;
    const ahead_s = paused ? AHEAD_PAUSED_S : AHEAD_S * Math.max(1, playbackRate);
    this.#laid = this.#laid.filter(({ end_s }) => end_s > head_s);
    const bytes = this.#laid.reduce((sum, laid) => sum + laid.bytes, 0);
    return this.reel.end_s - head_s >= ahead_s || bytes >= AHEAD_BYTES;
  }

  /** One after the other: a source buffer takes one thing at a time. */
  #inTurn(act) {
    const turn = this.#turn.then(act);
    // Whoever asked hears of a failure; the next in turn begins all the same.
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #append({ segment, index, bytes, isNew }, signal) {
    await this.#opened;
    if (signal.aborted) return;
    if (isNew) await this.#begin(index);
    const { pts_origin } = index;
    for (const run of runsOf(bytes)) {
      if (signal.aborted) return;
      const first_s = this.reel.place(segment, {
        times_90k: run.times_90k.map((time_90k) => time_90k + pts_origin),
        end_90k: run.end_90k + pts_origin,
      });
      this.#buffer.timestampOffset = first_s - run.times_90k[0] / 90_000;
      await this.#write(run.bytes);
      this.#laid.push({ end_s: this.reel.end_s, bytes: run.bytes.length });
    }
    await this.#trim(KEEP_S);
  }

  async #begin({ codec, init }) {
    const type = `video/mp4; codecs="${codec}"`;
    if (!Source.isTypeSupported(type)) {
      throw new SinkFailed(`This browser cannot play what was recorded (${codec})`);
    }
    if (!this.#buffer) this.#buffer = this.#source.addSourceBuffer(type);
    else if (type !== this.#type) this.#buffer.changeType(type);
    this.#type = type;
    await this.#write(init);
  }

  async #write(bytes) {
    try {
      this.#buffer.appendBuffer(bytes);
    } catch (error) {
      if (error.name !== "QuotaExceededError") throw new SinkFailed(error.message);
      await this.#makeRoom(bytes);
    }
    await this.#updated();
  }

  /** Full although so little is kept: what lies behind the playhead goes. */
  async #makeRoom(bytes) {
    await this.#trim(1, 0);
    try {
      this.#buffer.appendBuffer(bytes);
    } catch (error) {
      throw new SinkFailed(error.message);
    }
  }

  async #trim(keep_s, every_s = TRIM_EVERY_S) {
    const { buffered } = this.#buffer;
    const isThere = this.#video.currentTime >= this.reel.start_s;
    if (!buffered.length || !isThere) return;
    const before_s = Math.max(this.reel.start_s - 1, this.#video.currentTime - keep_s);
    if (before_s <= buffered.start(0) + every_s) return;
    this.#buffer.remove(0, before_s);
    await this.#updated();
    // Browsers remove up to the next keyframe.
    const left = this.#buffer.buffered;
    if (left.length) this.reel.forget(left.start(0));
  }

  async #updated() {
    if (this.#buffer.updating) {
      await new Promise((resolve) => {
        this.#buffer.addEventListener("updateend", resolve, { once: true });
      });
    }
    if (this.#source.readyState !== "open") {
      throw new SinkFailed(this.#video.error?.message ?? "The media source is closed");
    }
  }
}

function nextOf(target, types, signal) {
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = () => {
      over.abort();
      resolve();
    };
    for (const type of types) target.addEventListener(type, done, { signal: over.signal });
    signal.addEventListener("abort", done, { signal: over.signal });
    if (signal.aborted) done();
  });
}
