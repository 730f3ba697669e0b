/** Boxes on recorded pictures: drawn into one canvas with the picture whose media time they have. */
import { changed, readChoice } from "../../streaming/js/box_choice.js";
import { Composer } from "../../streaming/js/composer.js";
import { Floating } from "../../streaming/js/floating.js";
import { watchPictures } from "../../streaming/js/pictures.js";

export class PastOverlay {
  #root;
  #playback;
  #boxes;
  #onChange;
  #choice = readChoice(globalThis.localStorage);
  #composer = new Composer();
  #floating;
  #stop = null;
  #picture = null;
  #moment = null;
  /** What the last picture was drawn with, for whoever measures. */
  drawn = { boxes: [], t_90k: null, pictures: 0 };

  /**
   * @param {{root: HTMLElement, stage: HTMLElement, onChange: () => void,
   *   playback: import("./playback.js").Playback, boxes: import("./past_boxes.js").PastBoxes}} parts
   *   `onChange`: another choice, or another surface
   */
  constructor({ root, stage, playback, boxes, onChange }) {
    this.#root = root;
    this.#playback = playback;
    this.#boxes = boxes;
    this.#onChange = onChange;
    this.#composer.canvas.className = "player-surface player-composed";
    this.#floating = new Floating(stage, this.#composer.canvas);
    stage.append(this.#composer.canvas);
    if (this.isOn) this.#watch();
  }

  get isOn() {
    return this.#choice.mode !== "off";
  }

  get labels() {
    return this.#choice.labels;
  }

  /** Shown in place of the <video>; null while that is shown itself. */
  get surface() {
    return this.#root.classList.contains("is-composed") ? this.#composer.canvas : null;
  }

  get isFloating() {
    return this.#floating.isOpen;
  }

  /** Boxes on or off: live ones, too, the next time. */
  set isOn(isOn) {
    this.#choose({ mode: isOn ? this.#choice.on : "off" });
    if (!isOn) this.#rest();
    else if (!this.#stop) this.#watch();
  }

  set labels(labels) {
    this.#choose({ labels });
  }

  /** This moment's picture comes soon: its boxes should be there before it. */
  expect(at_ms) {
    if (this.isOn) this.#boxes.need(at_ms);
  }

  /** The picture in sight again: its boxes came late, or should look different. */
  redraw() {
    if (this.#picture) this.#draw();
  }

  /** Picture in picture, with boxes while there are some. */
  async float(video) {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else if (this.surface) await this.#floating.open().catch(() => {});
    else await video.requestPictureInPicture().catch(() => {});
  }

  #choose(change) {
    this.#choice = changed(this.#choice, change, globalThis.localStorage);
    this.redraw();
    this.#onChange();
  }

  #watch() {
    const pictures = {
      video: this.#playback.video,
      track: null,
      mediaTime_90k: ({ mediaTime }) => {
        this.#moment = this.#playback.momentAt(mediaTime);
        return this.#moment?.t_90k ?? null;
      },
    };
    this.#stop = watchPictures(pictures, (picture) => this.#shown(picture));
  }

  #rest() {
    this.#stop?.();
    this.#stop = null;
    this.#picture = null;
    this.#show(false);
  }

  #shown(picture) {
    this.#picture = { ...picture, moment: this.#moment };
    this.#boxes.need(this.#moment.at_ms);
    this.#draw();
    this.drawn.pictures += 1;
  }

  #draw() {
    const { moment } = this.#picture;
    const boxes = this.#boxes.at(moment);
    const isFloating = this.#floating.isOpen;
    const isComposed = isFloating || this.#boxes.isNear(moment);
    if (isComposed) this.#composer.draw(this.#picture, boxes, { labels: this.labels, isFloating });
    if (this.#floating.video) this.#floating.drawn();
    this.drawn.boxes = boxes;
    this.drawn.t_90k = moment.t_90k;
    this.#show(isComposed);
  }

  #show(isComposed) {
    if (this.#root.classList.contains("is-composed") === isComposed) return;
    this.#root.classList.toggle("is-composed", isComposed);
    this.#onChange();
  }
}
