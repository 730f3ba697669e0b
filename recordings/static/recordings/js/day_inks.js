/** The colours of a timeline. A canvas knows no light and dark; style sheets do (.day-ink-…). */
import { make } from "./elements.js";

const NAMES = [
  "ground", "empty", "recorded", "motion", "future", "line", "ink", "soft", "edge", "hover",
  "handle", "onHandle", "live",
];

export class DayInks {
  element = make("span", { hidden: "" });
  #swatches = NAMES.map((name) => [name, make("i", { class: `day-ink-${name}` })]);

  constructor() {
    this.element.append(...this.#swatches.map(([, swatch]) => swatch));
  }

  /** @returns {Record<string, string>} as the page is dressed now */
  read() {
    return Object.fromEntries(
      this.#swatches.map(([name, swatch]) => [name, getComputedStyle(swatch).color]),
    );
  }
}
