/* Loaded before the first paint and not as a module, so that a chosen theme never flashes.
   The key and its values are those of Django's admin: one choice holds for both. */
(() => {
  "use strict";
  const CHOICES = ["auto", "light", "dark"];
  const root = document.documentElement;

  function chosen() {
    try {
      const choice = localStorage.getItem("theme");
      return CHOICES.includes(choice) ? choice : "auto";
    } catch {
      return "auto";
    }
  }

  function show(choice) {
    root.dataset.theme = choice;
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      const label = `Theme: ${{ auto: "automatic", light: "light", dark: "dark" }[choice]}`;
      button.setAttribute("aria-label", label);
      button.title = label;
    }
  }

  function choose(choice) {
    try {
      localStorage.setItem("theme", choice);
    } catch {
      // Storage is closed: the choice holds for this page.
    }
    show(choice);
  }

  show(chosen());
  addEventListener("storage", () => show(chosen()));
  addEventListener("DOMContentLoaded", () => show(chosen()));
  addEventListener("click", (event) => {
    if (event.target.closest?.("[data-theme-toggle]")) {
      choose(CHOICES[(CHOICES.indexOf(root.dataset.theme) + 1) % CHOICES.length]);
    }
  });
})();
