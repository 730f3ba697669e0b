/** What a person does on a timeline's canvas, with fingers, mouse, wheel or keys. */
import { make } from "./elements.js";
import { Gestures, wheelMeans } from "./gestures.js";
import { sliderAct } from "./keys.js";

/** A wheel that rests for so long has arrived. */
const WHEEL_REST_MS = 220;

export class DaySlider {
  canvas = make("canvas", { class: "day-canvas" });
  element = make("div", {
    class: "day-slider", role: "slider", tabindex: "0", "aria-label": "Moment of the day",
    "aria-valuemin": "0", "aria-valuemax": "0", "aria-valuenow": "0",
  }, this.canvas);
  /** In pixels, as it was painted last: to ask the browser each time lets it lay out the page. */
  width = 1;
  #host;
  #gestures;
  #wheel = null;

  /**
   * @param {{scrub: (x: number) => void, scrubBy: (by_px: number) => void, end: () => void,
   *   tap: (x: number, y: number) => void, pinch: (factor: number, x: number, by_px: number) => void,
   *   hover: (x: number, y: number) => void, leave: () => void, act: (action: string) => void}} host
   *   `end`: what was scrubbed to is meant; `hover` by what can
   */
  constructor(host) {
    this.#host = host;
    this.#gestures = new Gestures(host);
    const { element } = this;
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#gestures.up(event.pointerId));
    element.addEventListener("pointercancel", (event) => this.#gestures.cancel(event.pointerId));
    element.addEventListener("pointerleave", () => host.leave());
    element.addEventListener("wheel", (event) => this.#wheeled(event), { passive: false });
    element.addEventListener("keydown", (event) => {
      const action = sliderAct(event);
      if (!action) return;
      event.preventDefault();
      host.act(action);
    });
  }

  /** Does a person hold the handle? */
  get isHeld() {
    return this.#gestures.isHeld || this.#wheel !== null;
  }

  get isHovered() {
    return this.element.matches(":hover");
  }

  /** For those who do not see it: seconds of the day, and what they mean. */
  describe(seconds, words) {
    if (this.element.getAttribute("aria-valuenow") === String(seconds)) return;
    this.element.setAttribute("aria-valuenow", String(seconds));
    this.element.setAttribute("aria-valuetext", words());
  }

  #xy(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  #down(event) {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.#gestures.down(event.pointerId, ...this.#xy(event));
  }

  #move(event) {
    const [x, y] = this.#xy(event);
    this.#gestures.move(event.pointerId, x, y);
    if (event.pointerType !== "touch" && !this.#gestures.isHeld) this.#host.hover(x, y);
  }

  #wheeled(event) {
    event.preventDefault();
    const [x] = this.#xy(event);
    const { factor, by_px, scrub_px } = wheelMeans(event);
    if (factor !== 1 || by_px !== 0) this.#host.pinch(factor, x, -by_px);
    if (scrub_px !== 0) this.#wheelBy(scrub_px);
  }

  #wheelBy(by_px) {
    clearTimeout(this.#wheel);
    this.#wheel = setTimeout(() => {
      this.#wheel = null;
      this.#host.end();
    }, WHEEL_REST_MS);
    this.#host.scrubBy(by_px);
  }
}
