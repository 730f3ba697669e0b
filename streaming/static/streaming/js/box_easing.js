/** Boxes glide to where news puts them, as eyes follow a glide and not a jump. */
const GLIDE_MS = 70;
/** Further off than this it is no correction: the box belongs where it was seen. */
const FAR = 0.5;

export class BoxEasing {
  #boxes = new Map();
  #drawn_ms = null;
  #news = null;

  /**
   * @param {import("./boxes.js").Shown[]} boxes as predicted for the picture of now
   * @param {unknown} news changes whenever there was news of any of them
   * @returns {import("./boxes.js").Shown[]}
   */
  ease(boxes, news, now_ms) {
    const left = Math.exp(-(now_ms - (this.#drawn_ms ?? now_ms)) / GLIDE_MS);
    const isNews = news !== this.#news;
    const eased = new Map();
    for (const box of boxes) {
      const before = this.#boxes.get(box.key);
      const off = before ? offOf(before, box.box, isNews, left) : [0, 0, 0, 0];
      eased.set(box.key, { off, box: box.box.map((side, i) => side + off[i]) });
    }
    this.#boxes = eased;
    this.#drawn_ms = now_ms;
    this.#news = news;
    return boxes.map((box) => ({ ...box, box: eased.get(box.key).box }));
  }
}

/** What remains of the way from where the box was drawn to where it is now. */
function offOf(before, target, isNews, left) {
  const off = isNews ? before.box.map((side, i) => side - target[i]) : before.off;
  const most = FAR * Math.max(target[2], target[3]);
  return off.some((side) => Math.abs(side) > most) ? [0, 0, 0, 0] : off.map((side) => side * left);
}
