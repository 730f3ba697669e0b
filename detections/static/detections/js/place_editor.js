/** <place-editor> around a textarea of JSON: an outline is drawn on the camera's picture. */
import { PlaceControls } from "./place_controls.js";
import { Draft } from "./place_draft.js";
import { fault, inShares, STEPS } from "./place_geometry.js";
import { cornerName, PlaceHandles } from "./place_handles.js";
import { followKind } from "./place_kind.js";
import { PlacePointer } from "./place_pointer.js";
import { PlaceStage, pointsOf, svg } from "./place_stage.js";

const STEP = 25;
const FAR = 250;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const BOX = [
  [4000, 4000],
  [6000, 4000],
  [6000, 6000],
  [4000, 6000],
];

const START = "Tap the corners of the place one after another, or start with a box.";
const GO_ON = "Tap the next corner.";
const FINISH = "Tap the next corner, or the first one to finish.";
const CHANGE = matchMedia("(pointer: coarse)").matches
  ? "Drag a corner, the dot between two, or the whole place."
  : "Drag corners or the whole place. On the keyboard: arrows move, Enter adds, Delete removes.";

class PlaceEditor extends HTMLElement {
  draft = new Draft();
  stage = new PlaceStage();
  handles = new PlaceHandles();
  selected = -1;
  #shape = svg("polygon", { class: "place-shape is-own", role: "button" });
  #line = svg("polyline", { class: "place-line" });
  #status = document.createElement("p");
  #lately = document.createElement("p");
  #window = document.createElement("div");
  #controls;
  #text;
  #scenes = {};
  #isNudging = false;

  connectedCallback() {
    if (this.#text) return;
    this.#text = this.querySelector("textarea");
    this.#scenes = JSON.parse(this.dataset.scenes);
    this.draft = new Draft(outlineIn(this.#text.value));
    this.#controls = new PlaceControls(this);
    this.#build();
    new PlacePointer(this);
    this.#listen();
    followKind(this.#text.form, JSON.parse(this.dataset.habits), () => this.#names, (kind) => {
      this.#shape.dataset.kind = kind;
      this.#line.dataset.kind = kind;
      this.#count();
    });
    this.#showScene();
    new ResizeObserver(() => this.show()).observe(this.stage.element);
  }

  disconnectedCallback() {
    this.stage.stop();
  }

  /** The camera's other places. */
  get places() {
    return this.#scene?.places ?? [];
  }

  /** Shows the draft as it is; `refusal` says why the last change was not made. */
  show(refusal = "") {
    const { corners, isOpen } = this.draft;
    this.selected = Math.min(this.selected, corners.length - 1);
    this.#shape.setAttribute("points", isOpen ? "" : pointsOf(corners));
    this.#line.setAttribute("points", isOpen ? pointsOf(corners) : "");
    this.#shape.setAttribute("tabindex", isOpen ? "-1" : "0");
    this.#shape.classList.toggle("is-bad", !isOpen && fault(corners) !== "");
    this.handles.show(this.draft, this.selected, this.stage.element.getBoundingClientRect());
    this.stage.element.classList.toggle("is-drawing", isOpen);
    this.#count();
    this.#controls.show();
    this.#say(refusal || this.#advice, refusal !== "");
    this.#text.value = JSON.stringify(corners.map(inShares));
  }

  select(n, { focus = true } = {}) {
    this.selected = n;
    this.show();
    if (focus) this.handles.focus(n);
  }

  // What the tools do

  startWithBox() {
    this.show(this.draft.replace(BOX));
    this.select(0);
  }

  drawAnew() {
    this.selected = -1;
    this.show(this.draft.replace([]));
  }

  finish() {
    this.show(this.draft.close());
  }

  removeSelected() {
    const refusal = this.draft.remove(this.selected);
    this.show(refusal);
    this.handles.focus(this.selected);
  }

  travel(way) {
    this.draft[way]();
    this.show();
  }

  enlarge() {
    return this.#window.classList.toggle("is-large");
  }

  #build() {
    this.#status.className = "place-status";
    this.#status.setAttribute("role", "status");
    this.#window.className = "place-window";
    this.#shape.setAttribute("aria-label", "The whole place: arrow keys move it");
    this.stage.drawing.append(this.#shape, this.#line);
    this.stage.element.append(this.handles.element);
    this.#window.append(this.stage.element);
    this.#text.hidden = true;
    this.#lately.className = "place-caption";
    this.prepend(
      this.#controls.element,
      this.#window,
      this.#status,
      this.#lately,
      this.stage.caption,
    );
  }

  #listen() {
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("keyup", (event) => event.key in WAYS && this.#settleNudge());
    this.addEventListener("focusout", () => this.#settleNudge());
    this.addEventListener("focusin", ({ target }) => {
      const n = this.handles.indexOf(target);
      if (n >= 0 && n !== this.selected) this.select(n, { focus: false });
    });
    const { form } = this.#text;
    form.addEventListener("submit", (event) => this.#beforeSubmit(event));
    form.elements.camera?.addEventListener("change", () => this.#showScene());
  }

  /** The admin lets people choose the camera of a new place. */
  get #scene() {
    const chosen = this.#text.form.elements.camera?.value;
    return this.#scenes[chosen ?? this.dataset.camera];
  }

  get #names() {
    return this.places.map(({ name }) => name);
  }

  #showScene() {
    this.stage.lately = this.#scene?.lately ?? [];
    this.stage.show(this.#scene ?? { still: "", places: [] });
    if (!this.#scene) this.stage.caption.textContent = "Choose a camera to see its picture.";
    this.show();
  }

  /** What would have counted lately. */
  #count() {
    const { corners, isOpen } = this.draft;
    const { inside, all } = this.stage.count(isOpen ? [] : corners, this.#shape.dataset.kind);
    const share = isOpen ? "" : ` ${inside} of these ${all} dots are in this place.`;
    this.#lately.textContent = all ? `Dots are where somebody stood lately.${share}` : "";
  }

  get #advice() {
    const { corners, isOpen } = this.draft;
    if (!isOpen) return fault(corners) || CHANGE;
    if (corners.length === 0) return START;
    return corners.length < 3 ? GO_ON : FINISH;
  }

  #say(words, isBad) {
    this.#status.classList.toggle("is-bad", isBad || (!this.draft.isOpen && this.draft.fault !== ""));
    if (this.#status.textContent !== words) this.#status.textContent = words;
  }

  /** An outline that was only not finished is finished; what is none stays on the page. */
  #beforeSubmit(event) {
    if (this.draft.isOpen && this.draft.corners.length > 2) this.finish();
    const words = this.draft.isOpen && this.draft.corners.length > 2
      ? "Finished here, the outline would cross itself. Move a corner, or undo some."
      : this.draft.fault;
    if (!words) return;
    event.preventDefault();
    this.show(words);
    this.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (event.target === this.#text) return;
    const n = this.handles.indexOf(event.target);
    if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key)) {
      event.preventDefault();
      this.travel(event.key.toLowerCase() === "y" || event.shiftKey ? "redo" : "undo");
    } else if (event.key in WAYS && (n >= 0 || event.target === this.#shape)) {
      event.preventDefault();
      this.#nudge(n, WAYS[event.key].map((way) => way * (event.shiftKey ? FAR : STEP)));
    } else if (n >= 0 && (event.key === "Delete" || event.key === "Backspace")) {
      event.preventDefault();
      this.removeSelected();
    } else if (n >= 0 && event.key === "Enter") {
      event.preventDefault();
      this.#enter(n);
    }
  }

  /** A corner more after this one; at the first of an unfinished outline: the last side. */
  #enter(n) {
    const isLast = n === this.draft.corners.length - 1;
    if (this.draft.isOpen && (n === 0 || isLast)) return this.finish();
    const refusal = this.draft.split(n);
    if (!refusal) this.select(n + 1);
    return this.show(refusal);
  }

  /** While a key is held, all its steps are one for undo. */
  #nudge(n, [x, y]) {
    if (!this.#isNudging) this.draft.begin();
    this.#isNudging = true;
    const { corners } = this.draft;
    const refusal = n < 0
      ? this.draft.shift(x, y)
      : this.draft.move(n, [within(corners[n][0] + x), within(corners[n][1] + y)]);
    this.show(refusal);
    if (!refusal && n >= 0) this.#say(cornerName(this.draft.corners, n), false);
  }

  #settleNudge() {
    if (this.#isNudging) this.draft.settle();
    this.#isNudging = false;
    this.#controls.show();
  }
}

const within = (value) => Math.min(STEPS, Math.max(0, value));

/** The corners in the field; none when somebody has left something else there. */
function outlineIn(text) {
  try {
    const outline = JSON.parse(text);
    const isCorner = (corner) => corner.length === 2 && corner.every(Number.isFinite);
    return outline.every(isCorner) ? outline : [];
  } catch {
    return [];
  }
}

/** <place-map>: a camera's places, each a link. */
class PlaceMap extends HTMLElement {
  #stage = new PlaceStage();

  connectedCallback() {
    const frame = document.createElement("div");
    frame.className = "place-window";
    frame.append(this.#stage.element);
    this.append(frame, this.#stage.caption);
    this.#stage.show(JSON.parse(this.dataset.scene), { linked: true });
  }

  disconnectedCallback() {
    this.#stage.stop();
  }
}

customElements.define("place-editor", PlaceEditor);
customElements.define("place-map", PlaceMap);

for (const form of document.querySelectorAll("form[data-sure]")) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.sure)) event.preventDefault();
  });
}
