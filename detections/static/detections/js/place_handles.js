/** The corners of an outline as buttons, and the spots between them where one can be added. */
import { inShares, middle, STEPS } from "./place_geometry.js";

// Sides that look shorter than this get no spot between their corners.
const ROOM_PX = 56;

export class PlaceHandles {
  element = document.createElement("div");
  /** @type {HTMLButtonElement[]} */
  #corners = [];
  /** @type {HTMLSpanElement[]} */
  #between = [];

  constructor() {
    this.element.className = "place-handles";
  }

  /**
   * @param {{corners: [number, number][], isOpen: boolean}} draft
   * @param {number} selected  @param {DOMRect} box of the stage
   */
  show({ corners, isOpen }, selected, box) {
    this.#fit(this.#corners, corners.length, makeCorner);
    this.#fit(this.#between, corners.length, makeBetween);
    corners.forEach((corner, n) => {
      const handle = this.#corners[n];
      put(handle, corner);
      handle.classList.toggle("is-selected", n === selected);
      handle.classList.toggle("is-end", isOpen && n === 0 && corners.length > 2);
      handle.setAttribute("aria-label", cornerName(corners, n));
      this.#between[n].hidden = isOpen || length_px(corners, n, box) < ROOM_PX;
      if (!this.#between[n].hidden) put(this.#between[n], middle(corners, n));
    });
  }

  focus(n) {
    this.#corners[n]?.focus({ preventScroll: true });
  }

  /** The corner whose button this is, -1 for none. */
  indexOf(element) {
    return this.#corners.indexOf(element);
  }

  /** Spots between corners that can be seen. */
  get between() {
    return this.#between.flatMap((spot, n) => (spot.hidden ? [] : [n]));
  }

  #fit(elements, count, make) {
    while (elements.length > count) elements.pop().remove();
    while (elements.length < count) {
      const element = make();
      elements.push(element);
      this.element.append(element);
    }
  }
}

/** "Corner 2 of 4, 31 % from the left, 60 % from the top". */
export function cornerName(corners, n) {
  const [x, y] = inShares(corners[n]).map((share) => Math.round(100 * share));
  return `Corner ${n + 1} of ${corners.length}, ${x} % from the left, ${y} % from the top`;
}

function makeCorner() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "place-corner";
  return button;
}

/** For pointers only: on the keyboard Enter adds. */
function makeBetween() {
  const spot = document.createElement("span");
  spot.className = "place-between";
  spot.setAttribute("aria-hidden", "true");
  return spot;
}

function put(element, [x, y]) {
  element.style.left = `${(100 * x) / STEPS}%`;
  element.style.top = `${(100 * y) / STEPS}%`;
}

function length_px(corners, n, { width, height }) {
  const [a, b] = [corners[n], corners[(n + 1) % corners.length]];
  return Math.hypot(((a[0] - b[0]) * width) / STEPS, ((a[1] - b[1]) * height) / STEPS);
}
