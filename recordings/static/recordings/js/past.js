/**
 * <petcam-past src-slug="living-room" name="Living room" time-zone="Europe/Berlin">: what one camera
 * recorded.
 *
 * Shows on itself `data-state`, as in playback.js; fires `petcam-moment` for each picture in sight
 * ({at_ms, t_90k}) and `petcam-state` when its state changes. `open` it once, then `seek`.
 */
import { snapshotName } from "../../streaming/js/words.js";
import { wallOf } from "./archive.js";
import { DayClock, lengthWords } from "./day_clock.js";
import { PastBoxes } from "./past_boxes.js";
import { PastControls } from "./past_controls.js";
import { PastOverlay } from "./past_overlay.js";
import { canPlayPast } from "./past_source.js";
import { PastView } from "./past_view.js";
import { Playback } from "./playback.js";
import { nextSpeed } from "./speeds.js";

const ARROW_MS = 5000;
/** What is so near to what was asked for needs no word. */
const NEAR_MS = 3000;

class PetcamPast extends HTMLElement {
  #archive = null;
  #playback = null;
  #view = null;
  #controls = null;
  #overlay = null;
  #boxes = null;
  #clock = null;
  #seen = "";
  #connected = null;

  connectedCallback() {
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    document.addEventListener("visibilitychange", () => this.#hidden(), { signal });
    addEventListener("pagehide", () => this.#playback?.pause(), { signal });
  }

  disconnectedCallback() {
    this.#connected.abort();
    this.#playback?.stop();
  }

  get name() {
    return this.getAttribute("name") ?? "Camera";
  }

  get video() {
    return this.#playback?.video ?? null;
  }

  /** What a person sees pictures on: the canvas with boxes in it, or the <video>. */
  get surface() {
    return this.#overlay?.surface ?? this.video;
  }

  /** Boxes on the picture, for whoever measures. */
  get overlay() {
    return this.#overlay;
  }

  /** Of the picture in sight: {segment, t_90k, at_ms}; null before the first. */
  get moment() {
    return this.#playback?.moment ?? null;
  }

  /** Where it is or will be at once, in ms of Unix time; null: nowhere yet. */
  get at_ms() {
    return this.#playback?.at_ms ?? null;
  }

  get isWanted() {
    return this.#playback?.isWanted ?? false;
  }

  get isZoomed() {
    return this.#controls?.isZoomed ?? false;
  }

  /**
   * @param {{archive: import("./archive.js").Archive,
   *   client: import("./client.js").RecordingsClient}} parts what to play; others may look, too.
   *   Resolves when it can be sought in
   */
  async open({ archive, client }) {
    this.#archive = archive;
    this.#clock = new DayClock(this.getAttribute("time-zone"));
    const Kind = canPlayPast() ? Playback : (await import("./past_hls.js")).HlsPlayback;
    this.#playback = new Kind({ archive, client, host: this.#host() });
    this.#boxes = new PastBoxes({
      load: (from_ms, to_ms) => client.paths(from_ms, to_ms),
      onLoaded: () => this.#overlay?.redraw(),
    });
    this.#view = new PastView(this, this.#playback.video);
    this.#overlay = new PastOverlay({
      root: this,
      stage: this.#view.stage,
      playback: this.#playback,
      boxes: this.#boxes,
      onChange: () => this.#overlay && this.#view.renderBoxes(this.#overlay),
    });
    this.#view.renderBoxes(this.#overlay);
    this.#controls = new PastControls(
      this.#view,
      (action) => this.act(action),
      (choice, value) => this.#choose(choice, value),
    );
    this.#view.tap.addEventListener("click", () => this.act("toggle"));
    this.tabIndex = 0;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", `${this.name}, recordings`);
    this.#render();
  }

  seek(at_ms) {
    const moment = this.#archive.momentAt(at_ms);
    const shown_ms = moment ? wallOf(moment.segment, moment.t_90k) : at_ms;
    this.#playback.seek(at_ms);
    this.#overlay.expect(shown_ms);
    if (Math.abs(shown_ms - at_ms) < NEAR_MS) return;
    const [asked, shown] = [at_ms, shown_ms].map((ms) => this.#clock.exact(ms));
    this.#view.say(`Nothing is recorded at ${asked}; this is ${shown}`);
  }

  /** As `seek`, many times a second. */
  scrub(at_ms) {
    this.#playback.scrub(at_ms);
  }

  play() {
    this.#playback.play();
  }

  pause() {
    this.#playback.pause();
  }

  /** No more data; the last picture stays. */
  stop() {
    this.#playback.stop();
  }

  /** What was recorded since may have pets on it. */
  renewFrom(at_ms) {
    this.#boxes.renewFrom(at_ms);
  }

  /** What a button or key stands for; is it known here? */
  act(action) {
    const playback = this.#playback;
    const acts = {
      toggle: () => (playback.isWanted ? playback.pause() : playback.play()),
      back: () => this.#go(-ARROW_MS),
      on: () => this.#go(ARROW_MS),
      stepBack: () => playback.step(-1),
      stepOn: () => playback.step(1),
      slower: () => (playback.speed = nextSpeed(playback.speed, -1)),
      faster: () => (playback.speed = nextSpeed(playback.speed, 1)),
      boxes: () => (this.#overlay.isOn = !this.#overlay.isOn),
      snapshot: () => this.#snapshot(),
      pip: () => document.pictureInPictureEnabled && this.#overlay.float(playback.video),
      fullscreen: () => this.#controls.toggleFullscreen(playback.video),
    };
    if (!Object.hasOwn(acts, action)) return false;
    acts[action]();
    return true;
  }

  #host() {
    return {
      changed: () => this.#render(),
      pictured: (moment) => this.#pictured(moment),
      comesTo: (at_ms) => this.#overlay.expect(at_ms),
      jumped: (from_ms, to_ms) => this.#jumped(from_ms, to_ms),
      skipped: () => {
        // What is still to come is told when it is passed over.
        const isSought = this.#playback.state === "seeking";
        if (isSought) this.#view.say("A part that cannot be played was passed over");
      },
      blocked: () => {
        this.#view.tap.hidden = false;
      },
    };
  }

  /** Over a gap; or over what was passed over, which was recorded. */
  #jumped(from_ms, to_ms) {
    const [length, from] = [lengthWords(to_ms - from_ms), this.#clock.short(from_ms)];
    this.#view.say(this.#archive.isLost(from_ms, to_ms)
      ? `${length} from ${from} cannot be played and was passed over`
      : `Nothing was recorded for ${length}, from ${from}`);
  }

  #go(by_ms) {
    const { at_ms } = this;
    if (at_ms === null) return;
    const to_ms = at_ms + by_ms;
    // Back over a gap is to what lies before it.
    const isInGap = by_ms < 0 && this.#archive.segmentAt(to_ms) === null;
    const run = isInGap ? this.#archive.coverage().findLast(({ end_ms }) => end_ms <= to_ms) : null;
    this.seek(run ? run.end_ms - 1000 : to_ms);
  }

  #choose(choice, value) {
    if (choice === "speed") this.#playback.speed = Number(value);
    if (choice === "boxes") this.#overlay.isOn = value === "on";
    if (choice === "labels") this.#overlay.labels = value;
  }

  #pictured({ at_ms, t_90k }) {
    this.#render();
    this.dispatchEvent(new CustomEvent("petcam-moment", { detail: { at_ms, t_90k } }));
  }

  #render() {
    if (!this.#view) return;
    const { state, reason, isWanted, isNewest, moment, speed } = this.#playback;
    const time = moment ? this.#clock.exact(moment.at_ms) : "";
    this.#view.render({ state, reason, isWanted, isNewest, time, speed });
    if (isWanted) this.#view.tap.hidden = true;
    this.dataset.state = state;
    if (state === this.#seen) return;
    this.#seen = state;
    this.dispatchEvent(new CustomEvent("petcam-state", { bubbles: true, detail: { state, reason } }));
  }

  #hidden() {
    const isFloating = this.#overlay?.isFloating || this.contains(document.pictureInPictureElement);
    if (document.hidden && !isFloating) this.#playback?.pause();
  }

  #snapshot() {
    const { moment } = this.#playback;
    const { surface } = this;
    const width = surface.videoWidth ?? surface.width;
    if (!moment || !width) return;
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = surface.videoHeight ?? surface.height;
    canvas.getContext("2d").drawImage(surface, 0, 0, canvas.width, canvas.height);
    const name = snapshotName(this.name, moment.at_ms);
    canvas.toBlob((blob) => download(blob, name), "image/jpeg", 0.92);
    this.#controls.flash();
  }
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

customElements.define("petcam-past", PetcamPast);
