/** Recording by hand beside a live picture: starts, stops, and says how far the clip is. */

const LOOK_EVERY_MS = 1000;
const UNFINISHED = ["waiting", "working"];

const record = document.querySelector("[data-record]");
const form = record?.querySelector("[data-record-form]");
const label = record?.querySelector("[data-record-label]");
const words = record?.querySelector("[data-record-words]");
const progress = record?.querySelector("[data-record-progress]");
const start = label?.textContent;

/** "0:07", "1:00". */
function clock(length_ms) {
  const seconds = Math.max(0, Math.floor(length_ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function clipUrl(clip, page) {
  return `${record.dataset.clips}${clip}/${page}`;
}

/** Screen readers repeat a status that is written again, so only what changed is written. */
function say(text, link) {
  if (words.textContent.trim() === text && !link) return;
  words.textContent = text;
  if (!link) return;
  const anchor = document.createElement("a");
  anchor.href = link.href;
  anchor.textContent = link.text;
  words.append(" ", anchor);
}

function showIdle() {
  delete record.dataset.state;
  delete record.dataset.clip;
  label.textContent = start;
  progress.hidden = true;
}

/** @param {{state: string, progress: number, start_ms: number, end_ms: number, now_ms: number}} told */
function showUnfinished(told) {
  const isComing = told.state === "waiting" && told.now_ms < told.end_ms;
  const length_ms = told.end_ms - told.start_ms;
  const done_ms = Math.min(length_ms, told.now_ms - told.start_ms);
  record.dataset.state = isComing ? "recording" : "making";
  label.textContent = isComing ? `Stop · ${clock(done_ms)} of ${clock(length_ms)}` : start;
  progress.hidden = false;
  progress.value = isComing ? (100 * done_ms) / length_ms : told.progress;
  say(isComing ? "Recording" : "Making the clip…");
}

function showFinished(clip, told) {
  showIdle();
  if (told.state === "ready") {
    say("The clip is ready.", { href: `${record.dataset.clips}#clip-${clip}`, text: "See it" });
  } else say(told.reason || "The clip could not be made.");
}

/** How far the clip is; null while the portal does not answer, "gone" when somebody deleted it. */
async function look(clip) {
  try {
    const answer = await fetch(clipUrl(clip, "state.json"), { headers: { Accept: "application/json" } });
    if (answer.status === 404) return "gone";
    return answer.ok && !answer.redirected ? await answer.json() : null;
  } catch {
    return null;
  }
}

async function follow(clip) {
  record.dataset.clip = clip;
  while (record.dataset.clip === clip) {
    const told = await look(clip);
    if (record.dataset.clip !== clip) return;
    if (told === "gone") {
      showIdle();
      say("The clip was deleted.");
    } else if (told && UNFINISHED.includes(told.state)) showUnfinished(told);
    else if (told) showFinished(clip, told);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function send(url, body) {
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.status === 204) return {};
    const told = await answer.json();
    return answer.ok ? told : { error: told.error };
  } catch {
    return { error: "The portal does not answer. Try again." };
  }
}

async function press() {
  const body = new FormData(form);
  if (record.dataset.state === "recording") {
    body.set("act", "stop");
    const { error } = await send(clipUrl(record.dataset.clip, "change/"), body);
    if (error) say(error);
    return;
  }
  const { id, error } = await send(form.action, body);
  if (error) say(error);
  else follow(String(id));
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  await press();
  button.disabled = false;
  button.focus();
});
if (record?.dataset.clip) follow(record.dataset.clip);
