/** What a kind of place suggests for the rest of the form; pure first, then the page. */

/** @typedef {{name: string, min_stay_s: number, end_grace_s: number}} Habit */

/** The kind's usual name, with a number when it is taken. @param {string[]} taken */
export function freeName(stem, taken) {
  const used = new Set(taken.map((name) => name.toLowerCase()));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? stem : `${stem} ${number}`;
    if (!used.has(name.toLowerCase())) return name;
  }
}

/**
 * The fields to change when the kind does: those that are empty or still as the old kind had them.
 *
 * @param {Record<string, string>} values name, min_stay_s and end_grace_s as they stand in the form
 * @param {Habit} from  @param {Habit} to  @param {string[]} taken names of the other places
 */
export function suggestions(values, from, to, taken) {
  const found = {};
  const isOwn = values.name.trim() !== "" && !isNumbered(values.name.trim(), from.name);
  if (!isOwn) found.name = freeName(to.name, taken);
  for (const field of ["min_stay_s", "end_grace_s"]) {
    const text = values[field].trim();
    if (text === "" || Number(text) === from[field]) found[field] = String(to[field]);
  }
  return found;
}

const isNumbered = (name, stem) =>
  name === stem || (name.startsWith(`${stem} `) && /^\d+$/.test(name.slice(stem.length + 1)));

/**
 * Keeps the form's suggestions; `onKind` hears the kind now and at each change.
 *
 * @param {HTMLFormElement} form  @param {Record<string, Habit>} habits
 * @param {() => string[]} taken  @param {(kind: string) => void} onKind
 */
export function followKind(form, habits, taken, onKind) {
  const kindNow = () => new FormData(form).get("kind") ?? "other";
  let kind = kindNow();
  onKind(kind);
  form.addEventListener("change", (event) => {
    if (event.target.name !== "kind") return;
    const before = kind;
    kind = kindNow();
    const fields = ["name", "min_stay_s", "end_grace_s"].map((name) => form.elements[name]);
    const values = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    const found = suggestions(values, habits[before], habits[kind], taken());
    for (const field of fields) field.value = found[field.name] ?? field.value;
    onKind(kind);
  });
}
