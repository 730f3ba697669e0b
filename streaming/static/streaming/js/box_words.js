/** What is written at a box, and in which colour. Text only: names never become HTML. */

/** How labels look, in the order of the menu. */
export const LABELS = { full: "Name, confidence", name: "Name only", none: "No labels" };

const COLOURS = { cat: "#ffb561", dog: "#7cc7ff", person: "#8be3a8", bird: "#f59ad0" };
const OTHER_COLOUR = "#e9e4d0";
const LONGEST = 40;

/** "Cat 87 %"; "Miso · cat 87 %": how sure it is that this is a cat, not that it is Miso. */
export function labelOf({ label, score, pet }, style) {
  if (style === "none") return "";
  const name = short(pet?.name);
  if (style === "name") return name || capital(label);
  const what = name ? `${name} · ${short(label)}` : capital(label);
  return `${what} ${percent(score)}`;
}

/** Rounded down, and never certain: no detector is. */
export function percent(score) {
  return `${Math.min(99, Math.max(0, Math.floor(score * 100)))} %`;
}

/** The pet's own colour, else its kind's. */
export function colourOf({ label, pet }) {
  if (/^#[0-9a-f]{6}$/i.test(pet?.colour ?? "")) return pet.colour;
  return Object.hasOwn(COLOURS, label) ? COLOURS[label] : OTHER_COLOUR;
}

/** "#0b1311" or "#ffffff": which of them can be read on `colour`. */
export function inkOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#0b1311" : "#ffffff";
}

function short(text) {
  const letters = [...(typeof text === "string" ? text : "").replace(/[\p{Cc}\p{Cf}]+/gu, " ").trim()];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("")}…` : letters.join("");
}

function capital(label) {
  const text = short(label);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
