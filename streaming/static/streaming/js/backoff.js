/** Growing pauses with jitter, so that a houseful of tablets does not come back in one instant. */
export class Backoff {
  #attempt = 0;

  /**
   * @param {{first_ms: number, most_ms: number, factor?: number, random?: () => number}} options
   */
  constructor({ first_ms, most_ms, factor = 2, random = Math.random }) {
    this.first_ms = first_ms;
    this.most_ms = most_ms;
    this.factor = factor;
    this.random = random;
  }

  /** The next pause: between half and the whole of first * factor^n, at most `most_ms`. */
  next() {
    const whole = Math.min(this.most_ms, this.first_ms * this.factor ** this.#attempt);
    this.#attempt += 1;
    return whole * (0.5 + this.random() / 2);
  }

  reset() {
    this.#attempt = 0;
  }
}
