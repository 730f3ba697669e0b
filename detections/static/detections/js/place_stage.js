/** A still of the camera with the outlines of places on it. */
import { fetchStill } from "../../streaming/js/still.js";
import { contains, inSteps, STEPS } from "./place_geometry.js";

const TRIES = 12;
const PAUSE_MS = 1000;
const SVG = "http://www.w3.org/2000/svg";

const WAITING = "Asking the camera for a picture…";
const NO_PICTURE = "The camera sends no picture just now. Places can be drawn all the same.";
const NOT_YOURS = "You are not a member of this camera's household: there is no picture for you.";

/** @typedef {{name: string, kind: string, outline: [number, number][], url: string}} Place */

export class PlaceStage {
  element = document.createElement("div");
  /** In its own words, how the picture is; read out where the page has room for it. */
  caption = document.createElement("p");
  #picture = new Image();
  #drawing = svg("svg", { viewBox: `0 0 ${STEPS} ${STEPS}`, preserveAspectRatio: "none" });
  #others = svg("g");
  #outside = svg("path", { class: "place-steps" });
  #inside = svg("path", { class: "place-steps is-inside" });
  /** @type {[number, number][]} */
  #steps = [];
  #labels = document.createElement("div");
  #abort = new AbortController();
  #stillUrl = "";
  #shown_ms = 0;

  constructor() {
    this.element.className = "place-stage";
    this.#picture.className = "place-still";
    this.#picture.alt = "What the camera sees";
    this.#picture.draggable = false;
    this.#picture.hidden = true;
    this.#picture.addEventListener("load", () => {
      const { naturalWidth, naturalHeight } = this.#picture;
      this.element.style.aspectRatio = `${naturalWidth} / ${naturalHeight}`;
      URL.revokeObjectURL(this.#picture.src);
    });
    this.#labels.className = "place-labels";
    this.caption.className = "place-caption";
    new ResizeObserver(() => this.#untangle()).observe(this.element);
    this.#drawing.append(this.#others, this.#outside, this.#inside);
    this.element.append(this.#picture, this.#drawing, this.#labels);
  }

  get drawing() {
    return this.#drawing;
  }

  /** @param {{still: string, places: Place[]}} scene  @param {{linked?: boolean}} options */
  show({ still, places }, { linked = false } = {}) {
    this.#others.replaceChildren(...places.map((place) => otherPlace(place, linked)));
    this.#labels.replaceChildren(...places.map(label));
    this.#untangle();
    if (still !== this.#stillUrl) {
      this.#stillUrl = still;
      this.#picture.hidden = true;
      this.#shown_ms = 0;
    }
    return this.refresh();
  }

  /** Names that would lie on one another are stacked. */
  #untangle() {
    const placed = [];
    for (const element of this.#labels.children) {
      for (let up = 0; up < 4; up += 1) {
        element.style.setProperty("--up", up);
        const box = element.getBoundingClientRect();
        if (!placed.some((other) => overlaps(box, other))) break;
      }
      placed.push(element.getBoundingClientRect());
    }
  }

  /** Where somebody stood lately, shares of the picture. */
  set lately(points) {
    this.#steps = points.map(([x, y]) => inSteps(x, y));
  }

  /**
   * Shows which of those steps lie in the outline.
   *
   * @param {[number, number][]} corners  @param {string} kind
   * @returns {{inside: number, all: number}}
   */
  count(corners, kind) {
    const inside = this.#steps.filter((step) => contains(corners, step));
    const outside = this.#steps.filter((step) => !contains(corners, step));
    this.#inside.setAttribute("d", dots(inside));
    this.#inside.dataset.kind = kind;
    this.#outside.setAttribute("d", dots(outside));
    return { inside: inside.length, all: this.#steps.length };
  }

  /** A new still, as soon as the camera has one. */
  async refresh() {
    this.stop();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    if (!this.#stillUrl) {
      this.caption.textContent = NOT_YOURS;
      return;
    }
    this.caption.textContent = WAITING;
    const found = await this.#find(signal);
    if (signal.aborted) return;
    this.caption.textContent = found || this.#shown_ms ? "" : NO_PICTURE;
    if (!found) return;
    this.#shown_ms = found.captured_ms;
    this.#picture.src = URL.createObjectURL(found.blob);
    this.#picture.hidden = false;
  }

  stop() {
    this.#abort.abort();
  }

  async #find(signal) {
    for (let tries = 0; tries < TRIES && !signal.aborted; tries += 1) {
      try {
        const still = await fetchStill(this.#stillUrl, { after_ms: this.#shown_ms, signal });
        if (still) return still;
      } catch {
        // The portal is away or busy: the next try may find it.
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return null;
  }
}

export function svg(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** What `points` of a polygon or polyline wants. @param {[number, number][]} corners in steps */
export const pointsOf = (corners) => corners.map((corner) => corner.join(",")).join(" ");

const overlaps = (a, b) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Lines without length: round however the drawing is stretched. */
const dots = (points) => points.map(([x, y]) => `M${x} ${y}h0`).join("");

/** @param {Place} place */
function otherPlace({ name, kind, outline, url }, linked) {
  const corners = outline.map(([x, y]) => [x * STEPS, y * STEPS]);
  const shape = svg("polygon", { class: "place-shape", points: pointsOf(corners) });
  shape.dataset.kind = kind;
  if (!linked) return shape;
  // The list beside it has the same links for the keyboard.
  const link = svg("a", { href: url, tabindex: "-1", "aria-label": name });
  link.append(shape);
  return link;
}

/** @param {Place} place */
function label({ name, kind, outline }) {
  const element = document.createElement("span");
  element.className = "place-label";
  element.dataset.kind = kind;
  element.textContent = name;
  const [xs, ys] = [0, 1].map((n) => outline.map((corner) => corner[n]));
  const [left, right, top, bottom] = [
    Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys),
  ];
  const isHigh = top < 0.1;
  element.classList.toggle("is-below", isHigh);
  element.style.left = `${Math.min(92, Math.max(8, 50 * (left + right)))}%`;
  element.style.top = `${100 * (isHigh ? bottom : top)}%`;
  return element;
}
