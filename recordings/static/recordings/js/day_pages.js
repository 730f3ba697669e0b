/** Which day a page shows, and how it turns to another one while pictures go on. */

/** A portal that did not answer is asked again after so long. */
const RETRY_MS = 4000;

/** @typedef {import("./span.js").Span} Span */

export class DayPages {
  #page;
  #isTurning = false;
  #due_ms = 0;

  /** @param {HTMLElement} page #recordings, with `data-start-ms` and `data-end-ms` */
  constructor(page) {
    this.#page = page;
  }

  /** The day, from midnight to midnight.  @returns {Span} */
  get whole() {
    const { startMs, endMs } = this.#page.dataset;
    return { from_ms: Number(startMs), to_ms: Number(endMs) };
  }

  /** Where the next day with recordings is; null when there is none. */
  get nextUrl() {
    return document.querySelector(".day-choice a[rel=next]")?.href ?? null;
  }

  /**
   * Show the day of another address: only the server knows its bounds and its neighbours.
   *
   * @returns {Promise<boolean>} false when it is under way already, or could not be had
   */
  async turn(url) {
    if (this.#isTurning || performance.now() < this.#due_ms) return false;
    this.#isTurning = true;
    try {
      return this.#take(await pageAt(url));
    } catch {
      this.#due_ms = performance.now() + RETRY_MS;
      return false;
    } finally {
      this.#isTurning = false;
    }
  }

  #take(other) {
    const { startMs, endMs } = other.getElementById("recordings").dataset;
    Object.assign(this.#page.dataset, { startMs, endMs });
    document.querySelector(".day-choice").replaceWith(other.querySelector(".day-choice"));
    document.title = other.title;
    return true;
  }
}

async function pageAt(url) {
  const answer = await fetch(url, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(`${url}: ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}
