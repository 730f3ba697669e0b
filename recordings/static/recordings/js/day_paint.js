/** Paints a timeline: what is recorded, where it moved, who was there, and the moment in sight. */
import { AXIS_PX, laneTop } from "./day_layout.js";
import { motionHeight, NOT_LOOKED } from "./motion.js";
import { xOf } from "./span.js";

const TEXT_PX = 12;
const PILL_PX = 19;
const GAP_PX = 4;
/** Narrower than this nobody sees. */
const LEAST_PX = 1;

export class DayPaint {
  #context;
  #canvas;
  #width = 0;
  #height = 0;
  #ink = {};
  #font = "sans-serif";

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
  }

  /** @param {Record<string, string>} ink colours by what they are for  @param {string} font */
  dress(ink, font) {
    this.#ink = ink;
    this.#font = font;
  }

  /**
   * @param {{width: number, height: number, ratio: number, span: import("./span.js").Span,
   *   now_ms: number, at_ms: number | null, atWords: string, isLive: boolean,
   *   hover_ms: number | null, ticks: object[], rows: object[]}} picture `rows`: a layout's row each
   *   with `name`, `coverage`, `motion` (see motion.js) and `marks`
   */
  draw({ width, height, ratio, ...picture }) {
    this.#size(width, height, ratio);
    const context = this.#context;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.#future(picture);
    this.#axis(picture);
    for (const row of picture.rows) this.#row(row, picture.span);
    if (picture.hover_ms !== null) this.#line(picture.hover_ms, picture.span, this.#ink.hover, 1);
    if (picture.at_ms !== null) this.#handle(picture);
  }

  #size(width, height, ratio) {
    this.#width = width;
    this.#height = height;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width === wide && this.#canvas.height === high) return;
    this.#canvas.width = wide;
    this.#canvas.height = high;
  }

  /** What has not been yet is not a gap. */
  #future({ now_ms, span }) {
    const x = Math.max(0, xOf(span, now_ms, this.#width));
    if (x >= this.#width) return;
    this.#fill(this.#ink.future, x, AXIS_PX, this.#width - x, this.#height - AXIS_PX);
  }

  #axis({ ticks, span, at_ms, atWords }) {
    const context = this.#context;
    const pill = at_ms === null ? null : this.#pill(xOf(span, at_ms, this.#width), atWords);
    context.font = `500 ${TEXT_PX}px ${this.#font}`;
    context.textBaseline = "middle";
    context.textAlign = "center";
    for (const { at_ms, words, isHour } of ticks) {
      const x = xOf(span, at_ms, this.#width);
      this.#fill(this.#ink.line, Math.round(x), AXIS_PX, 1, this.#height - AXIS_PX);
      const half = context.measureText(words).width / 2;
      const isUnderPill = pill && x + half > pill.left - GAP_PX && x - half < pill.right + GAP_PX;
      if (x - half < 0 || x + half > this.#width || isUnderPill) continue;
      context.fillStyle = isHour ? this.#ink.ink : this.#ink.soft;
      context.fillText(words, x, AXIS_PX / 2);
    }
  }

  #row(row, span) {
    this.#fill(this.#ink.empty, 0, row.coverageTop, this.#width, row.coverage_px, row.coverage_px / 2);
    for (const run of row.coverage) {
      this.#stretch(this.#ink.recorded, run.start_ms, run.end_ms, span, row.coverageTop, row.coverage_px);
    }
    this.#skyline(row, row.motion.peaks(span, this.#width));
    for (const mark of row.marks) this.#mark(mark, row);
    if (row.isNamed) this.#name(row);
  }

  #stretch(colour, start_ms, end_ms, span, top, height) {
    const x = Math.max(-2, xOf(span, start_ms, this.#width));
    const end = Math.min(this.#width + 2, xOf(span, end_ms, this.#width));
    if (end < 0 || x > this.#width) return;
    const width = Math.max(LEAST_PX, end - x);
    this.#fill(colour, x, top, width, height, Math.min(height / 2, width / 2));
  }

  /** How much moved; where somebody looked and nothing did, the ground. */
  #skyline({ motionTop, motion_px }, peaks) {
    const bottom = motionTop + motion_px;
    const [ground, moving] = [new Path2D(), new Path2D()];
    for (let x = 0, end; x < peaks.length; x = end) {
      end = x + 1;
      while (end < peaks.length && peaks[end] === peaks[x]) end += 1;
      if (peaks[x] === NOT_LOOKED) continue;
      const height = motionHeight(peaks[x]) * motion_px;
      if (height > 0) moving.rect(x, bottom - height, end - x, height);
      else ground.rect(x, bottom - 1, end - x, 1);
    }
    this.#context.fillStyle = this.#ink.line;
    this.#context.fill(ground);
    this.#context.fillStyle = this.#ink.motion;
    this.#context.fill(moving);
  }

  #mark({ x, width, lane, colour, visits }, row) {
    const top = laneTop(row, lane);
    const radius = Math.min(row.lane_px / 2, width / 2);
    const left = Math.max(-8, x);
    const wide = Math.min(this.#width + 8, x + width) - left;
    if (wide <= 0) return;
    this.#fill(colour, left, top, wide, row.lane_px, radius);
    // An edge: pale pets on a light page, dark ones on a dark one.
    this.#context.strokeStyle = this.#ink.edge;
    this.#context.lineWidth = 1;
    this.#context.stroke();
    if (!visits.some(({ isStarred }) => isStarred) || wide < row.lane_px) return;
    const middle = top + row.lane_px / 2;
    this.#context.beginPath();
    this.#context.arc(Math.max(left, 0) + row.lane_px / 2, middle, row.lane_px / 5, 0, 2 * Math.PI);
    this.#context.fillStyle = this.#ink.edge;
    this.#context.fill();
  }

  #name({ name, top }) {
    const context = this.#context;
    context.font = `600 ${TEXT_PX}px ${this.#font}`;
    context.textAlign = "left";
    context.textBaseline = "top";
    const width = context.measureText(name).width;
    // Hours' lines do not run through names.
    this.#fill(this.#ink.ground, 2, top + 4, width + 8, TEXT_PX + 4, 4);
    context.fillStyle = this.#ink.soft;
    context.fillText(name, 6, top + 6);
  }

  #line(at_ms, span, colour, width) {
    const x = xOf(span, at_ms, this.#width);
    this.#fill(colour, x - width / 2, AXIS_PX - 2, width, this.#height - AXIS_PX + 2);
  }

  #handle({ at_ms, atWords, isLive, span }) {
    const x = xOf(span, at_ms, this.#width);
    if (x < -1 || x > this.#width + 1) return;
    const context = this.#context;
    const colour = isLive ? this.#ink.live : this.#ink.handle;
    this.#line(at_ms, span, colour, 2);
    const { left, right } = this.#pill(x, atWords);
    this.#fill(colour, left, (AXIS_PX - PILL_PX) / 2, right - left, PILL_PX, PILL_PX / 2);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = this.#ink.onHandle;
    context.fillText(atWords, (left + right) / 2, AXIS_PX / 2 + 0.5);
  }

  /** The edges of the label above the handle, in whose font it leaves the context. */
  #pill(x, words) {
    this.#context.font = `600 ${TEXT_PX}px ${this.#font}`;
    const wide = this.#context.measureText(words).width + 16;
    const left = Math.min(Math.max(0, x - wide / 2), Math.max(0, this.#width - wide));
    return { left, right: left + wide };
  }

  #fill(colour, x, y, width, height, radius = 0) {
    const context = this.#context;
    context.beginPath();
    context.roundRect(x, y, width, height, radius);
    context.fillStyle = colour;
    context.fill();
  }
}
