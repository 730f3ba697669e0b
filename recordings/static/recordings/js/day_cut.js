/** The ends of a clip on a timeline, to be drawn where they should be: by finger, mouse or keys. */
import { make } from "./elements.js";
import { timeAt, within, xOf } from "./span.js";

const LEAST_MS = 1000;
/** What the portal makes at the most. */
const MOST_MS = 2 * 3600_000;
const STEPS_MS = {
  ArrowLeft: -1000, ArrowDown: -1000, ArrowRight: 1000, ArrowUp: 1000, PageDown: -10_000, PageUp: 10_000,
};
const NAMES = { from_ms: "Beginning of the clip", to_ms: "End of the clip" };

/** @typedef {import("./span.js").Span} Span */

/** The clip with one end moved, neither too short nor too long nor out of bounds.  @returns {Span} */
export function cutMoved(cut, end, at_ms, bounds) {
  const isFrom = end === "from_ms";
  const other_ms = isFrom ? cut.to_ms : cut.from_ms;
  const least_ms = Math.max(bounds.from_ms, isFrom ? other_ms - MOST_MS : other_ms + LEAST_MS);
  const most_ms = Math.min(bounds.to_ms, isFrom ? other_ms - LEAST_MS : other_ms + MOST_MS);
  return { ...cut, [end]: within({ from_ms: least_ms, to_ms: Math.max(least_ms, most_ms) }, at_ms) };
}

export class DayCut {
  element = make("div", { class: "day-cut", hidden: "" });
  /** @type {Span | null} null while nothing is cut */
  cut = null;
  #range = make("div", { class: "day-cut-range" });
  #grips;
  #host;
  #held = null;
  #shown = null;

  /**
   * @param {{bounds: () => Span, words: (at_ms: number) => string, moved: (at_ms: number) => void,
   *   end: (at_ms: number) => void, given: () => void}} host `bounds` of what can be cut; an end was
   *   `moved` here, and let go there; it was all `given` up
   */
  constructor(host) {
    this.#host = host;
    this.#grips = Object.keys(NAMES).map((end) => [end, this.#grip(end)]);
    this.element.append(this.#range, ...this.#grips.map(([, grip]) => grip));
  }

  open(cut) {
    const bounds = this.#host.bounds();
    const from_ms = within(bounds, cut.from_ms);
    this.cut = cutMoved({ from_ms, to_ms: cut.to_ms }, "to_ms", cut.to_ms, bounds);
    this.element.hidden = false;
  }

  focus() {
    this.#grips[0][1].focus({ preventScroll: true });
  }

  close() {
    this.cut = null;
    this.#shown = null;
    this.element.hidden = true;
  }

  /** On a timeline of this span and width. */
  draw(span, width) {
    if (!this.cut) return;
    this.#shown = { span, width };
    const [left, right] = [this.cut.from_ms, this.cut.to_ms].map((at_ms) => xOf(span, at_ms, width));
    this.#range.style.left = `${left}px`;
    this.#range.style.width = `${right - left}px`;
    for (const [end, grip] of this.#grips) {
      const x = end === "from_ms" ? left : right;
      grip.style.left = `${x}px`;
      grip.hidden = x < -1 || x > width + 1;
      const bounds = this.#host.bounds();
      grip.setAttribute("aria-valuemax", String(Math.round((bounds.to_ms - bounds.from_ms) / 1000)));
      grip.setAttribute("aria-valuenow", String(Math.round((this.cut[end] - bounds.from_ms) / 1000)));
      grip.setAttribute("aria-valuetext", this.#host.words(this.cut[end]));
    }
  }

  #grip(end) {
    const grip = make("div", {
      class: "day-cut-grip", role: "slider", tabindex: "0", "aria-label": NAMES[end],
      "aria-valuemin": "0", "data-end": end,
    });
    grip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      grip.setPointerCapture(event.pointerId);
      this.#held = event.pointerId;
    });
    grip.addEventListener("pointermove", (event) => {
      if (event.pointerId === this.#held) this.#drag(end, event.clientX);
    });
    for (const type of ["pointerup", "pointercancel"]) {
      grip.addEventListener(type, (event) => {
        if (event.pointerId !== this.#held) return;
        this.#held = null;
        this.#host.end(this.cut[end]);
      });
    }
    grip.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#host.given();
      const step_ms = STEPS_MS[event.key];
      if (!step_ms || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.#put(end, this.cut[end] + step_ms);
      this.#host.end(this.cut[end]);
    });
    return grip;
  }

  #drag(end, clientX) {
    const { span, width } = this.#shown;
    this.#put(end, timeAt(span, clientX - this.element.getBoundingClientRect().left, width));
  }

  #put(end, at_ms) {
    this.cut = cutMoved(this.cut, end, at_ms, this.#host.bounds());
    this.#host.moved(this.cut[end]);
  }
}
