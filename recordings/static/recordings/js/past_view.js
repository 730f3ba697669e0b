/** What a player of recordings consists of, and how it looks in each state. */
import { LABELS } from "../../streaming/js/box_words.js";
import { check, icon, iconButton, make, makeChoices, setButton, setText } from "./elements.js";
import { SPEEDS, speedWords } from "./speeds.js";

/** Whoever has read a notice needs it no more. */
const NOTICE_MS = 6000;
const MIDDLE_WORDS = {
  idle: "",
  seeking: "One moment…",
  waiting: "One moment…",
  ended: "Nothing more is recorded",
};

export class PastView {
  #shown = "";
  #noticed = null;

  /** @param {HTMLElement} root the <petcam-past>  @param {HTMLVideoElement} video */
  constructor(root, video) {
    this.root = root;
    video.classList.add("player-surface", "is-shown");
    this.stage = make("div", { class: "player-stage" }, video);
    this.badge = make("span", { class: "player-badge", "aria-hidden": "true" });
    this.notice = make("p", { class: "player-notice", role: "status" });
    this.words = make("p", { class: "player-words", role: "status" });
    this.tap = make("button", { type: "button", class: "player-tap", hidden: "" });
    this.tap.append(icon("play"), "Tap to play");
    const status = make("div", { class: "player-status" }, this.badge, this.notice);
    const middle = make("div", { class: "player-middle" }, this.words);
    root.append(make("div", { class: "player-window" }, this.stage), middle, status, this.tap);
    this.#makeControls();
  }

  #makeControls() {
    this.buttons = {
      toggle: iconButton("toggle", "Play (space)", "play"),
      stepBack: iconButton("stepBack", "A picture back (,)", "past-step-back"),
      stepOn: iconButton("stepOn", "A picture on (.)", "past-step-on"),
      speed: iconButton("speed", "Speed (< and >)", "past-speed"),
      boxes: iconButton("boxMenu", "Boxes around pets (b)", "boxes"),
      snapshot: iconButton("snapshot", "Save this picture (s)", "snapshot"),
      unzoom: iconButton("unzoom", "Whole picture", "zoom-out"),
      zoom: iconButton("zoom", "Zoom in", "zoom-in"),
      pip: iconButton("pip", "Picture in picture (p)", "pip"),
      fullscreen: iconButton("fullscreen", "Full screen (f)", "fullscreen"),
    };
    for (const name of ["speed", "boxes"]) this.buttons[name].setAttribute("aria-expanded", "false");
    this.buttons.unzoom.hidden = true;
    const speeds = SPEEDS.map((speed) => [speed, speedWords(speed)]);
    const labels = Object.entries(LABELS);
    this.speedMenu = makeMenu(makeChoices("Speed", "speed", speeds));
    this.boxMenu = makeMenu(
      makeChoices("Boxes around pets", "boxes", [["off", "Off"], ["on", "On"]]),
      makeChoices("Labels", "labels", labels),
    );
    const bar = make("div", { class: "player-controls", role: "toolbar", "aria-label": "Player" });
    bar.append(...Object.values(this.buttons));
    this.root.append(this.speedMenu, this.boxMenu, bar);
  }

  /**
   * @param {{state: string, reason: string, isWanted: boolean, isNewest: boolean, time: string,
   *   speed: number}} shown `time`: of the picture in sight, "" without one
   */
  render(shown) {
    const key = JSON.stringify(shown);
    if (key === this.#shown) return;
    this.#shown = key;
    const { state, reason, isWanted, isNewest, time, speed } = shown;
    const isUsual = speed === 1;
    setText(this.badge, [time, isUsual ? "" : speedWords(speed)].filter(Boolean).join(" · "));
    const newest = state === "ended" && isNewest ? "This is the newest picture" : "";
    setText(this.words, newest || reason || MIDDLE_WORDS[state] || "");
    setButton(
      this.buttons.toggle,
      isWanted ? "past-pause" : "play",
      isWanted ? "Pause (space)" : "Play (space)",
    );
    this.buttons.speed.classList.toggle("is-on", !isUsual);
    check(this.speedMenu, "speed", speed);
  }

  renderBoxes({ isOn, labels }) {
    this.buttons.boxes.classList.toggle("is-on", isOn);
    this.buttons.boxes.setAttribute("aria-label", `Boxes around pets: ${isOn ? "on" : "off"}`);
    check(this.boxMenu, "boxes", isOn ? "on" : "off");
    check(this.boxMenu, "labels", labels);
  }

  say(text) {
    setText(this.notice, "");
    // Written anew, it fades anew.
    requestAnimationFrame(() => setText(this.notice, text));
    clearTimeout(this.#noticed);
    this.#noticed = setTimeout(() => setText(this.notice, ""), NOTICE_MS);
  }
}

function makeMenu(...groups) {
  return make("div", { class: "player-menu", hidden: "" }, ...groups);
}
