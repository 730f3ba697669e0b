/** The page of one camera's day: player, timeline, visits and the other cameras, by one moment. */
import { Backoff } from "../../streaming/js/backoff.js";
import { Archive, wallOf } from "./archive.js";
import { Beside } from "./beside.js";
import { Gone, RecordingsClient } from "./client.js";
import { openClipDialog } from "./clip_dialog.js";
import "./day.js";
import { DayPages } from "./day_pages.js";
import { takeFirstLook } from "./first_look.js";
import { playerAct } from "./keys.js";
import { LiveSwitch } from "./live_switch.js";
import "./past.js";
import { VisitList } from "./visit_list.js";

/** What is new is asked for so often, and of the other cameras. */
const LOOK_MS = 5000;
const LOOK_BESIDE_MS = 30_000;
/** So far back what was already known may have changed. */
const OVERLAP_MS = 120_000;
/** A visit is shown from a little before it began. */
const BEFORE_MS = 1500;
/** So long everything else waits for the first picture of the camera that is watched. */
const REST_WAITS_MS = 1500;
/** Of today the newest pictures come first, but not the very last. */
const NEWEST_MS = 5000;
const ADDRESS_MS = 400;
/** What a clip is suggested of, when nobody was there: it can be changed. */
const CLIP_BEFORE_MS = 10_000;
const CLIP_AFTER_MS = 20_000;
/** Who comes by a link sees so much of the day around its moment. */
const AROUND_MS = 2 * 3600_000;
const JUST_NOW_MS = 2500;
/** What keys do while the picture is live; the rest is of a player. */
const LIVE_ACTS = ["back", "live", "visitBefore", "visitAfter", "motionBefore", "motionAfter"];
/** So much on either side of the day is known, too: pictures go on over midnight. */
const BESIDE_MS = 30 * 60_000;
/** From live, one key goes back so far. */
const REWIND_MS = 10_000;

const page = document.getElementById("recordings");
const past = page.querySelector("petcam-past");
const day = page.querySelector("petcam-day");
const { slug, timeZone } = page.dataset;
const pages = new DayPages(page);
const main = { slug, name: past.name, archive: new Archive(), client: new RecordingsClient(slug) };
const besides = [...page.querySelectorAll("[data-beside]")].map((link) => new Beside(link));
const list = new VisitList({
  list: page.querySelector("[data-visits]"),
  count: page.querySelector("[data-visit-count]"),
  timeZone,
  onVisit: (id) => toVisit(main.archive.visits.find((visit) => visit.id === id)),
});
const live = new LiveSwitch({ past, camera: main, onChange: () => liveChanged() });
const isToday = () => isOfDay({ start_ms: day.now_ms, end_ms: day.now_ms });

/** Does it belong to the day in sight, at least in part? */
function isOfDay({ start_ms, end_ms }) {
  const { from_ms, to_ms } = pages.whole;
  return start_ms < to_ms && end_ms >= from_ms;
}

// The moment in sight

let resume = null;
let addressTimer = null;
let shown_s = null;
let isStarted = false;
const firstPicture = new Promise((resolve) => {
  past.addEventListener("petcam-moment", resolve, { once: true });
  setTimeout(resolve, REST_WAITS_MS);
});

/** What goes by the second, though pictures come faster. */
function show(at_ms) {
  const at_s = Math.floor(at_ms / 1000);
  if (at_s === shown_s) return;
  shown_s = at_s;
  for (const beside of besides) beside.show(at_ms);
  list.mark(main.archive.visitsAt(at_ms), at_ms);
}

/** A link to this moment, to be sent to others or kept. */
function putInAddress(at_ms) {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(
    () => history.replaceState(null, "", main.client.pageUrl(Math.round(at_ms))), ADDRESS_MS,
  );
}

function seek(at_ms, { isToPlay }) {
  live.leave();
  past.seek(at_ms);
  if (isToPlay) past.play();
  show(at_ms);
  putInAddress(at_ms);
}

function toVisit(visit) {
  if (!visit) return;
  const at_ms = visit.start_ms - BEFORE_MS;
  // Who was there before recording began comes into sight with it.
  seek(main.archive.segmentAt(at_ms) ? at_ms : visit.start_ms, { isToPlay: true });
}

/** To where something begins to move next, or began before (way < 0), whoever it was. */
function toMotion(way) {
  const from_ms = day.at_ms ?? pages.whole.from_ms;
  // What has begun just now is in sight.
  const at_ms = main.archive.motionFrom(way < 0 ? from_ms - JUST_NOW_MS : from_ms, way);
  if (at_ms === null) return;
  day.follow(at_ms);
  seek(at_ms, { isToPlay: past.isWanted || live.isOn });
}

past.addEventListener("petcam-moment", ({ detail: { at_ms } }) => {
  day.follow(at_ms);
  show(at_ms);
  if (!isOfDay({ start_ms: at_ms, end_ms: at_ms })) turnTo(main.client.pageUrl(at_ms));
});
past.addEventListener("petcam-state", ({ detail: { state } }) => {
  if (state === "paused" && past.moment) putInAddress(past.moment.at_ms);
  // Nothing more of this day: the player goes on by itself with what it is told of the next.
  if (state === "ended" && !isToday() && pages.nextUrl) turnTo(pages.nextUrl);
});

async function turnTo(url) {
  if (!await pages.turn(url)) return;
  const { from_ms } = pages.whole;
  day.turn(pages.whole);
  list.show(main.archive.visits.filter(isOfDay));
  if (past.at_ms !== null) putInAddress(past.at_ms);
  for (const camera of [main, ...besides]) {
    const timeline = await ask(camera, from_ms - BESIDE_MS);
    if (timeline) take(camera, timeline);
  }
}
day.addEventListener("petcam-scrub", ({ detail: { at_ms } }) => {
  resume ??= past.isWanted || live.isOn;
  live.leave();
  past.pause();
  past.scrub(at_ms);
  show(at_ms);
});
day.addEventListener("petcam-seek", ({ detail: { at_ms } }) => {
  seek(at_ms, { isToPlay: resume ?? (past.isWanted || live.isOn) });
  resume = null;
});
day.addEventListener("petcam-visit", ({ detail: { visit, slug: whose } }) => {
  const beside = besides.find((other) => other.slug === whose);
  if (beside) location.assign(beside.client.pageUrl(visit.start_ms));
  else toVisit(visit);
});

// Clips

day.addEventListener("petcam-clip", () => {
  const at_ms = day.at_ms ?? day.now_ms;
  const around = { from_ms: at_ms - CLIP_BEFORE_MS, to_ms: at_ms + CLIP_AFTER_MS };
  // What is still to come is nowhere on the timeline.
  if (live.isOn) return openClipDialog({ fromMs: around.from_ms, toMs: around.to_ms });
  const visit = main.archive.visitsAt(at_ms).at(-1);
  past.pause();
  return day.cut(visit ? { from_ms: visit.start_ms, to_ms: visit.end_ms } : around);
});

day.addEventListener("petcam-cut", async ({ detail: { from_ms, to_ms } }) => {
  await openClipDialog({ fromMs: from_ms, toMs: to_ms });
  day.uncut();
});

// Live

day.addEventListener("petcam-live", () => goLive());

const isLive = page.dataset.isLive === "yes";

function goLive() {
  if (!isLive) return;
  if (isToday()) live.enter();
  else location.assign(page.dataset.liveUrl);
}

function liveChanged() {
  page.classList.toggle("is-live", live.isOn);
  followLive();
}

function followLive() {
  if (!live.isOn) return;
  day.follow(day.now_ms, { isLive: true });
  show(day.now_ms);
  if (!isToday()) turnTo(main.client.pageUrl(day.now_ms));
  setTimeout(followLive, 1000);
}

// What is recorded

/** From `from_ms` to a little after the day; null while the portal does not answer. */
async function ask(camera, from_ms) {
  try {
    return await camera.client.timeline(from_ms, pages.whole.to_ms + BESIDE_MS);
  } catch (error) {
    if (camera === main) page.classList.toggle("is-gone", error instanceof Gone);
    return null;
  }
}

function take(camera, timeline) {
  camera.archive.merge(timeline);
  day.now_ms = timeline.now_ms;
  day.refresh();
  if (camera === main) {
    past.renewFrom(timeline.from_ms);
    page.classList.toggle("is-empty", !isStarted && !main.archive.segments.some(isOfDay));
  }
  // The timeline is painted before what takes longer.
  requestAnimationFrame(() => setTimeout(() => tell(camera)));
}

function tell(camera) {
  if (camera === main) {
    if (!isStarted) start();
    list.show(main.archive.visits.filter(isOfDay));
  }
  shown_s = null;
  const at_ms = live.isOn ? day.now_ms : past.at_ms;
  if (at_ms !== null) show(at_ms);
}

/** What is new since the last look. */
async function lookAgain(camera) {
  const { from_ms } = pages.whole;
  const known_ms = camera.archive.end_ms ?? from_ms;
  const timeline = await ask(camera, Math.max(from_ms, known_ms - OVERLAP_MS));
  // While the portal is away the player says so, where it matters.
  if (timeline) take(camera, timeline);
}

function keepLooking(camera, every_ms) {
  setTimeout(async () => {
    const isOver = day.now_ms >= pages.whole.to_ms + BESIDE_MS;
    if (!document.hidden && !isOver) await lookAgain(camera);
    keepLooking(camera, every_ms);
  }, every_ms);
}

function firstMoment() {
  if (page.dataset.atMs) return Number(page.dataset.atMs);
  const { archive } = main;
  const first_ms = isToday() ? archive.end_ms - NEWEST_MS
    : archive.visits.find(isOfDay)?.start_ms ?? pages.whole.from_ms;
  const { segment, t_90k } = archive.momentAt(first_ms);
  return wallOf(segment, t_90k);
}

/** The whole day, however often that must be asked for. */
async function lookFirst() {
  const backoff = new Backoff({ first_ms: 500, most_ms: 10_000 });
  for (;;) {
    const timeline = await ask(main, pages.whole.from_ms - BESIDE_MS);
    page.classList.toggle("is-away", timeline === null);
    if (timeline) return timeline;
    await new Promise((resolve) => setTimeout(resolve, backoff.next()));
  }
}

/** Once there is something to be seen. */
function start() {
  if (!main.archive.segments.some(isOfDay)) return;
  const at_ms = firstMoment();
  isStarted = true;
  past.seek(at_ms);
  day.follow(at_ms);
  if (!page.dataset.atMs) return;
  day.focusOn(at_ms, AROUND_MS);
  past.play();
}

async function begin() {
  await past.open(main);
  day.open({ whole: pages.whole, timeZone, cameras: [main, ...besides], isLive });
  if (takeFirstLook(main)) {
    start();
    await firstPicture;
  }
  take(main, await lookFirst());
  keepLooking(main, LOOK_MS);
  await firstPicture;
  for (const beside of besides) {
    const timeline = await ask(beside, pages.whole.from_ms - BESIDE_MS);
    if (timeline) take(beside, timeline);
    keepLooking(beside, LOOK_BESIDE_MS);
  }
}

// Keys, wherever the focus is

function act(action) {
  if (action === "live") return goLive();
  if (live.isOn && action === "back") {
    return seek(day.now_ms - REWIND_MS, { isToPlay: true });
  }
  if (action === "visitBefore" || action === "visitAfter") {
    return day.toVisit(action === "visitAfter" ? 1 : -1);
  }
  if (action === "motionBefore" || action === "motionAfter") {
    return toMotion(action === "motionAfter" ? 1 : -1);
  }
  return past.act(action);
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.target.closest?.("petcam-player")) return;
  const isOnButton = Boolean(event.target.closest?.("button, a, summary"));
  const isTyping = Boolean(event.target.matches?.("input, select, textarea"))
    || document.querySelector(":popover-open, dialog[open]") !== null;
  const action = playerAct(event, { isTyping, isOnButton, isZoomed: past.isZoomed });
  if (!action || (live.isOn && !LIVE_ACTS.includes(action))) return;
  event.preventDefault();
  act(action);
});

begin();
