/** A small picture above the pointer on a timeline: what was to be seen there. */
import { make, setText } from "./elements.js";

/** Pointers rest for so long before a picture is asked for: not every one on the way. */
const REST_MS = 60;
/** Pictures nearer to each other than this are one, so that the browser has some already. */
const LEAST_STEP_90K = 2 * 90_000;
const STEP_PX = 6;

export class DayPreview {
  element = make("figure", { class: "day-preview", hidden: "", "aria-hidden": "true" });
  #image = make("img", { alt: "", class: "day-preview-picture", hidden: "" });
  #words = make("figcaption", { class: "day-preview-words" });
  #timer = null;
  #wanted = "";
  #isBusy = false;

  constructor() {
    this.element.append(this.#image, this.#words);
    this.#image.addEventListener("load", () => this.#came(true));
    this.#image.addEventListener("error", () => this.#came(false));
  }

  /**
   * @param {{x: number, width: number, words: string, url: string}} shown `x` in the timeline, which
   *   is `width` wide; `url` "" where nothing is recorded
   */
  show({ x, width, words, url }) {
    this.element.hidden = false;
    setText(this.#words, words);
    const half = this.element.offsetWidth / 2;
    const left = Math.min(Math.max(x, half), Math.max(half, width - half));
    this.element.style.transform = `translateX(${left - half}px)`;
    if (url === this.#wanted) return;
    this.#wanted = url;
    if (url === "") this.#image.hidden = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), REST_MS);
  }

  hide() {
    clearTimeout(this.#timer);
    this.element.hidden = true;
  }

  /** One at a time, and the newest next. */
  #ask() {
    if (this.#isBusy || this.#wanted === "") return;
    if (this.#image.getAttribute("src") === this.#wanted) {
      this.#image.hidden = false;
      return;
    }
    this.#isBusy = true;
    this.#image.src = this.#wanted;
  }

  #came(isPicture) {
    this.#isBusy = false;
    const isNewest = this.#image.getAttribute("src") === this.#wanted;
    this.#image.hidden = !isPicture || this.#wanted === "";
    if (!isNewest) this.#ask();
  }
}

/**
 * Where a preview's picture is: that of a step, so that neighbouring pointers share one.
 *
 * @param {import("./archive.js").Archive} archive  @param {number} per_px ms that a pixel stands for
 */
export function previewUrl({ archive, client }, at_ms, per_px) {
  const segment = archive.segmentAt(at_ms);
  if (!segment) return "";
  const step_90k = Math.max(LEAST_STEP_90K, Math.round(per_px * STEP_PX * 90));
  const into_90k = (at_ms - segment.start_ms) * 90;
  return client.thumbnailUrl(segment, segment.start_90k + Math.floor(into_90k / step_90k) * step_90k);
}
