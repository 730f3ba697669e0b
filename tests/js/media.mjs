/** A browser's media source and <video>, as far as what plays recordings can tell. */

/** An event target that also has what a node needs none of. */
class Target extends EventTarget {
  tell(type) {
    this.dispatchEvent(new Event(type));
  }
}

/** Times of what was appended, by the fragment's own reckoning: set by `useMedia`. */
let timesOf = null;

class FakeBuffer extends Target {
  timestampOffset = 0;
  updating = false;
  frames = [];
  inits = 0;
  type;

  constructor(source, type) {
    super();
    this.source = source;
    this.type = type;
  }

  get buffered() {
    const ranges = [];
    for (const [start, end] of this.frames) {
      const last = ranges.at(-1);
      if (last && start - last[1] < 0.001) last[1] = end;
      else ranges.push([start, end]);
    }
    return {
      length: ranges.length, start: (i) => ranges[i][0], end: (i) => ranges[i][1],
    };
  }

  changeType(type) {
    this.type = type;
  }

  appendBuffer(bytes) {
    if (this.updating) throw new Error("InvalidStateError");
    const frames = timesOf(bytes);
    if (frames.length === 0) this.inits += 1;
    const isBad = frames.some(([start]) => start === this.source.video.bad_s);
    const placed = frames.map((times) => times.map((time_s) => time_s + this.timestampOffset));
    this.#update(() => {
      this.frames.push(...placed);
      if (isBad) this.source.breaks();
    });
  }

  remove(from, to) {
    this.#update(() => {
      this.frames = this.frames.filter(([start]) => start < from || start >= to);
    });
  }

  #update(act) {
    this.updating = true;
    setImmediate(() => {
      act();
      this.updating = false;
      this.tell("updateend");
      this.source.video.look();
    });
  }
}

class FakeSource extends Target {
  static isTypeSupported = (type) => !type.includes("hvc1");
  readyState = "closed";
  duration = Number.NaN;
  buffer = null;

  addSourceBuffer(type) {
    this.buffer = new FakeBuffer(this, type);
    return this.buffer;
  }

  breaks() {
    this.readyState = "ended";
    this.video.error = { message: "PIPELINE_ERROR: it is broken" };
    this.video.tell("error");
  }
}

export class FakeVideo extends Target {
  paused = true;
  seeking = false;
  error = null;
  playbackRate = 1;
  sources = [];
  #time = 0;
  #callbacks = [];
  #url = "";

  get source() {
    return this.sources.at(-1);
  }

  set src(url) {
    this.#url = url;
    this.error = null;
    this.#time = 0;
    const source = sources.get(url);
    this.sources.push(source);
    source.video = this;
    setImmediate(() => {
      source.readyState = "open";
      source.tell("sourceopen");
    });
  }

  get currentTime() {
    return this.#time;
  }

  set currentTime(time_s) {
    this.#time = time_s;
    this.seeking = true;
    this.tell("seeking");
    setImmediate(() => this.look());
  }

  get readyState() {
    return this.#frame ? 4 : 1;
  }

  async play() {
    this.paused = false;
    this.tell("play");
    if (this.#frame) this.tell("playing");
  }

  pause() {
    this.paused = true;
  }

  requestVideoFrameCallback(callback) {
    this.#callbacks.push(callback);
  }

  /** Time passes while it plays. */
  goOn(by_s) {
    this.#time += by_s;
    if (this.#frame) this.#show();
    else this.tell("waiting");
    this.tell("timeupdate");
  }

  /** There may be pictures now where it wants some. */
  look() {
    if (!this.seeking || !this.#frame) return;
    this.seeking = false;
    this.#show();
    this.tell("seeked");
  }

  get #frame() {
    return this.source?.buffer?.frames.findLast(([start, end]) => start <= this.#time && this.#time < end);
  }

  #show() {
    const mediaTime = Math.round(this.#frame[0] * 1e6) / 1e6;
    const callbacks = this.#callbacks.splice(0);
    for (const callback of callbacks) callback(0, { mediaTime, expectedDisplayTime: 0 });
  }
}

const sources = new Map();

/**
 * Give modules that are imported from now on a browser's media.
 *
 * @param {(bytes: Uint8Array) => [number, number][]} times begin and end of each picture, seconds
 */
export function useMedia(times) {
  timesOf = times;
  globalThis.MediaSource = FakeSource;
  globalThis.HTMLMediaElement = { HAVE_FUTURE_DATA: 3 };
  globalThis.document = { createElement: () => new FakeVideo() };
  URL.createObjectURL = (source) => {
    const url = `blob:${sources.size}`;
    sources.set(url, source);
    return url;
  };
  URL.revokeObjectURL = () => {};
}

/** Wait until `isSo`, while everything that is on its way arrives. */
export async function until(isSo) {
  for (let turn = 0; turn < 500; turn += 1) {
    if (isSo()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`This never came true: ${isSo}`);
}
