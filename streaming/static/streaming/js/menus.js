/** Panels that open over the picture from their buttons, one at a time. */
export class Menus {
  #menus;

  /** @param {Record<string, [HTMLButtonElement, HTMLElement]>} menus button and panel of each */
  constructor(menus) {
    this.#menus = menus;
  }

  get isOpen() {
    return Object.values(this.#menus).some(([, panel]) => !panel.hidden);
  }

  toggle(name) {
    const [button, panel] = this.#menus[name];
    const isToOpen = panel.hidden;
    this.close();
    if (!isToOpen) return;
    panel.hidden = false;
    button.setAttribute("aria-expanded", "true");
    panel.querySelector("input:checked")?.focus();
  }

  close() {
    for (const [button, panel] of Object.values(this.#menus)) {
      if (panel.hidden) continue;
      const hadFocus = panel.contains(document.activeElement);
      panel.hidden = true;
      button.setAttribute("aria-expanded", "false");
      if (hadFocus) button.focus();
    }
  }
}
