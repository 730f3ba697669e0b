/** What keys do on a page with recordings. */

const PLAYER = {
  " ": "toggle",
  ",": "stepBack",
  ".": "stepOn",
  "<": "slower",
  ">": "faster",
  "[": "visitBefore",
  "]": "visitAfter",
  b: "boxes",
  f: "fullscreen",
  l: "live",
  M: "motionBefore",
  m: "motionAfter",
  p: "pip",
  s: "snapshot",
};
const ARROWS = { ArrowLeft: "back", ArrowRight: "on" };

const SLIDER = {
  ArrowLeft: "back",
  ArrowDown: "back",
  ArrowRight: "on",
  ArrowUp: "on",
  PageDown: "farBack",
  PageUp: "farOn",
  Home: "first",
  End: "last",
  "+": "zoomIn",
  "=": "zoomIn",
  "-": "zoomOut",
  0: "whole",
};

const hasModifier = ({ ctrlKey, metaKey, altKey }) => ctrlKey || metaKey || altKey;

/**
 * @param {KeyboardEvent} event
 * @param {{isTyping: boolean, isOnButton: boolean, isZoomed?: boolean}} where focus is; a zoomed
 *   picture is moved by the arrows
 * @returns {string | null} what the player is to do
 */
export function playerAct(event, { isTyping, isOnButton, isZoomed = false }) {
  if (hasModifier(event) || isTyping) return null;
  // A button is pressed by the space bar.
  if (isOnButton && event.key === " ") return null;
  return PLAYER[event.key] ?? (isZoomed ? null : ARROWS[event.key]) ?? null;
}

/** @returns {string | null} what the timeline is to do */
export function sliderAct(event) {
  return hasModifier(event) ? null : (SLIDER[event.key] ?? null);
}
