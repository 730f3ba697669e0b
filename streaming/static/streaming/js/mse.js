/** Pictures through the portal: fragmented MP4 over a WebSocket into a media source. */
import { Chase } from "./chase.js";
import { DecodedFrames, makeVideo, play, watchFrames } from "./frames.js";
import { MediaSocket } from "./media_socket.js";
import { runsOf, Timeline } from "./timeline.js";

const KEEP_S = 12;
const TRIM_EVERY_S = 6;
const QUEUE = 96;

// iPhones have only the managed kind.
const Source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;

export function canMse() {
  return Boolean(Source?.isTypeSupported?.('video/mp4; codecs="avc1.42e01f"'));
}

export class MseTransport {
  kind = "mse";
  isPatient = true;
  surface = makeVideo();
  #host;
  #url;
  #clock;
  #socket = null;
  #source = null;
  #buffer = null;
  #queue = [];
  #isAppending = false;
  #timeline = new Timeline();
  #chase = new Chase();
  #bytes = 0;
  #trimmed_s = 0;
  #isOver = false;
  #undo = [];
  #objectUrl = "";
  #decoded = new DecodedFrames(this.surface);

  /** @param {{mediaUrl: string, clock: object}} tools  @param {object} host */
  constructor({ mediaUrl, clock }, host) {
    this.#url = mediaUrl;
    this.#clock = clock;
    this.#host = host;
  }

  get video() {
    return this.surface;
  }

  suits() {
    return true;
  }

  /** Hold pictures back for at least so long. */
  set delay_ms(value) {
    this.#chase.least_s = value / 1000;
  }

  mediaTime_90k({ mediaTime }) {
    return this.#timeline.mediaTime_90k(mediaTime);
  }

  get isReady() {
    return this.#socket?.isOpen ?? false;
  }

  start() {
    this.#source = new Source();
    this.#objectUrl = URL.createObjectURL(this.#source);
    this.surface.src = this.#objectUrl;
    this.#listen(this.#source, "sourceopen", () => this.#pump());
    this.#listen(this.surface, "error", () => this.#fail("decoder", this.#decoderWords()));
    this.#listen(this.surface, "waiting", () => this.#chase.starved(performance.now()));
    this.#undo.push(watchFrames(this.surface, (metadata, at_ms) => this.#framed(metadata, at_ms)));
    this.#socket = new MediaSocket(this.#url, {
      transport: "mse",
      onMessage: (message) => this.#told(message),
      onBytes: (bytes) => this.#received(bytes),
      onClosed: (failure) => this.#fail(failure.code, failure.text),
    });
    play(this.surface, () => this.#host.blocked(this.surface));
  }

  stop() {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const undo of this.#undo) undo();
    this.#socket?.close();
    this.surface.pause();
    URL.revokeObjectURL(this.#objectUrl);
  }

  pulse() {
    if (document.hidden && this.#decoded.moved()) this.#host.frame(null);
    this.#keepUp();
  }

  late() {
    const text = this.isReady
      ? "No picture came through the portal as video"
      : "The portal's video connection does not open";
    return { code: "no-picture", text };
  }

  async measure() {
    const quality = this.surface.getVideoPlaybackQuality?.() ?? {};
    return {
      bytes: this.#bytes,
      decoded: quality.totalVideoFrames ?? 0,
      dropped: quality.droppedVideoFrames ?? 0,
      decoder: "",
    };
  }

  #listen(target, type, listener) {
    target.addEventListener(type, listener);
    this.#undo.push(() => target.removeEventListener(type, listener));
  }

  #told(message) {
    if (message.type === "media.ended") this.#fail(message.code, message.text);
    if (message.type !== "media.init") return;
    const type = `video/mp4; codecs="${message.codec}"`;
    if (Source.isTypeSupported(type)) this.#queue.push({ type, ptsOrigin: message.pts_origin });
    else this.#fail("codec", `This browser cannot play what the camera sends (${message.codec})`);
  }

  #received(bytes) {
    this.#bytes += bytes.byteLength;
    const runs = runsOf(bytes);
    if (runs.length === 0) this.#queue.push({ bytes });
    for (const run of runs) this.#queue.push({ bytes: run.bytes, run });
    this.#queue.at(-1).isMessageEnd = true;
    // The server never sends past our credit; a queue this long means that the decoder is stuck.
    if (this.#queue.length > QUEUE) this.#fail("decoder", "This browser's decoder is stuck");
    else this.#pump();
  }

  #pump() {
    while (!this.#isOver && !this.#isAppending && this.#queue.length && this.#isSourceOpen) {
      const item = this.#queue[0];
      try {
        if (item.bytes) this.#append(item);
        else this.#prepare(item);
        this.#queue.shift();
      } catch (error) {
        if (!this.#makeRoom(error)) {
          this.#fail("decoder", this.#decoderWords());
          return;
        }
      }
    }
  }

  get #isSourceOpen() {
    return this.#source.readyState === "open";
  }

  /** A first or another description of the stream: its codec, and where its time begins. */
  #prepare({ type, ptsOrigin }) {
    if (this.#buffer) {
      this.#buffer.changeType(type);
    } else {
      this.#source.duration = Infinity;
      this.#buffer = this.#source.addSourceBuffer(type);
      this.#listen(this.#buffer, "updateend", () => this.#appended());
    }
    this.#timeline.origin_90k = ptsOrigin;
  }

  #append(item) {
    // Placed once, however often the append is tried.
    if (item.run) item.offset_s ??= this.#timeline.place(item.run);
    const buffer = this.#buffer;
    if (item.run && buffer.timestampOffset !== item.offset_s) buffer.timestampOffset = item.offset_s;
    buffer.appendBuffer(item.bytes);
    this.#isAppending = true;
    if (item.isMessageEnd) this.#socket.consumed();
  }

  #appended() {
    this.#isAppending = false;
    if (this.#isOver) return;
    this.#keepUp();
    this.#trim();
    this.#pump();
  }

  #keepUp() {
    const { buffered, currentTime, seeking } = this.surface;
    if (this.#isOver || !buffered.length || seeking) return;
    const newest = buffered.length - 1;
    const { rate, jump_s } = this.#chase.decide({
      now_ms: performance.now(),
      position_s: currentTime,
      start_s: buffered.start(newest),
      end_s: buffered.end(newest),
    });
    if (jump_s !== null) this.surface.currentTime = jump_s;
    if (this.surface.playbackRate !== rate) this.surface.playbackRate = rate;
  }

  #trim(keep_s = KEEP_S) {
    const before_s = this.surface.currentTime - keep_s;
    if (this.#isAppending || before_s < this.#trimmed_s + TRIM_EVERY_S) return false;
    this.#trimmed_s = before_s;
    this.#buffer.remove(0, before_s);
    this.#isAppending = true;
    return true;
  }

  /** A full buffer is emptied up to what is being shown; anything else cannot be mended here. */
  #makeRoom(error) {
    if (error.name !== "QuotaExceededError") return false;
    this.#trimmed_s = -Infinity;
    return this.#trim(1);
  }

  #framed({ mediaTime }, at_ms) {
    const media_90k = this.#timeline.mediaTime_90k(mediaTime);
    if (media_90k !== null) this.#host.frame(this.#clock.age_s(media_90k, at_ms));
  }

  #decoderWords() {
    const detail = this.surface.error?.message?.split(":")[0];
    return `This browser's decoder gave up${detail ? ` (${detail})` : ""}`;
  }

  #fail(code, text) {
    if (!this.#isOver) this.#host.fail({ code, text });
  }
}
