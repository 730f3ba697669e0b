/** What keys do on the history page. Knows no DOM. */

const ACTS = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  x: "choose",
  r: "review",
  s: "star",
  Delete: "delete",
  Escape: "clear",
};

/**
 * @param {{key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} event
 * @param {{isTyping: boolean}} where whether the key belongs to a field or a dialogue
 * @returns {string | null}
 */
export function actOf(event, { isTyping }) {
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return Object.hasOwn(ACTS, key) ? ACTS[key] : null;
}

/**
 * The card beside, above or below: the nearest one whose middle lies that way.
 * @param {{left: number, top: number, width: number, height: number}[]} cards in reading order
 * @param {number} from index of the card that has the focus, -1 for none
 * @param {string} way left, right, up or down
 * @returns {number} index, `from` where there is none
 */
export function beside(cards, from, way) {
  if (!cards.length) return -1;
  if (from < 0) return 0;
  if (way === "left") return Math.max(0, from - 1);
  if (way === "right") return Math.min(cards.length - 1, from + 1);
  const middle = ({ left, width }) => left + width / 2;
  const step = way === "down" ? 1 : -1;
  const here = cards[from];
  let best = from;
  let row = null;
  for (let at = from + step; at >= 0 && at < cards.length; at += step) {
    const card = cards[at];
    if (Math.abs(card.top - here.top) < here.height / 2) continue;
    row ??= card.top;
    if (Math.abs(card.top - row) > card.height / 2) break;
    const isNearer =
      best === from ||
      Math.abs(middle(card) - middle(here)) < Math.abs(middle(cards[best]) - middle(here));
    if (isNearer) best = at;
  }
  return best;
}

/** Newest first, as the server orders: "microseconds-number". */
export function compareMoments(one, other) {
  const [oneTime, onePk] = one.split("-").map(Number);
  const [otherTime, otherPk] = other.split("-").map(Number);
  return otherTime - oneTime || otherPk - onePk;
}
