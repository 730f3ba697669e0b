/** The visits of a day in words, each a way to its moment: what a timeline shows in colours. */
import { DayClock, lengthWords } from "./day_clock.js";
import { icon, make, setText } from "./elements.js";
import { visitColour, visitWords } from "./marks.js";

/** A page of more nobody reads; all are in the timeline, and in History. */
const MOST = 300;
const SVG = "http://www.w3.org/2000/svg";

export class VisitList {
  #list;
  #count;
  #clock;
  #seen = "";
  #buttons = new Map();
  #visits = [];

  /**
   * @param {{list: HTMLElement, count: HTMLElement, timeZone: string,
   *   onVisit: (id: number) => void}} parts
   */
  constructor({ list, count, timeZone, onVisit }) {
    this.#list = list;
    this.#count = count;
    this.#clock = new DayClock(timeZone);
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-visit]");
      if (button) onVisit(Number(button.dataset.visit));
    });
  }

  /** @param {import("./archive.js").Visit[]} visits in the order of their beginnings */
  show(visits) {
    const seen = JSON.stringify(visits);
    if (seen === this.#seen) return;
    this.#seen = seen;
    const focused = document.activeElement?.closest?.("[data-visit]")?.dataset.visit;
    this.#visits = visits;
    this.#buttons.clear();
    this.#list.replaceChildren(...visits.slice(-MOST).map((visit) => this.#item(visit)));
    setText(this.#count, visits.length === 0 ? "None on this day" : String(visits.length));
    this.#buttons.get(Number(focused))?.focus();
  }

  /** Which of them happen in the picture in sight, of `at_ms`; the last one by then is in sight, too. */
  mark(visits, at_ms) {
    const now = new Set(visits.map(({ id }) => id));
    for (const [id, button] of this.#buttons) {
      if (now.has(id)) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    const last = this.#visits.findLast(({ start_ms }) => start_ms <= at_ms);
    if (last) this.#bringIntoSight(this.#buttons.get(last.id));
  }

  /** In the list alone, the page stays where it is; and not under somebody's hands. */
  #bringIntoSight(button) {
    if (!button || this.#list.matches(":hover, :focus-within")) return;
    this.#list.scrollTop = button.offsetTop - (this.#list.clientHeight - button.offsetHeight) / 2;
  }

  #item(visit) {
    const { id, start_ms, end_ms, isOpen, isStarred } = visit;
    const who = visitWords(visit);
    const length = isOpen ? "still there" : lengthWords(end_ms - start_ms);
    const button = make(
      "button",
      { type: "button", class: "day-visit", "data-visit": String(id) },
      dot(visitColour(visit)),
      make("span", { class: "day-visit-time" }, this.#clock.short(start_ms)),
      make("span", { class: "day-visit-who" }, who.charAt(0).toUpperCase() + who.slice(1)),
      make("span", { class: "day-visit-length" }, length),
    );
    if (isStarred) button.append(icon("star"), make("span", { class: "visually-hidden" }, "starred"));
    this.#buttons.set(id, button);
    return make("li", {}, button);
  }
}

function dot(colour) {
  const svg = document.createElementNS(SVG, "svg");
  const circle = document.createElementNS(SVG, "circle");
  svg.setAttribute("viewBox", "0 0 10 10");
  svg.setAttribute("class", "day-visit-dot");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, value] of Object.entries({ cx: 5, cy: 5, r: 5, fill: colour })) {
    circle.setAttribute(name, value);
  }
  svg.append(circle);
  return svg;
}
