/** The buttons of a timeline. */
import { icon, iconButton, make } from "./elements.js";

const CLASS = "day-button";

export class DayTools {
  element = make("div", { class: "day-tools", role: "toolbar", "aria-label": "Timeline" });
  #buttons = {
    visitBefore: iconButton("visitBefore", "The visit before ([)", "back", CLASS),
    visitAfter: iconButton("visitAfter", "The next visit (])", "next", CLASS),
    zoomOut: iconButton("zoomOut", "More of the day (-)", "zoom-out", CLASS),
    zoomIn: iconButton("zoomIn", "Closer (+)", "zoom-in", CLASS),
    whole: make("button", { type: "button", class: CLASS, "data-action": "whole" }, "Whole day"),
    live: make("button", { type: "button", class: `${CLASS} day-live`, "data-action": "live" }),
  };

  /** @param {(action: string) => void} act */
  constructor(act) {
    this.#buttons.live.append(icon("past-live"), "Live");
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
