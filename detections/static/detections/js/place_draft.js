/** An outline while it is drawn: every change is checked, and can be undone. Knows no page. */
import {
  fault,
  firstCrossing,
  inSteps,
  MAX_CORNERS,
  middle,
  MIN_CORNERS,
  shifted,
} from "./place_geometry.js";

const CROSSES = "That would make the outline cross itself.";
const HISTORY = 200;

/** @typedef {import("./place_geometry.js").Corner} Corner */

export class Draft {
  /** @type {Corner[]} */
  corners = [];
  /** The last side is not drawn yet: corners are added at the end. */
  isOpen = true;
  #past = [];
  #future = [];
  #before = null;

  /** @param {[number, number][]} outline shares of the picture; empty for a new place */
  constructor(outline = []) {
    this.corners = outline.map(([x, y]) => inSteps(x, y));
    this.isOpen = this.corners.length < MIN_CORNERS;
  }

  get fault() {
    return fault(this.corners);
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** Each change answers with why it was refused, "" when it was made. @returns {string} */
  append(corner) {
    if (this.corners.length >= MAX_CORNERS) return "A place has at most 32 corners.";
    if (String(corner) === String(this.corners.at(-1))) return "";
    return this.#change([...this.corners, corner], this.isOpen);
  }

  /** Draws the last side. */
  close() {
    if (this.corners.length < MIN_CORNERS) return "A place needs at least 3 corners.";
    return this.#change([...this.corners], false);
  }

  /** A corner halfway along side n, which becomes corner n + 1. */
  split(n) {
    return this.insert(n, middle(this.corners, n));
  }

  insert(n, corner) {
    if (this.corners.length >= MAX_CORNERS) return "A place has at most 32 corners.";
    return this.#change(this.corners.toSpliced(n + 1, 0, corner), this.isOpen);
  }

  remove(n) {
    if (!this.isOpen && this.corners.length <= MIN_CORNERS) {
      return "A place needs at least 3 corners.";
    }
    return this.#change(this.corners.toSpliced(n, 1), this.isOpen);
  }

  move(n, corner) {
    return this.#change(this.corners.with(n, corner), this.isOpen);
  }

  shift(by_x, by_y) {
    return this.#change(shifted(this.corners, by_x, by_y), this.isOpen);
  }

  /** Everything anew: `corners` closed, or nothing yet. */
  replace(corners) {
    return this.#change(corners, corners.length < MIN_CORNERS);
  }

  undo() {
    return this.#travel(this.#past, this.#future);
  }

  redo() {
    return this.#travel(this.#future, this.#past);
  }

  /** Changes until `settle` are one step for undo: somebody is dragging. */
  begin() {
    this.#before = this.#now;
  }

  settle() {
    const before = this.#before;
    this.#before = null;
    if (!before) return;
    const isSame =
      before.isOpen === this.isOpen && String(before.corners) === String(this.corners);
    if (!isSame) this.#remember(before);
  }

  /** Forgets what was dragged. */
  cancel() {
    if (this.#before) ({ corners: this.corners, isOpen: this.isOpen } = this.#before);
    this.#before = null;
  }

  /** What is crossed already may be moved until it is not. */
  #refusal(corners, isOpen) {
    if (firstCrossing(corners, { isOpen }) === null) return "";
    const wasCrossed = firstCrossing(this.corners, { isOpen: this.isOpen }) !== null;
    return wasCrossed && isOpen === this.isOpen ? "" : CROSSES;
  }

  #change(corners, isOpen) {
    const refusal = this.#refusal(corners, isOpen);
    if (refusal) return refusal;
    if (isOpen === this.isOpen && String(corners) === String(this.corners)) return "";
    if (!this.#before) this.#remember(this.#now);
    this.corners = corners;
    this.isOpen = isOpen;
    return "";
  }

  #remember(state) {
    this.#past = [...this.#past, state].slice(-HISTORY);
    this.#future = [];
  }

  get #now() {
    return { corners: this.corners, isOpen: this.isOpen };
  }

  #travel(from, to) {
    if (!from.length) return false;
    to.push(this.#now);
    ({ corners: this.corners, isOpen: this.isOpen } = from.pop());
    return true;
  }
}
