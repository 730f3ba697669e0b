/** One player for live and past: the live one takes the other's place, and goes again. */

export class LiveSwitch {
  #past;
  #camera;
  #onChange;
  #player = null;

  /**
   * @param {{past: HTMLElement, camera: {slug: string, name: string}, onChange: () => void}} parts
   */
  constructor({ past, camera, onChange }) {
    this.#past = past;
    this.#camera = camera;
    this.#onChange = onChange;
  }

  get isOn() {
    return this.#player !== null;
  }

  enter() {
    if (this.isOn) return;
    // Not before it is wanted: it is half of all code there is.
    import("../../streaming/js/player.js");
    const player = document.createElement("petcam-player");
    player.setAttribute("autoplay", "");
    player.setAttribute("src-slug", this.#camera.slug);
    player.setAttribute("name", this.#camera.name);
    this.#player = player;
    this.#past.stop();
    this.#past.hidden = true;
    this.#past.after(player);
    this.#onChange();
  }

  leave() {
    if (!this.isOn) return;
    this.#player.remove();
    this.#player = null;
    this.#past.hidden = false;
    this.#onChange();
  }
}
