/** Counts pictures as they are shown. */
const WINDOW_MS = 2000;
const AGES = 30;

export class Meter {
  frames = 0;
  #shown_ms = [];
  #ages_s = [];
  #bytes = null;

  /** @param {number | null} age_s capture to screen, where it is known */
  frame(now_ms, age_s) {
    this.frames += 1;
    this.#shown_ms.push(now_ms);
    this.#forget(now_ms);
    if (age_s === null) return;
    this.#ages_s.push(age_s);
    if (this.#ages_s.length > AGES) this.#ages_s.shift();
  }

  /** Pictures a second over the last two seconds. */
  fps(now_ms) {
    this.#forget(now_ms);
    const first_ms = this.#shown_ms[0];
    const span_ms = now_ms - first_ms;
    return span_ms > 0 ? ((this.#shown_ms.length - 1) * 1000) / Math.max(span_ms, 1) : 0;
  }

  /** Median age of the last pictures in seconds, or null when it cannot be told. */
  get latency_s() {
    if (this.#ages_s.length === 0) return null;
    const sorted = [...this.#ages_s].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }

  /** Kilobits a second since the last call, from a running count of bytes; null at first. */
  kbps(now_ms, bytes) {
    const before = this.#bytes;
    this.#bytes = { at_ms: now_ms, bytes };
    if (!before || bytes < before.bytes || now_ms <= before.at_ms) return null;
    return ((bytes - before.bytes) * 8) / (now_ms - before.at_ms);
  }

  /** Start again with another connection; the count of pictures goes on. */
  reset() {
    this.#shown_ms = [];
    this.#ages_s = [];
    this.#bytes = null;
  }

  #forget(now_ms) {
    while (this.#shown_ms.length && now_ms - this.#shown_ms[0] > WINDOW_MS) this.#shown_ms.shift();
  }
}
