/**
 * Keeps a buffered video close to the newest picture by playing a little faster, and jumps when it
 * is hopelessly behind. Starving moves the aim away from the edge, which slow play then gains;
 * calm brings it back.
 */
const NEAREST_S = 0.08;
const FURTHEST_S = 0.6;
const JUMP_S = 1.2;
const QUICK = 1.1;
const QUICKER = 1.35;
const SLOW = 0.92;
const CALM_MS = 20_000;
/** One hiccup starves several times. */
const HICCUP_MS = 700;

export class Chase {
  aim_s = NEAREST_S;
  /** Stay at least so far behind the newest picture, for whoever must wait for something. */
  least_s = 0;
  #starved_ms = -Infinity;
  #hasBegun = false;

  /** The video ran dry. */
  starved(now_ms) {
    if (now_ms - this.#starved_ms < HICCUP_MS) return;
    this.aim_s = Math.min(FURTHEST_S, this.aim_s * 1.6);
    this.#starved_ms = now_ms;
  }

  /**
   * @param {{now_ms: number, position_s: number, start_s: number, end_s: number}} buffer
   *   `start_s` and `end_s` of the newest buffered range.
   * @returns {{rate: number, jump_s: number | null}} `jump_s`: where to go at once
   */
  decide({ now_ms, position_s, start_s, end_s }) {
    if (now_ms - this.#starved_ms > CALM_MS && this.aim_s > NEAREST_S) {
      this.aim_s = Math.max(NEAREST_S, this.aim_s / 1.6);
      this.#starved_ms = now_ms;
    }
    const behind_s = end_s - position_s;
    // What comes first begins at a keyframe, up to seconds ago: nobody wants to see it go by.
    const late_s = this.least_s + this.aim_s;
    const far_s = this.#hasBegun ? late_s + JUMP_S : late_s * 3;
    this.#hasBegun = true;
    if (position_s < start_s || behind_s > far_s) {
      return { rate: 1, jump_s: Math.max(start_s, end_s - late_s) };
    }
    if (behind_s > late_s + this.aim_s * 2 + 0.1) return { rate: QUICKER, jump_s: null };
    if (behind_s > late_s) return { rate: QUICK, jump_s: null };
    const isStarved = this.aim_s > NEAREST_S && behind_s < this.aim_s / 2;
    const isTooClose = isStarved || behind_s < this.least_s;
    return { rate: isTooClose ? SLOW : 1, jump_s: null };
  }
}
