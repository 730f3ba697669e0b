/** The dialog that asks for a clip: filled with the portal's own form, sent without leaving the page. */
import { follow, isComing, isUnfinished } from "./clip_state.js";

/** What the form is asked to suggest: { fromMs, toMs } (Unix), or { visit }, or { day }. */
function formUrl(dialog, suggestion) {
  const url = new URL(dialog.dataset.url, location.href);
  const { fromMs, toMs, visit, day } = suggestion;
  if (fromMs !== undefined) url.searchParams.set("from", new Date(fromMs).toISOString());
  if (toMs !== undefined) url.searchParams.set("to", new Date(toMs).toISOString());
  if (visit !== undefined) url.searchParams.set("visit", visit);
  if (day !== undefined) url.searchParams.set("day", day);
  return url;
}

/**
 * Opens #clip-dialog. Where its form cannot be had, goes to the form's own page instead.
 * @param {{fromMs?: number, toMs?: number, visit?: number, day?: string}} suggestion
 */
export async function openClipDialog(suggestion) {
  const dialog = document.getElementById("clip-dialog");
  const url = formUrl(dialog, suggestion);
  let form = null;
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    form = page.querySelector("[data-clip-form]");
  } catch {
    // Without the portal there is no page either: the browser says so.
  }
  if (!form) {
    location.assign(url);
    return;
  }
  say(dialog, "");
  dialog.querySelector("[data-clip-dialog-close]").hidden = true;
  dialog.querySelector("[data-clip-dialog-form]").replaceChildren(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(dialog, form);
  });
  form.querySelector("[data-clip-cancel]").addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
  delete dialog.dataset.clip;
  dialog.showModal();
}

function say(dialog, text, link) {
  const words = dialog.querySelector("[data-clip-dialog-words]");
  words.hidden = !text;
  words.textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.textContent = "See your clips";
    words.append(" ", anchor);
  }
}

/** Says how far the clip is, as long as the dialog is about it. */
function watch(dialog, { id, url }) {
  const words = dialog.querySelector("[data-clip-dialog-words]");
  dialog.dataset.clip = id;
  say(dialog, "The clip is being made.", url);
  follow(
    new URL(`/clips/${id}/state.json`, location.href),
    (told) => {
      const text = wordsFor(told);
      if (!words.textContent.startsWith(text)) say(dialog, text, url);
    },
    () => dialog.open && dialog.dataset.clip === String(id),
  );
}

function wordsFor(told) {
  if (isComing(told)) return "The clip is being recorded.";
  if (isUnfinished(told)) {
    return told.progress ? `The clip is being made: ${told.progress} %.` : "The clip is being made.";
  }
  if (told.state === "ready") return "The clip is ready.";
  return told.reason || "The clip could not be made.";
}

async function send(dialog, form) {
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
    });
    const told = await answer.json();
    if (answer.ok) {
      form.remove();
      dialog.querySelector("[data-clip-dialog-close]").hidden = false;
      watch(dialog, told);
    } else {
      say(dialog, told.error);
    }
  } catch {
    say(dialog, "The portal does not answer. Try again.");
  } finally {
    button.disabled = false;
  }
}
