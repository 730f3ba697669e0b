/** Buttons, menus and zooming of a player of recordings. What they do is the player's business. */
import { Menus } from "../../streaming/js/menus.js";
import { Zoom } from "../../streaming/js/zoom.js";
import { setButton } from "./elements.js";

const HIDE_MS = 2600;
const PAN_PX = 60;

export class PastControls {
  #view;
  #act;
  #zoom;
  #menus;
  #hide = null;

  /**
   * @param {import("./past_view.js").PastView} view
   * @param {(action: string) => void} act
   * @param {(choice: string, value: string) => void} choose
   */
  constructor(view, act, choose) {
    this.#view = view;
    this.#act = act;
    const { root, stage, buttons, speedMenu, boxMenu } = view;
    this.#zoom = new Zoom(stage.parentElement, stage, (scale) => {
      buttons.unzoom.hidden = scale === 1;
    });
    this.#menus = new Menus({
      speed: [buttons.speed, speedMenu],
      boxMenu: [buttons.boxes, boxMenu],
    });
    root.addEventListener("click", (event) => this.#clicked(event));
    root.addEventListener("keydown", (event) => this.#pressed(event));
    for (const type of ["pointermove", "pointerdown", "focusin"]) {
      root.addEventListener(type, () => this.#wake());
    }
    root.addEventListener("pointerleave", () => this.#sleep());
    for (const menu of [speedMenu, boxMenu]) {
      menu.addEventListener("change", ({ target }) => choose(target.dataset.choice, target.value));
    }
    document.addEventListener("fullscreenchange", () => this.#fullscreenChanged());
    buttons.pip.hidden = !document.pictureInPictureEnabled;
    this.#wake();
  }

  get isZoomed() {
    return this.#zoom.scale > 1;
  }

  async toggleFullscreen(video) {
    const { root } = this.#view;
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (document.fullscreenEnabled) await root.requestFullscreen().catch(() => {});
    else video.webkitEnterFullscreen?.();
  }

  flash() {
    const { root } = this.#view;
    root.classList.remove("is-flashing");
    requestAnimationFrame(() => root.classList.add("is-flashing"));
  }

  #clicked(event) {
    const action = event.target.closest("[data-action]")?.dataset.action;
    const own = {
      speed: () => this.#menus.toggle("speed"),
      boxMenu: () => this.#menus.toggle("boxMenu"),
      zoom: () => this.#zoom.step(1),
      unzoom: () => this.#zoom.reset(),
    };
    if (own[action]) own[action]();
    else if (action) this.#act(action);
    else if (!event.target.closest(".player-menu")) this.#menus.close();
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isInput = event.target.matches("input");
    if (isInput && event.key !== "Escape") return;
    const keys = {
      "+": () => this.#zoom.step(1),
      "=": () => this.#zoom.step(1),
      "-": () => this.#zoom.step(-1),
      0: () => this.#zoom.reset(),
      Escape: () => (this.#menus.isOpen ? this.#menus.close() : this.#zoom.reset()),
      ...this.#panKeys(),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  #panKeys() {
    if (!this.isZoomed) return {};
    return {
      ArrowLeft: () => this.#zoom.pan(PAN_PX, 0),
      ArrowRight: () => this.#zoom.pan(-PAN_PX, 0),
      ArrowUp: () => this.#zoom.pan(0, PAN_PX),
      ArrowDown: () => this.#zoom.pan(0, -PAN_PX),
    };
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

  #fullscreenChanged() {
    const isFull = document.fullscreenElement === this.#view.root;
    setButton(
      this.#view.buttons.fullscreen,
      isFull ? "fullscreen-exit" : "fullscreen",
      isFull ? "Leave full screen (f)" : "Full screen (f)",
    );
  }
}
