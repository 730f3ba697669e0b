/** The stretch of time that a timeline shows: moved and zoomed, never outside the whole. */

/** The closest look: fifteen seconds from edge to edge. */
const LEAST_MS = 15_000;
/** What is followed stays so far from the edges, as a share of what is shown. */
const MARGIN = 0.06;

/**
 * @typedef {{from_ms: number, to_ms: number}} Span
 */

export function lengthOf({ from_ms, to_ms }) {
  return to_ms - from_ms;
}

/** Pixels from the left. */
export function xOf(span, at_ms, width_px) {
  return ((at_ms - span.from_ms) / lengthOf(span)) * width_px;
}

export function timeAt(span, x_px, width_px) {
  return span.from_ms + (x_px / width_px) * lengthOf(span);
}

/** Moved, at most to an end of `whole`.  @returns {Span} */
export function moved(span, by_ms, whole) {
  const most_ms = whole.to_ms - span.to_ms;
  const least_ms = whole.from_ms - span.from_ms;
  const shift_ms = Math.min(most_ms, Math.max(least_ms, by_ms));
  return { from_ms: span.from_ms + shift_ms, to_ms: span.to_ms + shift_ms };
}

/**
 * Zoomed in (factor > 1) around a moment that stays where it is.
 *
 * @returns {Span}
 */
export function zoomed(span, factor, at_ms, whole) {
  const most_ms = lengthOf(whole);
  const length_ms = Math.min(most_ms, Math.max(Math.min(LEAST_MS, most_ms), lengthOf(span) / factor));
  const share = (at_ms - span.from_ms) / lengthOf(span);
  const from_ms = at_ms - share * length_ms;
  return moved({ from_ms, to_ms: from_ms + length_ms }, 0, whole);
}

/** Moved no more than needed for `at_ms` to be seen.  @returns {Span} the same one if it is */
export function showing(span, at_ms, whole) {
  const margin_ms = MARGIN * lengthOf(span);
  const isSeen = span.from_ms <= at_ms && at_ms <= span.to_ms;
  if (isSeen) return span;
  const by_ms = at_ms < span.from_ms
    ? at_ms - margin_ms - span.from_ms
    : at_ms + margin_ms - span.to_ms;
  return moved(span, by_ms, whole);
}

/** As `showing`, for what goes on by itself: what is followed begins anew at the left. */
export function following(span, at_ms, whole) {
  const margin_ms = MARGIN * lengthOf(span);
  if (span.from_ms <= at_ms && at_ms <= span.to_ms) return span;
  return moved(span, at_ms - margin_ms - span.from_ms, whole);
}

/** Within the whole.  @returns {number} */
export function within({ from_ms, to_ms }, at_ms) {
  return Math.min(to_ms, Math.max(from_ms, at_ms));
}
