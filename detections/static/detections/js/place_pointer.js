/** Mouse, pen and fingers on the picture: the nearest corner counts, not the topmost button. */
import { contains, inSteps, middle, snapped, STEPS } from "./place_geometry.js";

// How far from a corner still means the corner; a tap that is farther than ON_IT adds another one.
const REACH_PX = { mouse: 14, pen: 18, touch: 24 };
const ON_IT_PX = 10;
const FINISH_PX = 18;
const STILL_PX = 4;
const SNAP_PX = 7;

export class PlacePointer {
  #editor;
  #stage;
  /** @type {object | null} what is held: {id, kind: "corner" | "shape" | "", n, from, hasMoved} */
  #held = null;
  #refusal = "";

  /** @param {object} editor `draft`, `stage`, `handles`, `places`, `show(refusal)`, `select(n)` */
  constructor(editor) {
    this.#editor = editor;
    this.#stage = editor.stage.element;
    this.#stage.addEventListener("pointerdown", (event) => this.#down(event));
    this.#stage.addEventListener("pointermove", (event) => this.#move(event));
    this.#stage.addEventListener("pointerup", (event) => this.#up(event));
    this.#stage.addEventListener("pointercancel", (event) => this.#cancel(event));
    // The corner that is meant gets the focus, not the button that was hit.
    this.#stage.addEventListener("mousedown", (event) => event.preventDefault());
    editor.addEventListener("keydown", (event) => event.key === "Escape" && this.#cancel());
  }

  get #box() {
    return this.#stage.getBoundingClientRect();
  }

  #pointOf({ clientX, clientY }) {
    const { left, top, width, height } = this.#box;
    return inSteps((clientX - left) / width, (clientY - top) / height);
  }

  #distance_px(point, { clientX, clientY }) {
    const { left, top, width, height } = this.#box;
    const [x, y] = [left + (point[0] * width) / STEPS, top + (point[1] * height) / STEPS];
    return Math.hypot(x - clientX, y - clientY);
  }

  #nearest(points, event) {
    const distances = points.map((point) => this.#distance_px(point, event));
    const distance_px = Math.min(...distances);
    return { n: distances.indexOf(distance_px), distance_px };
  }

  #down(event) {
    if (event.button !== 0 || this.#held) return;
    const { draft, handles } = this.#editor;
    const reach_px = REACH_PX[event.pointerType] ?? REACH_PX.mouse;
    const point = this.#pointOf(event);
    const corner = this.#nearest(draft.corners, event);
    const spots = handles.between;
    const spot = this.#nearest(spots.map((n) => middle(draft.corners, n)), event);
    const held = { id: event.pointerId, kind: "", n: -1, spot: -1, from: point, hasMoved: false };
    held.x = event.clientX;
    held.y = event.clientY;
    if (corner.distance_px <= Math.min(reach_px, spot.distance_px)) {
      Object.assign(held, { kind: "corner", n: corner.n });
    } else if (spot.distance_px <= reach_px) {
      Object.assign(held, { kind: "corner", n: spots[spot.n] + 1, spot: spots[spot.n] });
    } else if (!draft.isOpen && contains(draft.corners, point)) {
      held.kind = "shape";
    }
    this.#held = held;
    this.#refusal = "";
    if (held.kind) this.#stage.setPointerCapture(event.pointerId);
    draft.begin();
    if (held.kind === "corner" && held.spot < 0) this.#editor.select(held.n);
  }

  #move(event) {
    const held = this.#held;
    if (held?.id !== event.pointerId) return;
    const far_px = Math.hypot(event.clientX - held.x, event.clientY - held.y);
    if (!held.hasMoved && far_px < STILL_PX) return;
    if (!held.hasMoved && held.spot >= 0) this.#split(held);
    held.hasMoved = true;
    if (held.kind === "corner") this.#drag(held.n, event);
    if (held.kind === "shape") this.#carry(held, event);
  }

  #split(held) {
    this.#refusal = this.#editor.draft.split(held.spot);
    if (this.#refusal) held.kind = "";
    else this.#editor.select(held.n);
  }

  #drag(n, event) {
    const { draft } = this.#editor;
    const place = event.altKey ? this.#pointOf(event) : this.#snap(n, this.#pointOf(event));
    this.#refusal = draft.move(n, place);
    this.#editor.show(this.#refusal);
  }

  #carry(held, event) {
    const { draft } = this.#editor;
    const [x, y] = this.#pointOf(event);
    const before = draft.corners[0];
    draft.shift(x - held.from[0], y - held.from[1]);
    const after = draft.corners[0];
    // At the picture's edge the place stays behind; the finger must come back to where it was.
    held.from = [held.from[0] + after[0] - before[0], held.from[1] + after[1] - before[1]];
    this.#editor.show();
  }

  #snap(n, point) {
    const { draft, places } = this.#editor;
    const { width, height } = this.#box;
    const count = draft.corners.length;
    const around = draft.isOpen ? [n - 1, n + 1] : [(n + count - 1) % count, (n + 1) % count];
    return snapped(point, {
      corners: places.flatMap(({ outline }) => outline.map(([x, y]) => inSteps(x, y))),
      neighbours: around.flatMap((k) => (draft.corners[k] ? [draft.corners[k]] : [])),
      reach: [(SNAP_PX * STEPS) / width, (SNAP_PX * STEPS) / height],
    });
  }

  #up(event) {
    const held = this.#held;
    if (held?.id !== event.pointerId) return;
    this.#held = null;
    if (!held.hasMoved) this.#tap(held, event);
    this.#editor.draft.settle();
    this.#editor.show(this.#refusal);
  }

  #tap(held, event) {
    const { draft } = this.#editor;
    if (!draft.isOpen) {
      if (held.spot >= 0) this.#split(held);
      return;
    }
    const { corners } = draft;
    if (corners.length > 2 && this.#distance_px(corners[0], event) <= FINISH_PX) {
      this.#refusal = draft.close();
    } else if (!(this.#nearest(corners, event).distance_px <= ON_IT_PX)) {
      const end = corners.length;
      this.#refusal = draft.append(event.altKey ? held.from : this.#snap(end, held.from));
      if (!this.#refusal) this.#editor.select(end);
    }
  }

  #cancel(event) {
    if (!this.#held || (event && this.#held.id !== event.pointerId)) return;
    this.#held = null;
    this.#editor.draft.cancel();
    this.#editor.show();
  }
}
