/**
 * Plays recordings by HLS in browsers without a media source, as <petcam-past> plays them elsewhere:
 * the same states, the same parts of Playback. Pictures are told by the second's hundredths only,
 * for such browsers do not say which picture of a file they show.
 */
import { makeVideo, play, watchFrames } from "../../streaming/js/frames.js";
import { mediaOf, wallOf } from "./archive.js";

export const HLS = "application/vnd.apple.mpegurl";
/** So much is in one playlist: what follows is in the next. */
const LENGTH_MS = 30 * 60_000;
const PICTURE_S = 1 / 25;
const GAP_MS = 2500;

/** Where positions in a playlist are in time: its parts are laid end to end. */
export class HlsTimes {
  #parts = [];

  /** @param {import("./archive.js").Segment[]} segments  @param {number} from_ms of the first picture */
  constructor(segments, from_ms) {
    let position_ms = 0;
    for (const segment of segments) {
      if (segment.end_ms <= from_ms) continue;
      const start_ms = Math.max(from_ms, segment.start_ms);
      this.#parts.push({ segment, start_ms, position_ms });
      position_ms += segment.end_ms - start_ms;
    }
  }

  /** @returns {import("./reel.js").Moment | null} */
  at(position_s) {
    const part = this.#parts.findLast(({ position_ms }) => position_ms <= position_s * 1000 + 1);
    if (!part) return null;
    const { segment, start_ms, position_ms } = part;
    const t_90k = mediaOf(segment, start_ms + position_s * 1000 - position_ms);
    return { segment, t_90k, at_ms: wallOf(segment, t_90k) };
  }

  /** @returns {number | null} the position of a moment, in seconds; null: not in here */
  positionOf(at_ms) {
    const part = this.#parts.findLast(({ start_ms }) => start_ms <= at_ms);
    if (!part || at_ms >= part.segment.end_ms) return null;
    return (part.position_ms + at_ms - part.start_ms) / 1000;
  }
}

export class HlsPlayback {
  video = makeVideo();
  state = "idle";
  reason = "";
  /** @type {import("./reel.js").Moment | null} */
  moment = null;
  isNewest = false;
  #archive;
  #client;
  #host;
  #times = null;
  #target_ms = null;
  #isWanted = false;
  #isCut = true;
  #speed = 1;

  /** @param {object} parts as of Playback */
  constructor({ archive, client, host }) {
    this.#archive = archive;
    this.#client = client;
    this.#host = host;
    const { video } = this;
    video.autoplay = false;
    video.addEventListener("loadedmetadata", () => this.#loaded());
    video.addEventListener("seeked", () => this.#seeked());
    video.addEventListener("waiting", () => this.#target_ms === null && this.#set("waiting"));
    video.addEventListener("playing", () => this.#target_ms === null && this.#set("playing"));
    video.addEventListener("ended", () => this.#ended());
    video.addEventListener("error", () => this.#set("failed", "This browser cannot play this recording."));
    watchFrames(video, ({ mediaTime }) => this.#pictured(mediaTime));
  }

  get isWanted() {
    return this.#isWanted;
  }

  get speed() {
    return this.#speed;
  }

  set speed(value) {
    this.#speed = value;
    this.video.defaultPlaybackRate = value;
    this.video.playbackRate = value;
    this.#host.changed();
  }

  get at_ms() {
    return this.#target_ms ?? this.moment?.at_ms ?? null;
  }

  seek(at_ms) {
    if (!this.video.canPlayType(HLS)) {
      this.#set("failed", "This browser cannot play recordings. A newer one can.");
      return;
    }
    const moment = this.#archive.momentAt(at_ms);
    if (!moment) {
      this.#set("failed", "Nothing is recorded here.");
      return;
    }
    this.#target_ms = wallOf(moment.segment, moment.t_90k);
    this.#isCut = true;
    this.#set("seeking");
    const position_s = this.#times?.positionOf(this.#target_ms) ?? null;
    if (position_s === null) this.#load(this.#target_ms);
    else this.video.currentTime = position_s;
  }

  /** A playlist cannot follow a finger: what it comes to is sought once it is let go. */
  scrub(at_ms) {
    if (this.state !== "seeking" && this.#times?.positionOf(at_ms) != null) this.seek(at_ms);
  }

  play() {
    this.#isWanted = true;
    if (this.#target_ms === null) this.#go();
    this.#host.changed();
  }

  pause() {
    this.#isWanted = false;
    this.video.pause();
    if (["playing", "waiting", "ended"].includes(this.state)) this.#set("paused");
    this.#host.changed();
  }

  step(way) {
    if (!this.moment || this.#target_ms !== null) return;
    this.pause();
    this.#isCut = true;
    this.video.currentTime = Math.max(0, this.video.currentTime + way * PICTURE_S);
  }

  stop() {
    this.pause();
    this.#target_ms = null;
    if (this.state === "seeking") this.#set("paused");
  }

  momentAt(position_s) {
    return this.#times?.at(position_s) ?? null;
  }

  #load(from_ms) {
    this.#times = null;
    this.video.src = this.#client.playlistUrl(from_ms, from_ms + LENGTH_MS);
    this.video.load();
  }

  /** A playlist begins with the keyframe before what was asked for: Safari says when that is. */
  #loaded() {
    const told_ms = this.video.getStartDate?.().getTime();
    const from_ms = Number.isFinite(told_ms) ? told_ms : this.#target_ms ?? 0;
    this.#times = new HlsTimes(this.#archive.segments, from_ms);
    this.video.playbackRate = this.#speed;
    this.video.currentTime = this.#times.positionOf(this.#target_ms ?? from_ms) ?? 0;
  }

  #seeked() {
    this.#target_ms = null;
    this.#pictured(this.video.currentTime);
    if (this.#isWanted) this.#go();
    else this.#set("paused");
  }

  async #go() {
    if (this.state === "idle" || this.state === "failed") return;
    await play(this.video, () => {
      this.#isWanted = false;
      this.#set("paused");
      this.#host.blocked();
    });
  }

  #ended() {
    const end_ms = this.moment?.segment.end_ms ?? 0;
    const next = this.#archive.segmentAt(end_ms) ?? (this.moment && this.#archive.after(this.moment.segment));
    this.isNewest = !next && Boolean(this.moment?.segment.isGrowing);
    if (next && this.#isWanted) this.seek(Math.max(end_ms, next.start_ms));
    else this.#set("ended");
  }

  #pictured(position_s) {
    const moment = this.momentAt(position_s);
    if (!moment) return;
    const from_ms = this.#isCut ? moment.at_ms : this.moment.at_ms;
    this.moment = moment;
    this.#isCut = false;
    if (moment.at_ms - from_ms > GAP_MS) this.#host.jumped(from_ms, moment.at_ms);
    this.#host.pictured(moment);
  }

  #set(state, reason = "") {
    if (this.state === state && this.reason === reason) return;
    this.state = state;
    this.reason = reason;
    this.#host.changed();
  }
}
