/** What a player consists of, and how it looks in each state. No timing, no network. */
import { MODES } from "./box_choice.js";
import { LABELS } from "./box_words.js";
import { badge, CHOICES, notice, pictureTime, seconds, WAYS } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: `make("button", {class: "x", type: "button"}, child, "text")`. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Where an icon is: the page names the file, as only the server knows its hashed name. */
function iconHref(name) {
  return `${document.querySelector("meta[name=petcam-icons]")?.content ?? ""}#${name}`;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", iconHref(name));
  svg.append(use);
  return svg;
}

function button(name, label, iconName) {
  const made = make("button", {
    type: "button",
    class: "player-button",
    "data-action": name,
    "aria-label": label,
    title: label,
  });
  made.append(icon(iconName));
  return made;
}

function makeMenu(...groups) {
  return make("div", { class: "player-menu", hidden: "" }, ...groups);
}

/** Radio buttons; `name` tells a listener which choice has changed (data-choice). */
function makeChoices(title, name, choices) {
  const set = make("fieldset", {}, make("legend", {}, title));
  const group = `${name}-${Math.random().toString(36).slice(2)}`;
  for (const [value, words] of Object.entries(choices)) {
    const input = make("input", { type: "radio", name: group, value, "data-choice": name });
    set.append(make("label", {}, input, make("span", {}, words)));
  }
  return set;
}

const STATS = {
  transport: "Way",
  picture: "Picture",
  fps: "Pictures a second",
  kbps: "Data",
  latency: "Capture to screen",
  held: "Held back for boxes",
  round_trip: "To the portal and back",
  dropped: "Dropped",
  restarts: "Restarts",
  first: "First picture after",
  viewers: "Watching",
  decoder: "Decoder",
};

export class PlayerView {
  /** @param {HTMLElement} root the <petcam-player>  @param {boolean} isCompact no controls */
  constructor(root, isCompact) {
    this.root = root;
    this.poster = make("canvas", { class: "player-poster", "aria-hidden": "true" });
    this.stage = make("div", { class: "player-stage" }, this.poster);
    this.badge = make("span", { class: "player-badge", "aria-hidden": "true" });
    this.notice = make("p", { class: "player-notice", role: "status" });
    this.words = make("p", { class: "player-words", role: "status" });
    this.time = make("p", { class: "player-time" });
    this.tap = make("button", { type: "button", class: "player-tap", hidden: "" });
    this.tap.append(icon("play"), "Tap to watch");
    this.again = make("button", { type: "button", class: "player-again", hidden: "" });
    this.again.append("Try again");
    const status = make("div", { class: "player-status" }, this.badge, this.notice);
    const middle = make("div", { class: "player-middle" }, this.words, this.time, this.again);
    root.append(make("div", { class: "player-window" }, this.stage), middle, status, this.tap);
    if (!isCompact) this.#makeControls();
  }

  #makeControls() {
    this.buttons = {
      mute: button("mute", "Sound", "sound-off"),
      boxes: button("boxes", "Boxes around pets (b)", "boxes"),
      route: button("route", "How the picture arrives", "route"),
      stats: button("stats", "Figures", "stats"),
      snapshot: button("snapshot", "Save this picture", "snapshot"),
      unzoom: button("unzoom", "Whole picture", "zoom-out"),
      zoom: button("zoom", "Zoom in", "zoom-in"),
      pip: button("pip", "Picture in picture", "pip"),
      fullscreen: button("fullscreen", "Full screen", "fullscreen"),
    };
    for (const name of ["route", "boxes"]) this.buttons[name].setAttribute("aria-expanded", "false");
    this.buttons.stats.setAttribute("aria-pressed", "false");
    for (const name of ["mute", "boxes", "unzoom"]) this.buttons[name].hidden = true;
    this.menu = makeMenu(makeChoices("How the picture arrives", "way", CHOICES));
    this.boxesMenu = makeMenu(
      makeChoices("Boxes around pets", "mode", MODES),
      makeChoices("Labels", "labels", LABELS),
    );
    this.stats = make("dl", { class: "player-stats", hidden: "" });
    this.statValues = {};
    for (const [name, label] of Object.entries(STATS)) {
      this.statValues[name] = make("dd");
      this.stats.append(make("div", {}, make("dt", {}, label), this.statValues[name]));
    }
    const bar = make("div", { class: "player-controls", role: "toolbar", "aria-label": "Player" });
    bar.append(...Object.values(this.buttons));
    this.root.append(this.stats, this.menu, this.boxesMenu, bar);
  }

  setIcon(name, iconName, label) {
    const { [name]: element } = this.buttons;
    element.querySelector("use").setAttribute("href", iconHref(iconName));
    element.setAttribute("aria-label", label);
    element.title = label;
  }

  /** A surface that has nothing to show yet lies invisible under what is shown. */
  addSurface(surface) {
    surface.classList.add("player-surface");
    this.stage.append(surface);
  }

  /**
   * @param {{state: string, reason: string, transport: string | null, latency_s: number | null,
   *   poster_ms: number | null, isCompact: boolean}} shown
   */
  render({ state, reason, transport, latency_s, poster_ms, isCompact }) {
    const isLive = state === "live";
    setText(this.badge, isLive ? this.#badgeWords(transport, latency_s, isCompact) : "");
    setText(this.notice, isLive && !isCompact ? notice(reason, transport) : "");
    setText(this.words, this.#middleWords(state, reason, poster_ms));
    const isOld = !isLive && poster_ms !== null;
    setText(this.time, isOld ? `Picture of ${pictureTime(poster_ms, Date.now())}` : "");
    this.again.hidden = state !== "failed" || isCompact;
  }

  #badgeWords(transport, latency_s, isCompact) {
    if (!isCompact) return badge(transport, latency_s);
    return transport === "still" ? "STILL" : "LIVE";
  }

  #middleWords(state, reason, poster_ms) {
    if (state === "live" || state === "idle") return "";
    if (state === "connecting") return poster_ms === null ? "One moment…" : "Connecting…";
    if (state === "failed") return reason;
    return reason || "Connecting again…";
  }

  renderStats(stats) {
    const values = {
      transport: WAYS[stats.transport] ?? "–",
      picture: stats.width ? `${stats.width} × ${stats.height}` : "–",
      fps: stats.fps.toFixed(1),
      kbps: stats.kbps === null ? "–" : `${(stats.kbps / 1000).toFixed(2)} Mbit/s`,
      latency: stats.latency_s === null ? "unknown" : `${Math.round(stats.latency_s * 1000)} ms`,
      held: stats.held_ms === null ? "–" : `${Math.round(stats.held_ms)} ms`,
      round_trip: stats.round_trip_ms === null ? "–" : `${stats.round_trip_ms.toFixed(1)} ms`,
      dropped: String(stats.dropped),
      restarts: String(stats.restarts),
      first: seconds(stats.first_frame_ms === null ? null : stats.first_frame_ms / 1000) || "–",
      viewers: stats.viewers === null ? "–" : String(stats.viewers),
      decoder: stats.decoder || "–",
    };
    for (const [name, value] of Object.entries(values)) setText(this.statValues[name], value);
  }
}

/** Screen readers repeat a status that is written again, so write only what changed. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
