/** The history page: more as one scrolls, new visits as they happen, and many changed at once. */
import { Backoff } from "../../streaming/js/backoff.js";
import { Days, fragmentOf } from "./days.js";
import { actOf, beside } from "./keys.js";
import { VisitNews } from "./news.js";

/** Empty stretches that are skipped by themselves before a person is asked. */
const EMPTY_PAGES = 40;
const MOST_HIDDEN = 50;

const root = document.getElementById("history");
const bulk = document.getElementById("bulk");
const sure = document.getElementById("sure");
const said = document.querySelector("[data-said]");
const days = new Days(root);
const address = location.pathname;
const mayChange = root.dataset.mayChange === "yes";

function say(words) {
  said.textContent = words;
}

/** @returns {Promise<DocumentFragment>} a part of this page, with its filter */
async function part(more) {
  const query = new URLSearchParams(root.dataset.query);
  for (const [name, value] of Object.entries({ part: "on", ...more })) query.set(name, value);
  const answer = await fetch(`${address}?${query}`, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(`history answers ${answer.status}`);
  return fragmentOf(await answer.text());
}

function revealStars() {
  for (const star of root.querySelectorAll("[data-star][hidden]")) star.hidden = false;
}

// More

let isFetching = false;
let emptyPages = 0;

async function fetchMore(link) {
  if (isFetching) return;
  isFetching = true;
  link.setAttribute("aria-busy", "true");
  try {
    const before = new URL(link.href).searchParams.get("before");
    const fragment = await part({ before });
    emptyPages = fragment.querySelector("[data-visit]") ? 0 : emptyPages + 1;
    days.merge(fragment);
    days.mergeEnd(fragment);
    revealStars();
  } catch {
    link.textContent = "That did not work. Try again";
    emptyPages = EMPTY_PAGES;
  } finally {
    isFetching = false;
    link.removeAttribute("aria-busy");
    watchEnd();
  }
}

const end = new IntersectionObserver(
  (entries) => {
    const link = root.querySelector("[data-more] a");
    const isNear = entries.some((entry) => entry.isIntersecting);
    if (isNear && link && !days.isFull && emptyPages < EMPTY_PAGES) fetchMore(link);
  },
  { rootMargin: "800px 0px" },
);

function watchEnd() {
  end.disconnect();
  const more = root.querySelector("[data-more]");
  if (more) end.observe(more);
}

root.addEventListener("click", (event) => {
  const link = event.target.closest("[data-more] a");
  if (!link || days.isFull) return;
  event.preventDefault();
  emptyPages = 0;
  fetchMore(link);
});

// What changes

const missed = new Set();
let isMissing = false;

async function lookAgain(visits) {
  if (!visits.length) return;
  const fragment = await part({ only: visits.join(",") });
  const found = new Set(
    [...fragment.querySelectorAll("[data-visit]")].map((card) => Number(card.dataset.visit)),
  );
  days.withoutLater(fragment);
  const isNew = [...fragment.querySelectorAll("[data-visit]")].some(
    (card) => !days.card(card.dataset.visit),
  );
  days.merge(fragment);
  for (const visit of visits) if (!found.has(visit)) days.remove(visit);
  revealStars();
  count();
  if (isNew) say("A new visit.");
}

async function beginAnew() {
  if (scrollY > innerHeight || chosen().length) {
    // Somebody is in the middle of something: only what is on the page is looked at again.
    await lookAgain(days.cards().slice(0, 50).map((card) => Number(card.dataset.visit)));
    return;
  }
  days.replaceAll(await part({}));
  revealStars();
  watchEnd();
  count();
}

async function onVisits({ visits, anew }) {
  if (document.hidden) {
    for (const visit of visits) missed.add(visit);
    isMissing ||= anew || missed.size > MOST_HIDDEN;
    if (isMissing) missed.clear();
    return;
  }
  try {
    await (anew ? beginAnew() : lookAgain(visits));
  } catch {
    isMissing = true;
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden || !(isMissing || missed.size)) return;
  const visits = [...missed];
  const anew = isMissing;
  missed.clear();
  isMissing = false;
  onVisits({ visits, anew });
});

const mark = document.querySelector("[data-live]");
const WORDS = { live: "Live", waiting: "Reconnecting", ended: "No longer live" };

function onState(state) {
  mark.hidden = false;
  mark.dataset.state = state;
  mark.querySelector("[data-live-words]").textContent = WORDS[state];
}

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const news = new VisitNews({
  url: `${scheme}//${location.host}/ws/households/${root.dataset.household}/history/`,
  backoff: new Backoff({ first_ms: 300, most_ms: 10_000 }),
  onVisits,
  onState,
});
news.open();
addEventListener("pagehide", () => news.close());
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  news.open();
  onVisits({ visits: [], anew: true });
});

// Choosing and doing

function chosen() {
  return [...root.querySelectorAll("[data-visit] input:checked")].map((box) => Number(box.value));
}

function count() {
  const many = chosen().length;
  document.querySelector("[data-bulk-count]").textContent = String(many);
  root.classList.toggle("is-choosing", many > 0);
}

function clear() {
  for (const box of root.querySelectorAll("[data-visit] input:checked")) box.checked = false;
  count();
}

async function act(what, visits) {
  if (!visits.length || (!mayChange && what !== "reviewed" && what !== "unreviewed")) return;
  if (what === "delete" && !(await isSure(visits.length))) return;
  const form = new FormData(bulk);
  form.set("act", what);
  form.delete("visits");
  for (const visit of visits.slice(0, 200)) form.append("visits", String(visit));
  const answer = await fetch(bulk.action, {
    method: "POST",
    body: form,
    headers: { accept: "application/json" },
  });
  if (!answer.ok) {
    say("That did not work.");
    return;
  }
  show(what, (await answer.json()).visits);
}

/** At once, before the server's own news of it. */
function show(what, visits) {
  for (const visit of visits) {
    const card = days.card(visit);
    if (!card) continue;
    if (what === "delete") days.remove(visit);
    if (what === "reviewed" || what === "unreviewed") {
      card.classList.toggle("is-new", what === "unreviewed");
    }
    if (what === "star" || what === "unstar") {
      card.classList.toggle("is-starred", what === "star");
      card.querySelector("[data-star]")?.setAttribute("aria-pressed", String(what === "star"));
    }
  }
  clear();
  say(`${visits.length} done.`);
}

function isSure(many) {
  sure.querySelector("[data-sure-words]").textContent =
    many === 1 ? "Delete this visit?" : `Delete these ${many} visits?`;
  sure.returnValue = "no";
  sure.showModal();
  return new Promise((resolve) => {
    sure.addEventListener("close", () => resolve(sure.returnValue === "yes"), { once: true });
  });
}

root.addEventListener("change", (event) => {
  if (event.target.matches("[data-visit] input")) count();
});
root.addEventListener("click", (event) => {
  const star = event.target.closest("[data-star]");
  if (!star) return;
  const visit = Number(star.closest("[data-visit]").dataset.visit);
  act(star.getAttribute("aria-pressed") === "true" ? "unstar" : "star", [visit]);
});
bulk.addEventListener("submit", (event) => {
  event.preventDefault();
  act(event.submitter?.value, chosen());
});
const cancel = document.querySelector("[data-bulk-clear]");
cancel.hidden = false;
cancel.addEventListener("click", clear);

// Keys

function focused() {
  return document.activeElement?.closest?.("[data-visit]") ?? null;
}

function move(way) {
  const cards = days.cards();
  const at = beside(
    cards.map((card) => card.getBoundingClientRect()),
    cards.indexOf(focused()),
    way,
  );
  cards[at]?.querySelector("a").focus();
}

function onKey(act_) {
  const card = focused();
  const visits = chosen();
  const these = visits.length ? visits : card ? [Number(card.dataset.visit)] : [];
  switch (act_) {
    case "choose": {
      const box = card?.querySelector("input");
      if (box) box.checked = !box.checked;
      count();
      return Boolean(box);
    }
    case "review": {
      const isNew = these.some((visit) => days.card(visit)?.classList.contains("is-new"));
      act(isNew ? "reviewed" : "unreviewed", these);
      return these.length > 0;
    }
    case "star": {
      const areAll = these.every((visit) => days.card(visit)?.classList.contains("is-starred"));
      act(areAll ? "unstar" : "star", these);
      return these.length > 0;
    }
    case "delete":
      act("delete", these);
      return these.length > 0;
    case "clear":
      clear();
      return false;
    default:
      move(act_);
      return true;
  }
}

addEventListener("keydown", (event) => {
  const isTyping =
    sure.open ||
    event.target.matches?.("select, textarea, input:not([type=checkbox])") ||
    document.querySelector(":popover-open") !== null;
  const wanted = actOf(event, { isTyping });
  if (wanted && onKey(wanted)) event.preventDefault();
});

revealStars();
watchEnd();
count();
