/**
 * Moving pictures of visits: whoever rests on one sees a few seconds of it, again and again. Nothing
 * is fetched before. Visits are marked by data-preview (the camera) and data-preview-at (when).
 */

/** Who only passes over a visit wants nothing. */
const REST_MS = 250;
const MOST_FILMS = 8;
/** Of what has just begun there is more the next time. */
const SETTLED_MS = 15_000;
const ALL = "[data-preview]";

/** Addresses of films by camera and moment, null where nothing was recorded. */
const films = new Map();
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
/** What is rested on: {visit, over: AbortController, video} */
let rest = null;

function remember(key, url) {
  const before = films.get(key);
  if (before) URL.revokeObjectURL(before);
  films.set(key, url);
  if (films.size <= MOST_FILMS) return;
  const [oldest, itsUrl] = films.entries().next().value;
  films.delete(oldest);
  if (itsUrl) URL.revokeObjectURL(itsUrl);
}

async function filmUrl({ preview, previewAt }, signal) {
  const key = `${preview} ${previewAt}`;
  const at_ms = Date.parse(previewAt);
  if (!films.has(key) || Date.now() - at_ms < SETTLED_MS) {
    const [{ RecordingsClient }, { filmOf }] = await Promise.all([
      import("./client.js"), import("./preview_film.js"),
    ]);
    const film = await filmOf(new RecordingsClient(preview), at_ms, signal);
    remember(key, film && URL.createObjectURL(film));
  }
  return films.get(key);
}

async function play(mine) {
  let url = null;
  try {
    url = await filmUrl(mine.visit.dataset, mine.over.signal);
  } catch {
    // Left meanwhile, or the portal does not answer: the still is there.
  }
  if (!url || rest !== mine) return;
  const video = document.createElement("video");
  Object.assign(video, { className: "visit-film", muted: true, loop: true, playsInline: true });
  video.setAttribute("aria-hidden", "true");
  video.addEventListener("playing", () => video.classList.add("is-playing"), { once: true });
  video.src = url;
  mine.video = video;
  (mine.visit.querySelector(".visit-still") ?? mine.visit).append(video);
  video.play().catch(() => leave());
}

function leave() {
  const before = rest;
  rest = null;
  clearTimeout(before?.timer);
  before?.over.abort();
  before?.video?.remove();
}

function restOn(visit) {
  if (rest?.visit === visit) return;
  leave();
  if (!visit || navigator.connection?.saveData) return;
  const mine = { visit, over: new AbortController(), video: null };
  mine.timer = setTimeout(() => play(mine), REST_MS);
  rest = mine;
}

addEventListener("pointerover", ({ pointerType, target }) => {
  if (pointerType === "mouse" && !isCalm.matches) restOn(target.closest?.(ALL) ?? null);
});
document.documentElement.addEventListener("pointerleave", () => leave());
addEventListener("focusin", ({ target }) => {
  const visit = target.closest?.(ALL);
  if (visit && target.matches(":focus-visible") && !isCalm.matches) restOn(visit);
});
addEventListener("focusout", ({ target }) => {
  if (target.closest?.(ALL) === rest?.visit) leave();
});
// With a finger, a tap on the picture; a card's tap opens it.
addEventListener("click", ({ target }) => {
  const visit = target.closest?.(ALL);
  if (!visit || visit.matches("a")) return;
  if (rest?.visit === visit && rest.video) leave();
  else restOn(visit);
});
addEventListener("pagehide", leave);
