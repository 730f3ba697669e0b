/** The household's other cameras at the moment in sight: a small picture each, and a way there. */
import { Archive } from "./archive.js";
import { RecordingsClient } from "./client.js";
import { setText } from "./elements.js";

/** Moments nearer to each other than this show one picture. */
const STEP_MS = 4000;

export class Beside {
  archive = new Archive();
  slug;
  name;
  client;
  #link;
  #image;
  #words;
  #shown = "";
  #wanted = "";
  #isBusy = false;

  /** @param {HTMLAnchorElement} link with `data-slug`, `data-name`, an <img> and words */
  constructor(link) {
    this.#link = link;
    this.#image = link.querySelector("img");
    this.#words = link.querySelector("[data-beside-words]");
    this.slug = link.dataset.slug;
    this.name = link.dataset.name;
    this.client = new RecordingsClient(this.slug);
    this.#image.addEventListener("load", () => this.#came(true));
    this.#image.addEventListener("error", () => this.#came(false));
  }

  show(at_ms) {
    this.#link.href = this.client.pageUrl(at_ms);
    const segment = this.archive.segmentAt(at_ms);
    setText(this.#words, segment ? "" : "Nothing recorded");
    if (!segment) this.#image.hidden = true;
    const into_ms = segment ? Math.floor((at_ms - segment.start_ms) / STEP_MS) * STEP_MS : 0;
    this.#wanted = segment
      ? this.client.thumbnailUrl(segment, segment.start_90k + into_ms * 90)
      : "";
    this.#ask();
  }

  /** One at a time, and the newest next: whoever scrubs past a hundred is not owed each. */
  #ask() {
    if (this.#isBusy || this.#wanted === "") return;
    if (this.#wanted === this.#shown) {
      this.#image.hidden = false;
      return;
    }
    this.#isBusy = true;
    this.#shown = this.#wanted;
    this.#image.src = this.#wanted;
  }

  #came(isPicture) {
    this.#isBusy = false;
    this.#image.hidden = !isPicture || this.#wanted === "";
    if (this.#wanted !== this.#shown) this.#ask();
  }
}
