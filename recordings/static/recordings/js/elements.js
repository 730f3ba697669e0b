/** Parts of which players and timelines are made. */

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: `make("button", {class: "x", type: "button"}, child, "text")`. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Where an icon is: pages name both files, as only the server knows their hashed names. */
function iconHref(name) {
  const [file, id] = name.startsWith("past-") ? ["petcam-past-icons", name.slice(5)] : ["petcam-icons", name];
  return `${document.querySelector(`meta[name=${file}]`)?.content ?? ""}#${id}`;
}

/** @param {string} name an icon of the site, or of recordings as "past-…" */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", iconHref(name));
  svg.append(use);
  return svg;
}

export function iconButton(action, label, iconName, className = "player-button") {
  const attributes = { type: "button", class: className, "data-action": action };
  return make("button", { ...attributes, "aria-label": label, title: label }, icon(iconName));
}

export function setButton(button, iconName, label) {
  button.querySelector("use").setAttribute("href", iconHref(iconName));
  button.setAttribute("aria-label", label);
  button.title = label;
}

/** Radio buttons; `name` tells a listener which choice has changed (data-choice). */
export function makeChoices(title, name, choices) {
  const set = make("fieldset", {}, make("legend", {}, title));
  const group = `${name}-${Math.random().toString(36).slice(2)}`;
  for (const [value, words] of choices) {
    const input = make("input", { type: "radio", name: group, value, "data-choice": name });
    set.append(make("label", {}, input, make("span", {}, words)));
  }
  return set;
}

export function check(menu, choice, value) {
  for (const input of menu.querySelectorAll(`[data-choice="${choice}"]`)) {
    input.checked = input.value === String(value);
  }
}

/** Screen readers repeat a status that is written again, so write only what changed. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
