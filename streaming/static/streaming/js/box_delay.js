/**
 * How long pictures must wait so that their boxes are there when they are shown.
 *
 * Lags are page time minus media time in ms: whatever the two clocks are worth, a picture that lags
 * more than its boxes is shown after they came.
 */
const PER_MS = 90;
const MARGIN_MS = 12;
const MOST_MS = 1500;
const REMEMBER_MS = 10_000;
const HEARD = 400;
const SHOWN = 24;
const UP_MS_PER_S = 160;
const DOWN_MS_PER_S = 40;
/** One stall of the network makes fewer boxes late than the others of the last seconds are. */
const MOST = 0.85;
/** Less than this off is left alone: pictures should flow, not breathe. */
const CALM_MS = 15;

export class BoxDelay {
  /** How much pictures are to be held back now, ms. */
  target_ms = 0;
  /** Do pictures wait long enough for most boxes? Those that are late all the same just come. */
  isEnough = false;
  #heard = [];
  #shown = [];
  #interval_90k = 3000;
  #stepped_ms = null;
  #picture_90k = null;

  /**
   * Boxes came.
   *
   * @param {number} t_90k of their picture
   * @param {number | null} before_90k the look before, when pictures since then needed these boxes
   */
  heard(t_90k, before_90k, at_ms) {
    const first_90k = before_90k === null ? t_90k : Math.min(t_90k, before_90k + this.#interval_90k);
    this.#heard.push({ at_ms, lag_ms: at_ms - first_90k / PER_MS });
    if (this.#heard.length > HEARD) this.#heard.shift();
  }

  /** A picture was drawn. */
  shown(t_90k, at_ms) {
    const step_90k = t_90k - (this.#picture_90k ?? t_90k);
    if (step_90k > 0 && step_90k < 45_000) {
      this.#interval_90k += (step_90k - this.#interval_90k) / 8;
    }
    this.#picture_90k = t_90k;
    this.#shown.push(at_ms - t_90k / PER_MS);
    if (this.#shown.length > SHOWN) this.#shown.shift();
  }

  /** Move the target a little; call it a few times a second. */
  step(now_ms) {
    const passed_s = Math.min(1, (now_ms - (this.#stepped_ms ?? now_ms)) / 1000);
    this.#stepped_ms = now_ms;
    const error_ms = this.#error_ms(now_ms);
    this.isEnough = this.#heard.length > 0 && this.#lag_ms(MOST) <= this.#shownLag_ms();
    const isCalm = error_ms <= 0 && error_ms > -CALM_MS;
    if (isCalm && this.#heard.length) return this.target_ms;
    const moved_ms = Math.min(UP_MS_PER_S * passed_s, Math.max(-DOWN_MS_PER_S * passed_s, error_ms));
    this.target_ms = Math.min(MOST_MS, Math.max(0, this.target_ms + moved_ms));
    return this.target_ms;
  }

  /** Other pictures: what they lagged says nothing about these. */
  forgetPictures() {
    this.#shown = [];
    this.#picture_90k = null;
  }

  /** How much longer pictures should lag; without boxes they should not at all. */
  #error_ms(now_ms) {
    while (this.#heard.length && now_ms - this.#heard[0].at_ms > REMEMBER_MS) this.#heard.shift();
    if (this.#heard.length === 0) return -this.target_ms;
    if (this.#shown.length < SHOWN / 2) return 0;
    return this.#lag_ms(1) + MARGIN_MS - this.#shownLag_ms();
  }

  /** What that share of boxes lagged less than. */
  #lag_ms(share) {
    return quantile(this.#heard.map(({ lag_ms }) => lag_ms), share);
  }

  /** What pictures lag at least, -Infinity before there were any. */
  #shownLag_ms() {
    return this.#shown.length ? quantile(this.#shown, 0.1) : -Infinity;
  }
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
