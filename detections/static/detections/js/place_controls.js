/** The tools above the picture. */
const SVG = "http://www.w3.org/2000/svg";

const TOOLS = {
  box: ["plus", "Start with a box"],
  finish: ["check", "Finish"],
  remove: ["bin", "Remove corner"],
  undo: ["undo", "Undo"],
  redo: ["redo", "Redo"],
  anew: ["outline", "Draw anew"],
  large: ["zoom-in", "Larger"],
  still: ["snapshot", "New picture"],
};
// The others are pictures only where there is little room.
const WORDY = ["box", "finish"];

export class PlaceControls {
  element = document.createElement("div");
  #editor;
  /** @type {Record<string, HTMLButtonElement>} */
  #tools = {};

  /** @param {object} editor `draft`, `selected`, `stage` and what the tools do */
  constructor(editor) {
    this.#editor = editor;
    this.element.className = "place-tools";
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Drawing");
    for (const [name, [symbol, text]] of Object.entries(TOOLS)) {
      this.#tools[name] = toolButton(symbol, text);
      this.#tools[name].classList.toggle("is-terse", !WORDY.includes(name));
      this.#tools[name].addEventListener("click", () => this.#use(name));
    }
    this.#tools.large.setAttribute("aria-pressed", "false");
    this.element.append(...Object.values(this.#tools));
  }

  /** Only what can be done now. */
  show() {
    const { draft, selected } = this.#editor;
    const { box, finish, remove, undo, redo, anew } = this.#tools;
    box.hidden = draft.corners.length > 0;
    finish.hidden = !draft.isOpen || draft.corners.length < 3;
    remove.hidden = draft.corners.length === 0;
    remove.disabled = selected < 0;
    anew.hidden = draft.corners.length === 0;
    undo.hidden = redo.hidden = !box.hidden && !draft.canUndo && !draft.canRedo;
    undo.disabled = !draft.canUndo;
    redo.disabled = !draft.canRedo;
  }

  #use(name) {
    const editor = this.#editor;
    const does = {
      box: () => editor.startWithBox(),
      finish: () => editor.finish(),
      remove: () => editor.removeSelected(),
      undo: () => editor.travel("undo"),
      redo: () => editor.travel("redo"),
      anew: () => editor.drawAnew(),
      large: () => this.#tools.large.setAttribute("aria-pressed", String(editor.enlarge())),
      still: () => editor.stage.refresh(),
    };
    does[name]();
  }
}

function toolButton(symbol, text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "place-tool";
  const icon = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  const icons = document.querySelector("meta[name=petcam-icons]")?.content ?? "";
  use.setAttribute("href", `${icons}#${symbol}`);
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  icon.append(use);
  const words = document.createElement("span");
  words.textContent = text;
  button.append(icon, words);
  return button;
}
