/** Ways for a picture to arrive, best first. */
export const TRANSPORTS = ["webrtc", "mse", "mjpeg", "still"];

/** Which way to try next, and why a better one is not in use. */
export class Ladder {
  #supported;
  #allowed = TRANSPORTS;
  #top = TRANSPORTS[0];
  #reasons = new Map();

  /** @param {string[]} supported what this browser can play */
  constructor(supported = TRANSPORTS) {
    this.#supported = TRANSPORTS.filter((kind) => supported.includes(kind));
  }

  /** What the server offers; unknown names are ignored. */
  allow(kinds) {
    this.#allowed = TRANSPORTS.filter((kind) => kinds.includes(kind));
  }

  /** Start at `kind` and never climb above it; "auto" or an unknown name lifts that. */
  startAt(kind) {
    this.#top = TRANSPORTS.includes(kind) ? kind : TRANSPORTS[0];
  }

  /** @returns {string[]} what may be tried, best first */
  get rungs() {
    const from = TRANSPORTS.indexOf(this.#top);
    return this.#supported.filter(
      (kind) => this.#allowed.includes(kind) && TRANSPORTS.indexOf(kind) >= from,
    );
  }

  /** @returns {string | null} */
  get best() {
    return this.rungs[0] ?? null;
  }

  /** @returns {string | null} the next worse way that may be tried */
  below(kind) {
    const from = TRANSPORTS.indexOf(kind);
    return this.rungs.find((rung) => TRANSPORTS.indexOf(rung) > from) ?? null;
  }

  isBetter(kind, than) {
    return TRANSPORTS.indexOf(kind) < TRANSPORTS.indexOf(than);
  }

  /** Remember in words why `kind` does not work; null when it does. */
  remember(kind, reason) {
    if (reason) this.#reasons.set(kind, reason);
    else this.#reasons.delete(kind);
  }

  /** Why something better than `kind` is not in use, or "". A person's own choice needs no reason. */
  reasonFor(kind) {
    const from = TRANSPORTS.indexOf(this.#top);
    const to = TRANSPORTS.indexOf(kind);
    const better = TRANSPORTS.slice(from, to).find((rung) => this.#reasons.has(rung));
    return better ? this.#reasons.get(better) : "";
  }
}
