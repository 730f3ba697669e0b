/** The dialog that asks for a clip: filled with the portal's own form, sent without leaving the page. */

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
  dialog.querySelector("[data-clip-dialog-form]").replaceChildren(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(dialog, form);
  });
  form.querySelector("[data-clip-cancel]").addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
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
      say(dialog, "The clip is being made.", told.url);
    } else {
      say(dialog, told.error);
    }
  } catch {
    say(dialog, "The portal does not answer. Try again.");
  } finally {
    button.disabled = false;
  }
}
