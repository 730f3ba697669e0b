/** Days and cards of the history page, brought up to date with what the server has rendered. */
import { compareMoments } from "./keys.js";

/** Older cards go when an open page has grown beyond this. */
const MOST_CARDS = 1200;

/** @returns {DocumentFragment} */
export function fragmentOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/** The same picture is not asked for again: it would flicker as long as somebody is there. */
function keepPicture(known, fresh) {
  const [old, next] = [known, fresh].map((card) => card.querySelector("img"));
  if (old && next && old.getAttribute("src") === next.getAttribute("src")) next.replaceWith(old);
}

export class Days {
  #root;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
  }

  cards() {
    return [...this.#root.querySelectorAll("[data-visit]")];
  }

  card(visit) {
    return this.#root.querySelector(`[data-visit="${Number(visit)}"]`);
  }

  /** Cards of `fragment` are put where they belong, in place of their older selves. */
  merge(fragment) {
    for (const day of fragment.querySelectorAll("[data-day]")) this.#mergeDay(day);
    if (this.cards().length) this.#root.querySelector("[data-nothing]")?.remove();
  }

  /** Takes cards out of `fragment` that this page, which goes on, has not been scrolled to. */
  withoutLater(fragment) {
    const last = this.cards().at(-1);
    if (!last || !this.#root.querySelector("[data-more]")) return;
    for (const card of fragment.querySelectorAll("[data-visit]")) {
      if (compareMoments(card.dataset.moment, last.dataset.moment) > 0) card.remove();
    }
    for (const day of fragment.querySelectorAll("[data-day]")) {
      if (!day.querySelector("[data-visit]")) day.remove();
    }
  }

  /** The way on: after an older page has been added. */
  mergeEnd(fragment) {
    this.#root.querySelector("[data-more], [data-end]")?.remove();
    const end = fragment.querySelector("[data-more], [data-end]");
    if (end) this.#root.append(end);
  }

  remove(visit) {
    const card = this.card(visit);
    const day = card?.closest("[data-day]");
    card?.remove();
    if (day && !day.querySelector("[data-visit]")) day.remove();
  }

  replaceAll(fragment) {
    this.#root.replaceChildren(fragment);
  }

  get isFull() {
    return this.cards().length >= MOST_CARDS;
  }

  #mergeDay(fresh) {
    const known = this.#root.querySelector(`[data-day="${CSS.escape(fresh.dataset.day)}"]`);
    if (!known) {
      const later = [...this.#root.querySelectorAll("[data-day]")];
      const before = later.find((day) => day.dataset.day < fresh.dataset.day);
      this.#root.insertBefore(fresh, before ?? this.#root.querySelector("[data-more], [data-end]"));
      return;
    }
    known.querySelector(".day-head").replaceWith(fresh.querySelector(".day-head"));
    for (const card of fresh.querySelectorAll("[data-visit]")) {
      this.#mergeCard(known.querySelector(".visit-grid"), card);
    }
  }

  #mergeCard(grid, fresh) {
    const known = this.card(fresh.dataset.visit);
    if (known) {
      const box = known.querySelector("input[type=checkbox]");
      fresh.querySelector("input[type=checkbox]").checked = box.checked;
      keepPicture(known, fresh);
      const hadFocus = known.contains(document.activeElement);
      known.replaceWith(fresh);
      if (hadFocus) fresh.querySelector("a").focus({ preventScroll: true });
      return;
    }
    const moment = fresh.dataset.moment;
    const before = [...grid.children].find(
      (card) => compareMoments(moment, card.dataset.moment) < 0,
    );
    grid.insertBefore(fresh, before ?? null);
  }
}
