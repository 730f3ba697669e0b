/** Where the fragments of one segment file are, by bytes and by media time. Knows no network. */

/**
 * @typedef {{offset: number, size: number, first_90k: number, end_90k: number, frames: number,
 *   isKey: boolean}} Fragment `isKey`: a decoder can begin with it
 * @typedef {{from: number, to: number, first_byte: number, end_byte: number}} Chunk fragments
 *   `from` to `to` (without it), and where their bytes are
 */

export class FragmentIndex {
  /** @param {object} told index.json, as described in client.js */
  constructor({ codec, width, height, pts_origin, init, is_growing = false, fragments }) {
    this.codec = codec;
    this.width = width;
    this.height = height;
    /** The media time of decode time 0 in its fragments. */
    this.pts_origin = pts_origin;
    /** What must come before its fragments. */
    this.init = Uint8Array.from(atob(init), (letter) => letter.charCodeAt(0));
    this.isGrowing = is_growing;
    /** @type {Fragment[]} */
    this.fragments = fragments.map(([offset, size, first_90k, end_90k, frames, isKey]) => ({
      offset, size, first_90k, end_90k, frames, isKey: Boolean(isKey),
    }));
  }

  /** Until when there are pictures. */
  get end_90k() {
    return this.fragments.at(-1)?.end_90k ?? -Infinity;
  }

  /** The number of the fragment with the picture that is shown at `t_90k`; -1 before the first. */
  at(t_90k) {
    return this.fragments.findLastIndex(({ first_90k }) => first_90k <= t_90k);
  }

  /** From which fragment a decoder must begin to show `t_90k`; -1 when there is none. */
  keyFor(t_90k) {
    const at = this.at(t_90k);
    const before = this.fragments.findLastIndex(({ isKey }, i) => isKey && i <= Math.max(0, at));
    return before >= 0 ? before : this.fragments.findIndex(({ isKey }) => isKey);
  }

  /**
   * What to fetch next: whole fragments from number `from` on, up to the one that is shown at
   * `until_90k`, and never more than `most_bytes` unless a single one is larger.
   *
   * @returns {Chunk | null} null when there are no more
   */
  chunk(from, { until_90k = Infinity, most_bytes }) {
    const first = this.fragments[from];
    if (!first) return null;
    let to = from + 1;
    let end_byte = first.offset + first.size;
    for (; to < this.fragments.length; to += 1) {
      const { offset, size, first_90k } = this.fragments[to];
      const isTooMuch = offset + size - first.offset > most_bytes;
      if (offset !== end_byte || isTooMuch || first_90k > until_90k) break;
      end_byte = offset + size;
    }
    return { from, to, first_byte: first.offset, end_byte };
  }
}
