/** The buttons of a timeline. */
import { icon, iconButton, make } from "./elements.js";

const CLASS = "day-button";

function wordButton(action, ...content) {
  return make("button", { type: "button", class: CLASS, "data-action": action }, ...content);
}

export class DayTools {
  element = make("div", { class: "day-tools", role: "toolbar", "aria-label": "Timeline" });
  #buttons = {
    visitBefore: iconButton("visitBefore", "The visit before ([)", "back", CLASS),
    visitAfter: iconButton("visitAfter", "The next visit (])", "next", CLASS),
    zoomOut: iconButton("zoomOut", "More of the day (-)", "zoom-out", CLASS),
    zoomIn: iconButton("zoomIn", "Closer (+)", "zoom-in", CLASS),
    whole: wordButton("whole", "Whole day"),
    clip: wordButton("clip", icon("past-clip"), "Clip"),
    live: wordButton("live", icon("past-live"), "Live"),
  };

  /** @param {(action: string) => void} act  @param {{mayClip: boolean}} rights */
  constructor(act, { mayClip }) {
    this.#buttons.live.classList.add("day-live");
    this.#buttons.clip.hidden = !mayClip;
    this.element.append(...Object.values(this.#buttons));
    this.element.addEventListener("click", (event) => {
      const action = event.target.closest("[data-action]")?.dataset.action;
      if (action) act(action);
    });
  }

  render({ isLive, isWhole }) {
    this.#buttons.live.setAttribute("aria-pressed", String(isLive));
    this.#buttons.whole.disabled = isWhole;
    this.#buttons.zoomOut.disabled = isWhole;
  }
}
