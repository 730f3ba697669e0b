/** The buttons of a timeline. */
import { icon, iconButton, make, setText } from "./elements.js";

const CLASS = "day-button";

function wordButton(action, ...content) {
  return make("button", { type: "button", class: CLASS, "data-action": action }, ...content);
}

export class DayTools {
  element = make("div", { class: "day-tools", role: "toolbar", "aria-label": "Timeline" });
  #cutWords = make("span");
  #buttons = {
    visitBefore: iconButton("visitBefore", "The visit before ([)", "back", CLASS),
    visitAfter: iconButton("visitAfter", "The next visit (])", "next", CLASS),
    zoomOut: iconButton("zoomOut", "More of the day (-)", "zoom-out", CLASS),
    zoomIn: iconButton("zoomIn", "Closer (+)", "zoom-in", CLASS),
    whole: wordButton("whole", "Whole day"),
    clip: wordButton("clip", icon("past-clip"), make("span", {}, "Clip")),
    live: wordButton("live", icon("past-live"), "Live"),
    uncut: wordButton("uncut", "Cancel"),
    cut: wordButton("cut", icon("past-clip"), this.#cutWords),
  };
  #rights;

  /** @param {(action: string) => void} act  @param {{mayClip: boolean, mayGoLive: boolean}} rights */
  constructor(act, { mayClip, mayGoLive }) {
    this.#rights = { clip: mayClip, live: mayGoLive };
    this.#buttons.live.classList.add("day-live");
    this.#buttons.uncut.classList.add("day-uncut");
    this.#buttons.cut.classList.add("day-do-cut");
    this.element.append(...Object.values(this.#buttons));
    this.element.addEventListener("click", (event) => {
      const action = event.target.closest("[data-action]")?.dataset.action;
      if (action) act(action);
    });
  }

  /** `cutWords`: how long a clip is that is being chosen, "" while none is. */
  render({ isLive, isWhole, cutWords }) {
    const { visitBefore, visitAfter, clip, live, uncut, cut } = this.#buttons;
    const isCutting = cutWords !== "";
    for (const button of [visitBefore, visitAfter]) button.hidden = isCutting;
    clip.hidden = isCutting || !this.#rights.clip;
    live.hidden = isCutting || !this.#rights.live;
    for (const button of [uncut, cut]) button.hidden = !isCutting;
    setText(this.#cutWords, `Clip ${cutWords}`);
    this.#buttons.live.setAttribute("aria-pressed", String(isLive));
    this.#buttons.whole.disabled = isWhole;
    this.#buttons.zoomOut.disabled = isWhole;
  }
}
