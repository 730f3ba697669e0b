/**
 * Plays what an archive holds in a <video>: from any moment, at any speed, picture by picture.
 *
 * `state` is idle, seeking, playing, paused, waiting, ended (nothing more is recorded) or failed;
 * the picture of before stays in sight while another one is sought.
 */
import { makeVideo, play, watchFrames } from "../../streaming/js/frames.js";
import { wallOf } from "./archive.js";
import { Feed, SinkFailed } from "./feed.js";
import { PastSource } from "./past_source.js";

/** So many segments in a row that cannot be played are passed over. */
const MOST_BROKEN = 5;
/** What is nearer to the end than this is the end. */
const END_S = 0.2;
/** At the end of what is being recorded so much is awaited, rather than stumble after it. */
const RESUME_S = 3;
/** Between two pictures: worth a word. */
const GAP_MS = 2500;
/** So far before a picture the one before it is shown: times nearer than that are the same. */
const BEFORE_90K = 90;

export class Playback {
  video = makeVideo();
  state = "idle";
  /** Why nothing is to be seen, for people. */
  reason = "";
  /** Of the picture in sight. @type {import("./reel.js").Moment | null} */
  moment = null;
  /** At the end: is that what is being recorded now? */
  isNewest = false;
  #archive;
  #client;
  #host;
  #wait;
  #source = null;
  #feeding = new AbortController();
  /** What is sought: {segment, t_90k}; `#isThere` once the <video> was told where that is. */
  #target = null;
  #isThere = false;
  #scrubbed_ms = null;
  /** Asked for while another picture was sought: so many pictures on, or back (< 0). */
  #steps = 0;
  /** Where the still picture in sight was sought; null once it played on. */
  #still_s = null;
  /** The next picture does not go on from the one before it. */
  #isCut = true;
  #isWanted = false;
  #isAtEnd = false;
  #broken = 0;
  #speed = 1;

  /**
   * @param {{archive: import("./archive.js").Archive, client: object, host: object,
   *   wait?: Function}} parts `host`: `changed()`, `pictured(moment)`, `comesTo(at_ms)` soon, `jumped(from_ms,
   *   to_ms)` over a gap, `skipped()` something that cannot be played, `blocked()` until a person
   *   taps; `wait` as in feed.js
   */
  constructor({ archive, client, host, wait }) {
    this.#archive = archive;
    this.#client = client;
    this.#host = host;
    this.#wait = wait;
    const { video } = this;
    video.autoplay = false;
    video.addEventListener("seeked", () => this.#seeked());
    video.addEventListener("waiting", () => this.#starved());
    video.addEventListener("timeupdate", () => this.#isAtEnd && this.#starved());
    video.addEventListener("playing", () => this.#target || this.#set("playing"));
    video.addEventListener("error", () => this.#failed(video.error?.message ?? ""));
    watchFrames(video, ({ mediaTime }) => this.#pictured(mediaTime));
  }

  /** Does it play, or will it as soon as it can? */
  get isWanted() {
    return this.#isWanted;
  }

  get speed() {
    return this.#speed;
  }

  set speed(value) {
    this.#speed = value;
    // Loading another source begins with the default one.
    this.video.defaultPlaybackRate = value;
    this.video.playbackRate = value;
    this.#host.changed();
  }

  /** Where it is, or will be in a moment; null: nowhere yet. */
  get at_ms() {
    if (this.#scrubbed_ms !== null) return this.#scrubbed_ms;
    if (!this.#target) return this.moment?.at_ms ?? null;
    return wallOf(this.#target.segment, this.#target.t_90k);
  }

  /** Show the picture of this moment, or the first one after it. */
  seek(at_ms) {
    this.#scrubbed_ms = null;
    this.#steps = 0;
    const moment = this.#archive.momentAt(at_ms);
    if (moment) this.#seekTo(moment);
    else this.#fail("Nothing is recorded here.");
  }

  /** As `seek`, many times a second: the picture sought last is shown before the next is sought. */
  scrub(at_ms) {
    if (this.state === "seeking") this.#scrubbed_ms = at_ms;
    else this.seek(at_ms);
  }

  play() {
    this.#isWanted = true;
    if (!this.#target) this.#go();
    this.#host.changed();
  }

  pause() {
    this.#isWanted = false;
    this.video.pause();
    if (["playing", "waiting", "ended"].includes(this.state)) this.#set("paused");
    this.#host.changed();
  }

  /** So many pictures on from the one in sight, or back (< 0). */
  step(count) {
    if (!this.moment) return;
    this.pause();
    if (this.#target) {
      this.#steps += count;
      return;
    }
    // What the <video> says while it plays may be before or after the picture in sight.
    const from_s = this.#still_s ?? this.#source?.positionOf(this.moment) ?? this.video.currentTime;
    const position_s = this.#source?.reel.step(from_s, count) ?? null;
    if (position_s !== null) {
      const moment = this.#source.reel.at(position_s);
      this.#target = moment;
      this.#jump(position_s);
    } else if (count < 0) {
      this.#stepOutside();
    }
  }

  /** No more data, no more pictures; the last one stays. */
  stop() {
    this.pause();
    this.#feeding.abort();
    this.#target = null;
    this.#scrubbed_ms = null;
    this.#steps = 0;
    if (this.state === "seeking") this.#set("paused");
  }

  /** @returns {import("./reel.js").Moment | null} of the picture at a position of the <video> */
  momentAt(position_s) {
    return this.#source?.reel.at(position_s) ?? null;
  }

  #stepOutside() {
    const { segment, t_90k } = this.moment;
    const before = this.#archive.before(segment);
    if (t_90k > segment.start_90k) this.#seekTo({ segment, t_90k: t_90k - BEFORE_90K });
    else if (before) this.#seekTo({ segment: before, t_90k: before.end_90k });
  }

  #seekTo(moment) {
    this.#target = moment;
    this.#isCut = true;
    this.#set("seeking");
    const isFed = this.#source !== null && !this.#feeding.signal.aborted;
    const position_s = isFed ? this.#source.positionOf(moment) : null;
    if (position_s !== null) {
      this.#jump(position_s);
      return;
    }
    this.#isThere = false;
    this.video.pause();
    this.#feedFrom(moment);
  }

  async #feedFrom(moment) {
    this.#feeding.abort();
    this.#feeding = new AbortController();
    const { signal } = this.#feeding;
    this.#isAtEnd = false;
    this.#source ??= new PastSource(this.video);
    const source = this.#source;
    const feed = new Feed({
      archive: this.#archive,
      client: this.#client,
      sink: {
        append: async (item, abort) => {
          await source.append(item, abort);
          if (!abort.aborted) this.#appended();
        },
        room: (abort) => source.room(abort),
      },
      host: this,
      wait: this.#wait,
    });
    try {
      await source.restart();
      await feed.run(moment, signal);
      if (!signal.aborted && this.#target) this.#fail("This recording is no longer there.");
    } catch (error) {
      if (!(error instanceof SinkFailed)) throw error;
      if (!signal.aborted) this.#failed(error.message);
    }
  }

  // What the feed tells.

  comesTo(segment) {
    this.#host.comesTo(segment.start_ms);
  }

  atEnd(isGrowing) {
    this.#isAtEnd = true;
    this.isNewest = isGrowing;
    if (this.#target && !this.#isThere && !isGrowing) this.#fail("Nothing is recorded here.");
    else if (this.state === "ended" && !isGrowing && this.#left_s > END_S) this.#go();
    else this.#starved();
  }

  skipped() {
    this.#host.skipped();
  }

  late() {
    if (this.state !== "paused") this.#set(this.state, "The portal does not answer; trying again…");
  }

  #appended() {
    this.#isAtEnd = false;
    this.#set(this.state);
    if (this.state === "ended" && this.#isWanted && this.#left_s > RESUME_S) this.#go();
    if (!this.#target || this.#isThere) return;
    const { segment, t_90k } = this.#target;
    const position_s = this.#source.reel.nearest(segment, t_90k);
    if (position_s !== null) this.#jump(position_s);
  }

  /** How much there is to show still. */
  get #left_s() {
    return (this.#source?.reel.end_s ?? 0) - this.video.currentTime;
  }

  #jump(position_s) {
    this.#isThere = true;
    this.#still_s = position_s;
    this.#set("seeking");
    this.video.currentTime = position_s;
  }

  #seeked() {
    if (!this.#isThere || !this.#target) return;
    this.#target = null;
    this.#isThere = false;
    const [next_ms, steps] = [this.#scrubbed_ms, this.#steps];
    this.#steps = 0;
    this.#set(this.#isWanted ? "playing" : "paused");
    if (next_ms !== null) this.seek(next_ms);
    else if (steps !== 0) this.step(steps);
    else if (this.#isWanted) this.#go();
  }

  async #go() {
    if (this.state === "idle" || this.state === "failed") return;
    this.#still_s = null;
    await play(this.video, () => {
      this.#isWanted = false;
      this.#set("paused");
      this.#host.blocked();
    });
    // Meanwhile it may have come to the end, or been sent elsewhere.
    if (!this.video.paused && !this.#target && this.state !== "failed") this.#set("playing");
  }

  #pictured(position_s) {
    const moment = this.momentAt(position_s);
    if (!moment) return;
    this.#broken = 0;
    const from_ms = this.#isCut ? moment.at_ms : this.moment.at_ms;
    this.moment = moment;
    if (!this.#target) this.#isCut = false;
    if (moment.at_ms - from_ms > GAP_MS) this.#host.jumped(from_ms, moment.at_ms);
    this.#host.pictured(moment);
  }

  #starved() {
    if (!this.#isWanted || this.#target) return;
    if (this.#isAtEnd && this.#left_s < END_S) {
      this.#set("ended");
      this.video.pause();
    } else if (this.video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) {
      this.#set("waiting");
    }
  }

  /** What the browser cannot play is passed over, with another media source. */
  #failed(why) {
    if (this.state === "failed") return;
    const segment = this.#target?.segment ?? this.moment?.segment;
    this.#feeding.abort();
    this.#source = null;
    this.#broken += 1;
    const next = segment && this.#archive.after(segment);
    if (segment) this.#archive.passOver(segment);
    this.#host.skipped();
    if (next && this.#broken <= MOST_BROKEN) {
      this.#seekTo({ segment: next, t_90k: next.start_90k });
    } else {
      this.#fail(`This browser cannot play this recording${why ? ` (${why.split(":")[0]})` : ""}.`);
    }
  }

  #fail(reason) {
    this.#feeding.abort();
    this.#target = null;
    this.#scrubbed_ms = null;
    this.#steps = 0;
    this.video.pause();
    this.#set("failed", reason);
  }

  #set(state, reason = "") {
    if (this.state === state && this.reason === reason) return;
    this.state = state;
    this.reason = reason;
    this.#host.changed();
  }
}
