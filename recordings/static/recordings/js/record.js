/** Recording by hand beside a live picture: starts, stops, and says how far the clip is. */
import { follow, isComing, isUnfinished } from "./clip_state.js";

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

/** @param {import("./clip_state.js").ClipState} told */
function showUnfinished(told) {
  const isRecording = isComing(told);
  const length_ms = told.end_ms - told.start_ms;
  const done_ms = Math.min(length_ms, told.now_ms - told.start_ms);
  record.dataset.state = isRecording ? "recording" : "making";
  label.textContent = isRecording ? `Stop · ${clock(done_ms)} of ${clock(length_ms)}` : start;
  progress.hidden = false;
  progress.value = isRecording ? (100 * done_ms) / length_ms : told.progress;
  say(isRecording ? "Recording" : "Making the clip…");
}

function showFinished(clip, { state, reason }) {
  showIdle();
  if (state === "ready") {
    say("The clip is ready.", { href: `${record.dataset.clips}#clip-${clip}`, text: "See it" });
  } else if (state === "gone") say("The clip was deleted.");
  else say(reason || "The clip could not be made.");
}

function show(clip) {
  record.dataset.clip = clip;
  follow(
    clipUrl(clip, "state.json"),
    (told) => (isUnfinished(told) ? showUnfinished(told) : showFinished(clip, told)),
    () => record.dataset.clip === clip,
  );
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
  else show(String(id));
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  await press();
  button.disabled = false;
  button.focus();
});
if (record?.dataset.clip) show(record.dataset.clip);
