/**
 * Boxes on the live picture. While something is to be seen, picture and boxes are drawn into one
 * canvas that takes the <video>'s place; the rest of the time the <video> itself is shown.
 */
import { BoxDelay } from "./box_delay.js";
import { changed, readChoice } from "./box_choice.js";
import { BoxEasing } from "./box_easing.js";
import { BoxStore } from "./boxes.js";
import { Composer } from "./composer.js";
import { Floating } from "./floating.js";
import { comesHidden, watchPictures } from "./pictures.js";

const CREDIT = 64;
const REFILL = 16;
const TICK_MS = 200;
/** For so long pictures are left out rather than shown without the boxes that just come. */
const WITHHOLD_MS = 1000;
/** Nothing seen for so long: the plain <video> again. */
const QUIET_MS = 6000;

export class Overlay {
  #root;
  #signalling;
  #onChange;
  #onUnsuited;
  #choice = readChoice(globalThis.localStorage);
  #store = new BoxStore();
  #delay = new BoxDelay();
  #easing = new BoxEasing();
  #composer = new Composer();
  #floating;
  #transport = null;
  #stop = null;
  #picture = null;
  /** Since when pictures are left out; boxes that come begin that anew. */
  #withheld_ms = null;
  #isWithheld = false;
  #spent = 0;
  #seen_ms = -Infinity;
  #tick = null;
  /** What the last picture was drawn with, for whoever measures. */
  drawn = { boxes: [], pictures: 0, withheld: 0, spent_ms: 0 };

  /**
   * @param {{root: HTMLElement, stage: HTMLElement, signalling: object, onChange: () => void,
   *   onUnsuited: () => void}} parts `onChange`: another choice, or another surface; `onUnsuited`:
   *   pictures do not come as they should now, and their way should be made anew
   */
  constructor({ root, stage, signalling, onChange, onUnsuited }) {
    this.#root = root;
    this.#signalling = signalling;
    this.#onChange = onChange;
    this.#onUnsuited = onUnsuited;
    this.#composer.canvas.className = "player-surface player-composed";
    this.#floating = new Floating(stage, this.#composer.canvas);
    stage.append(this.#composer.canvas);
  }

  get choice() {
    return this.#choice;
  }

  get isOn() {
    return this.#choice.mode !== "off";
  }

  /** Must pictures be able to wait for their boxes? */
  get isPatient() {
    return this.#choice.mode === "exact";
  }

  /** Shown in place of the <video>; null while that is shown itself. */
  get surface() {
    return this.#root.classList.contains("is-composed") ? this.#composer.canvas : null;
  }

  /** How long pictures are held back for their boxes, ms. */
  get delay_ms() {
    return this.#delay.target_ms;
  }

  /** A person chose: {mode} or {labels}. */
  choose(change) {
    const wasOn = this.isOn;
    this.#choice = changed(this.#choice, change, globalThis.localStorage);
    if (this.isOn !== wasOn) this.#want();
    if (!this.isOn) this.#rest();
    if (this.#transport && !this.#transport.suits(this.isPatient)) this.#onUnsuited();
    this.#redraw();
    this.#onChange();
  }

  toggle() {
    this.choose({ mode: this.isOn ? "off" : this.#choice.on });
  }

  /** What the camera's socket says. */
  told(message) {
    if (message.type === "hello" && this.isOn) this.#want();
    if (message.type === "boxes" && this.isOn) this.#heard(message);
  }

  /** Whose pictures are shown from now on; null: none. */
  follow(transport) {
    const isVideo = Boolean(transport?.video && transport.mediaTime_90k);
    const next = isVideo ? transport : null;
    if (next === this.#transport) return;
    // A window that floats outside the page waits for the next pictures.
    if (next && this.#floating.isOpen) this.#halt();
    else this.#rest();
    this.#transport = next;
    this.#delay.forgetPictures();
    if (this.#isLively) this.#compose();
  }

  /** Picture in picture, with boxes while there are some. */
  async float(video) {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else if (this.#stop) await this.#floating.open().catch(() => {});
    else await video.requestPictureInPicture().catch(() => {});
  }

  /** The page is hidden or seen again: a window that would stand still shows the plain video. */
  hide() {
    if (!document.hidden || !this.#floating.isOpen || comesHidden(this.#transport)) return;
    this.#transport.video.requestPictureInPicture().catch(() => {});
  }

  #want() {
    this.#store.clear();
    this.#spent = 0;
    this.#signalling.send({ type: "boxes.want", credit: this.isOn ? CREDIT : 0 });
  }

  #heard(message) {
    this.#spent += 1;
    if (this.#spent >= REFILL) {
      this.#signalling.send({ type: "boxes.credit", n: this.#spent });
      this.#spent = 0;
    }
    const now_ms = performance.now();
    this.#store.add(message);
    if (message.tracks.length) this.#seen_ms = now_ms;
    this.#withheld_ms = null;
    if (this.#isLively) {
      this.#delay.heard(message.t, this.#store.before(message.source, message.t), now_ms);
      this.#compose();
      if (this.#isWithheld) this.#drawOrWait();
      else if (this.isPatient && this.drawn.boxes.length === 0) this.#redraw();
    }
  }

  get #isLively() {
    return this.isOn && (performance.now() - this.#seen_ms < QUIET_MS || this.#floating.isOpen);
  }

  #compose() {
    if (this.#stop || !this.#transport) return;
    this.#stop = watchPictures(this.#transport, (picture) => this.#shown(picture));
    this.#tick ??= setInterval(() => this.#ticked(), TICK_MS);
  }

  #halt() {
    this.#stop?.();
    this.#stop = null;
    this.#picture = null;
    this.#isWithheld = false;
  }

  /** The plain <video> again. */
  #rest() {
    this.#halt();
    if (this.#floating.isOpen) {
      this.#transport?.video.requestPictureInPicture().catch(() => document.exitPictureInPicture());
    }
    this.#show(false);
  }

  #shown(picture) {
    const t = this.#store.timeOf(picture.media_90k);
    // Pictures that went by while their boxes were awaited.
    if (this.#isWithheld) this.drawn.withheld += 1;
    this.#picture = { ...picture, t };
    if (t !== null) this.#delay.shown(t, performance.now());
    if (document.hidden && !this.#floating.isOpen) return;
    this.#drawOrWait();
    this.drawn.pictures += 1;
  }

  /** The picture before, with its boxes, is better for a moment than this one without. */
  #drawOrWait() {
    const now_ms = performance.now();
    this.#isWithheld = this.#isToWait(now_ms);
    if (this.#isWithheld) this.#withheld_ms ??= now_ms;
    else this.#draw();
  }

  #isToWait(now_ms) {
    const { t } = this.#picture;
    if (!this.isPatient || t === null || this.surface === null) return false;
    const isPatienceOver = now_ms - (this.#withheld_ms ?? now_ms) > WITHHOLD_MS;
    return !isPatienceOver && this.#delay.isEnough && this.#store.awaits(t);
  }

  /** The picture again, or at last: its boxes came late, or should look different. */
  #redraw() {
    if (this.#picture) this.#draw();
  }

  #draw() {
    const began_ms = performance.now();
    const boxes = this.#boxesOf(this.#picture.t, began_ms);
    const isFloating = this.#floating.isOpen;
    this.#composer.draw(this.#picture, boxes, { labels: this.#choice.labels, isFloating });
    if (this.#floating.video) this.#floating.drawn();
    this.drawn.boxes = boxes;
    this.drawn.spent_ms += performance.now() - began_ms;
    this.#show(true);
  }

  #boxesOf(t, now_ms) {
    if (t === null) return [];
    if (this.isPatient) return this.#store.exact(t);
    return this.#easing.ease(this.#store.predicted(t), this.#store.revision, now_ms);
  }

  #show(isComposed) {
    if (this.#root.classList.contains("is-composed") === isComposed) return;
    this.#root.classList.toggle("is-composed", isComposed);
    this.#onChange();
  }

  /** Goes on after the last box until pictures are no longer held back. */
  #ticked() {
    if (this.#stop && !this.#isLively) this.#rest();
    if (!this.isPatient || !this.#transport?.isPatient) this.#delay = new BoxDelay();
    const delay_ms = this.#delay.step(performance.now());
    if (this.#transport) this.#transport.delay_ms = delay_ms;
    if (this.#stop || (delay_ms > 0 && this.#transport)) return;
    clearInterval(this.#tick);
    this.#tick = null;
  }
}
