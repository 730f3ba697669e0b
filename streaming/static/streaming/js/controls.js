/** Buttons and keys of a player. What they do to the picture is the player's business. */
import { MODES } from "./box_choice.js";
import { Menus } from "./menus.js";
import { snapshotName } from "./words.js";
import { Zoom } from "./zoom.js";

const HIDE_MS = 2600;
const PAN_PX = 60;

export class Controls {
  #player;
  #view;
  #zoom;
  #menus;
  #hide = null;

  /**
   * @param {object} player `name`, `surface`, `video`, `choose(kind)`, `overlay`
   * @param {object} view
   */
  constructor(player, view) {
    this.#player = player;
    this.#view = view;
    this.#zoom = new Zoom(view.stage.parentElement, view.stage, (scale) => {
      view.buttons.unzoom.hidden = scale === 1;
    });
    const root = view.root;
    root.addEventListener("click", (event) => this.#clicked(event));
    root.addEventListener("keydown", (event) => this.#pressed(event));
    for (const type of ["pointermove", "pointerdown", "focusin"]) {
      root.addEventListener(type, () => this.#wake());
    }
    root.addEventListener("pointerleave", () => this.#sleep());
    const { buttons, menu, boxesMenu } = view;
    this.#menus = new Menus({ route: [buttons.route, menu], boxes: [buttons.boxes, boxesMenu] });
    menu.addEventListener("change", (event) => this.#player.choose(event.target.value));
    boxesMenu.addEventListener("change", ({ target }) =>
      this.#player.overlay.choose({ [target.dataset.choice]: target.value }),
    );
    document.addEventListener("fullscreenchange", () => this.#fullscreenChanged());
    this.#wake();
  }

  /** What the browser and the picture allow, asked each time another surface is shown. */
  refresh() {
    const { buttons } = this.#view;
    const { video, overlay } = this.#player;
    buttons.boxes.hidden = !video;
    buttons.boxes.classList.toggle("is-on", overlay.isOn);
    buttons.boxes.setAttribute("aria-label", `Boxes around pets: ${MODES[overlay.choice.mode]}`);
    check(this.#view.boxesMenu, "mode", overlay.choice.mode);
    check(this.#view.boxesMenu, "labels", overlay.choice.labels);
    buttons.pip.hidden = !(video && document.pictureInPictureEnabled);
    buttons.fullscreen.hidden = !(document.fullscreenEnabled || video?.webkitEnterFullscreen);
    buttons.mute.hidden = !video?.srcObject?.getAudioTracks?.().length;
  }

  set chosen(kind) {
    check(this.#view.menu, "way", kind);
  }

  #clicked(event) {
    const action = event.target.closest("[data-action]")?.dataset.action;
    if (action) this.#act(action);
    else if (!event.target.closest(".player-menu")) this.#menus.close();
  }

  #act(action) {
    const acts = {
      mute: () => this.#toggleSound(),
      route: () => this.#menus.toggle("route"),
      boxes: () => this.#menus.toggle("boxes"),
      stats: () => this.#toggleStats(),
      snapshot: () => this.#snapshot(),
      zoom: () => this.#zoom.step(1),
      unzoom: () => this.#zoom.reset(),
      pip: () => this.#togglePip(),
      fullscreen: () => this.#toggleFullscreen(),
    };
    acts[action]();
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) {
      if (event.key === "Escape") this.#menus.close();
      return;
    }
    const keys = {
      b: () => this.#player.overlay.toggle(),
      f: () => this.#toggleFullscreen(),
      m: () => this.#toggleSound(),
      p: () => this.#togglePip(),
      s: () => this.#snapshot(),
      i: () => this.#toggleStats(),
      "+": () => this.#zoom.step(1),
      "=": () => this.#zoom.step(1),
      "-": () => this.#zoom.step(-1),
      0: () => this.#zoom.reset(),
      Escape: () => this.#escape(),
      ...this.#panKeys(),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #panKeys() {
    if (this.#zoom.scale === 1) return {};
    return {
      ArrowLeft: () => this.#zoom.pan(PAN_PX, 0),
      ArrowRight: () => this.#zoom.pan(-PAN_PX, 0),
      ArrowUp: () => this.#zoom.pan(0, PAN_PX),
      ArrowDown: () => this.#zoom.pan(0, -PAN_PX),
    };
  }

  #escape() {
    if (this.#menus.isOpen) this.#menus.close();
    else this.#zoom.reset();
  }

  #wake() {
    const { root } = this.#view;
    root.classList.add("is-awake");
    clearTimeout(this.#hide);
    this.#hide = setTimeout(() => {
      if (!this.#menus.isOpen && !root.querySelector(".player-controls :focus-visible")) this.#sleep();
      else this.#wake();
    }, HIDE_MS);
  }

  #sleep() {
    if (!this.#menus.isOpen) this.#view.root.classList.remove("is-awake");
  }

  #toggleStats() {
    const { stats, buttons } = this.#view;
    stats.hidden = !stats.hidden;
    buttons.stats.setAttribute("aria-pressed", String(!stats.hidden));
    this.#player.refreshStats();
  }

  #toggleSound() {
    const { video } = this.#player;
    if (!video || this.#view.buttons.mute.hidden) return;
    video.muted = !video.muted;
    this.#view.setIcon("mute", video.muted ? "sound-off" : "sound", video.muted ? "Sound" : "Mute");
  }

  #togglePip() {
    const { video, overlay } = this.#player;
    if (video && document.pictureInPictureEnabled) overlay.float(video);
  }

  async #toggleFullscreen() {
    const { root } = this.#view;
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (document.fullscreenEnabled) await root.requestFullscreen().catch(() => {});
    else this.#player.video?.webkitEnterFullscreen?.();
  }

  #fullscreenChanged() {
    const isFull = document.fullscreenElement === this.#view.root;
    this.#view.setIcon(
      "fullscreen",
      isFull ? "fullscreen-exit" : "fullscreen",
      isFull ? "Leave full screen" : "Full screen",
    );
  }

  #snapshot() {
    const { surface, name } = this.#player;
    const width = surface?.videoWidth || surface?.width;
    const height = surface?.videoHeight || surface?.height;
    if (!width) return;
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d").drawImage(surface, 0, 0, width, height);
    const taken_ms = Date.now();
    canvas.toBlob((blob) => download(blob, snapshotName(name, taken_ms)), "image/jpeg", 0.92);
    this.#view.root.classList.remove("is-flashing");
    requestAnimationFrame(() => this.#view.root.classList.add("is-flashing"));
  }
}

function check(menu, choice, value) {
  for (const input of menu.querySelectorAll(`[data-choice="${choice}"]`)) {
    input.checked = input.value === value;
  }
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
