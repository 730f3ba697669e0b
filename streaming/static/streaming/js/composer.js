/** Draws picture and boxes into one canvas, so that no screen ever shows one without the other. */
import { colourOf, inkOn, labelOf } from "./box_words.js";

const LINE_PX = 2.5;
const HALO_PX = 1.25;
/** On small pictures labels are smaller, down to what can still be read. */
const TEXT_PX = { least: 11, most: 14, share: 1 / 64 };
const CORNER_PX = 7;
/** A picture that floats outside the page is about so wide. */
const FLOATING_PX = 420;

export class Composer {
  canvas = document.createElement("canvas");
  #context = this.canvas.getContext("2d", { alpha: false });
  #widths = new Map();
  #font = "sans-serif";

  /**
   * @param {{image: CanvasImageSource, width: number, height: number}} picture
   * @param {import("./boxes.js").Shown[]} boxes
   * @param {{labels: string, isFloating: boolean}} look
   */
  draw({ image, width, height }, boxes, { labels, isFloating }) {
    const { canvas } = this;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      this.#font = getComputedStyle(canvas).fontFamily || this.#font;
    }
    this.#context.globalAlpha = 1;
    this.#context.drawImage(image, 0, 0, width, height);
    if (boxes.length === 0) return;
    const unit = isFloating ? width / FLOATING_PX : this.#picturePixelsPerPixel();
    const { least, most, share } = TEXT_PX;
    const text_px = Math.min(most, Math.max(least, (canvas.width / unit) * share));
    for (const box of boxes) this.#box(box, labelOf(box, labels), { unit, text_px });
  }

  /** How many of the picture's pixels one of the page's is: letterboxed, zoomed or full screen. */
  #picturePixelsPerPixel() {
    const shown = this.canvas.getBoundingClientRect();
    const scale = Math.min(shown.width / this.canvas.width, shown.height / this.canvas.height);
    return scale > 0 ? 1 / scale : 1;
  }

  #box(box, text, { unit, text_px }) {
    const { width, height } = this.canvas;
    const [x, y, w, h] = box.box;
    const sides = [x * width, y * height, w * width, h * height];
    const colour = colourOf(box);
    const context = this.#context;
    context.globalAlpha = box.strength;
    context.beginPath();
    context.roundRect(...sides, Math.min(CORNER_PX * unit, sides[2] / 4, sides[3] / 4));
    // A dark rim on both sides: seen on light fur as well as in the dark.
    context.strokeStyle = "rgb(11 19 17 / 55%)";
    context.lineWidth = (LINE_PX + 2 * HALO_PX) * unit;
    context.stroke();
    context.strokeStyle = colour;
    context.lineWidth = LINE_PX * unit;
    context.stroke();
    if (text) this.#label(text, colour, sides, { unit, text_px });
  }

  /** Above the box; inside when there is no room above, and never outside the picture. */
  #label(text, colour, [x, y], { unit, text_px }) {
    const context = this.#context;
    const pad = (text_px / 2) * unit;
    const tall = 1.6 * text_px * unit;
    context.font = `600 ${text_px * unit}px ${this.#font}`;
    const wide = this.#widthOf(text) + 2 * pad;
    const gap = (LINE_PX / 2 + HALO_PX) * unit;
    const above = y - gap - tall;
    const top = above >= 0 ? above : Math.max(0, y + gap);
    const left = Math.min(Math.max(0, x - gap), Math.max(0, this.canvas.width - wide));
    context.beginPath();
    context.roundRect(left, top, wide, tall, 6 * unit);
    context.fillStyle = colour;
    context.fill();
    context.fillStyle = inkOn(colour);
    context.textBaseline = "middle";
    context.fillText(text, left + pad, top + tall / 2 + unit / 2);
  }

  /** Measuring text costs more than drawing it. */
  #widthOf(text) {
    const key = `${this.#context.font} ${text}`;
    let width = this.#widths.get(key);
    if (width === undefined) {
      width = this.#context.measureText(text).width;
      if (this.#widths.size > 64) this.#widths.clear();
      this.#widths.set(key, width);
    }
    return width;
  }
}
