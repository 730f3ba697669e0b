/**
 * Fingers, mouse and pen on a timeline, as what they mean: one scrubs, two zoom and move. Knows no
 * DOM: whoever listens tells it of pointers.
 */

/** Who went less than this only tapped. */
const TAP_PX = 6;

/** A notch of a wheel is a hundred pixels, to most browsers; some count in lines. */
const LINE_PX = 16;
const ZOOM_PX = 300;
const SCRUB = 1 / 4;

/**
 * A wheel goes through the day; with Ctrl, or as two fingers on a pad pinch, it zooms; sideways, or
 * with Shift, it moves what is shown.
 *
 * @param {WheelEvent} event
 * @returns {{factor: number, by_px: number, scrub_px: number}} all but one without effect: 1, 0, 0
 */
export function wheelMeans({ deltaX, deltaY, deltaMode, ctrlKey, metaKey, shiftKey }) {
  const [x, y] = [deltaX, deltaY].map((delta) => (deltaMode === 0 ? delta : delta * LINE_PX));
  const means = { factor: 1, by_px: 0, scrub_px: 0 };
  if (ctrlKey || metaKey) means.factor = Math.exp(-y / ZOOM_PX);
  else if (shiftKey || Math.abs(x) > Math.abs(y)) means.by_px = x || y;
  else means.scrub_px = y * SCRUB;
  return means;
}

export class Gestures {
  #acts;
  #pointers = new Map();
  #from = null;
  /** "" (nothing yet), "scrub" or "pinch" */
  #kind = "";

  /**
   * @param {{scrub: (x: number) => void, end: () => void, tap: (x: number, y: number) => void,
   *   pinch: (factor: number, x: number, by_px: number) => void}} acts `end`: what was scrubbed to
   *   is meant; `pinch`: apart by `factor` around `x`, which itself went `by_px`
   */
  constructor(acts) {
    this.#acts = acts;
  }

  /** Is a pointer down? */
  get isHeld() {
    return this.#pointers.size > 0;
  }

  down(id, x, y) {
    if (this.#pointers.size >= 2) return;
    this.#pointers.set(id, { x, y });
    if (this.#pointers.size === 1) {
      this.#from = { x, y };
      return;
    }
    // What the first finger scrubbed to is meant, whatever the two do next.
    if (this.#kind === "scrub") this.#acts.end();
    this.#kind = "pinch";
  }

  move(id, x, y) {
    const before = this.#pointers.get(id);
    if (!before) return;
    const other = [...this.#pointers].find(([known]) => known !== id)?.[1];
    this.#pointers.set(id, { x, y });
    // The finger that stays after a pinch does nothing more.
    if (other) this.#pinch(before, { x, y }, other);
    else if (this.#kind !== "pinch") this.#scrub(x, y);
  }

  up(id) {
    const at = this.#pointers.get(id);
    if (at && this.#kind === "") this.#acts.tap(at.x, at.y);
    this.cancel(id);
  }

  /** Also when the browser takes a finger for itself, to scroll the page. */
  cancel(id) {
    if (!this.#pointers.delete(id) || this.#pointers.size > 0) return;
    if (this.#kind === "scrub") this.#acts.end();
    this.#kind = "";
  }

  #scrub(x, y) {
    if (Math.hypot(x - this.#from.x, y - this.#from.y) > TAP_PX) this.#kind = "scrub";
    if (this.#kind === "scrub") this.#acts.scrub(x);
  }

  /** Time runs from left to right: only how far apart fingers are sideways counts. */
  #pinch(before, now, other) {
    const [was, is] = [before, now].map(({ x }) => Math.max(TAP_PX, Math.abs(x - other.x)));
    this.#acts.pinch(is / was, (now.x + other.x) / 2, (now.x - before.x) / 2);
  }
}
