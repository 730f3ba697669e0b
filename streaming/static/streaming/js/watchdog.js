/** Judges by pictures, never by connection states: those say "connected" over a frozen picture. */
export class Watchdog {
  #frame_ms = null;
  #looked_ms = null;

  /** @param {{sleep_ms?: number}} options a gap between two looks that only sleep explains */
  constructor({ sleep_ms = 5000 } = {}) {
    this.sleep_ms = sleep_ms;
  }

  /** A picture was shown, or there is a reason to start counting again. */
  frame(now_ms) {
    this.#frame_ms = now_ms;
  }

  /** Nothing is being watched from now on. */
  rest() {
    this.#frame_ms = null;
  }

  /**
   * @param {number} now_ms
   * @param {number} stall_ms how long without a picture is too long
   * @returns {"fine" | "stalled" | "slept"} "slept": the machine or the tab stood still
   */
  look(now_ms, stall_ms) {
    const gap_ms = this.#looked_ms === null ? 0 : now_ms - this.#looked_ms;
    this.#looked_ms = now_ms;
    if (gap_ms > this.sleep_ms) return "slept";
    if (this.#frame_ms !== null && now_ms - this.#frame_ms > stall_ms) return "stalled";
    return "fine";
  }
}
