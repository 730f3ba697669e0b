/** Zooming into the picture: pure geometry first, then wheel, fingers, mouse and keys. */
const MOST = 8;
const STEP = 1.25;

/**
 * Zoom around a point that stays where it is.
 *
 * @param {{scale: number, x: number, y: number}} view x, y: offset of the scaled picture in pixels
 * @param {{factor: number, at_x: number, at_y: number, width: number, height: number}} change
 */
export function zoomed(view, { factor, at_x, at_y, width, height }) {
  const scale = Math.min(MOST, Math.max(1, view.scale * factor));
  const ratio = scale / view.scale;
  const moved = { scale, x: at_x - (at_x - view.x) * ratio, y: at_y - (at_y - view.y) * ratio };
  return kept(moved, width, height);
}

/** The picture never leaves a gap at an edge. */
export function kept({ scale, x, y }, width, height) {
  return {
    scale,
    x: Math.min(0, Math.max(width * (1 - scale), x)),
    y: Math.min(0, Math.max(height * (1 - scale), y)),
  };
}

export class Zoom {
  #view = { scale: 1, x: 0, y: 0 };
  #window;
  #stage;
  #onChange;
  #pointers = new Map();

  /**
   * @param {HTMLElement} window what stays  @param {HTMLElement} stage what is scaled
   * @param {(scale: number) => void} onChange
   */
  constructor(window, stage, onChange) {
    this.#window = window;
    this.#stage = stage;
    this.#onChange = onChange;
    window.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    window.addEventListener("pointerdown", (event) => this.#down(event));
    window.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel"]) {
      window.addEventListener(type, (event) => this.#pointers.delete(event.pointerId));
    }
    window.addEventListener("dblclick", (event) => this.#doubleClick(event));
  }

  get scale() {
    return this.#view.scale;
  }

  step(direction) {
    const { width, height } = this.#size;
    this.#zoom(direction > 0 ? STEP : 1 / STEP, width / 2, height / 2);
  }

  pan(x, y) {
    const { width, height } = this.#size;
    this.#set(kept({ ...this.#view, x: this.#view.x + x, y: this.#view.y + y }, width, height));
  }

  reset() {
    this.#set({ scale: 1, x: 0, y: 0 });
  }

  get #size() {
    return this.#window.getBoundingClientRect();
  }

  #zoom(factor, at_x, at_y) {
    const { width, height } = this.#size;
    this.#set(zoomed(this.#view, { factor, at_x, at_y, width, height }));
  }

  #set(view) {
    this.#view = view;
    this.#stage.style.transform =
      view.scale === 1 ? "" : `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
    this.#window.classList.toggle("is-zoomed", view.scale > 1);
    this.#onChange(view.scale);
  }

  /** The page scrolls as ever until the picture is zoomed or Ctrl (a pinch on a pad) is held. */
  #wheel(event) {
    if (!event.ctrlKey && this.scale === 1) return;
    event.preventDefault();
    const { left, top } = this.#size;
    this.#zoom(Math.exp(-event.deltaY / 300), event.clientX - left, event.clientY - top);
  }

  #doubleClick(event) {
    const { left, top } = this.#size;
    if (this.scale > 1) this.reset();
    else this.#zoom(2.5, event.clientX - left, event.clientY - top);
  }

  #down(event) {
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.scale > 1) this.#window.setPointerCapture(event.pointerId);
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) this.#pinch(before, event, other);
    else if (this.scale > 1) this.pan(event.clientX - before.x, event.clientY - before.y);
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  #pinch(before, event, other) {
    const { left, top } = this.#size;
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    const is = Math.hypot(event.clientX - other.x, event.clientY - other.y);
    if (was === 0) return;
    const at_x = (event.clientX + other.x) / 2 - left;
    const at_y = (event.clientY + other.y) / 2 - top;
    this.#zoom(is / was, at_x, at_y);
  }
}
