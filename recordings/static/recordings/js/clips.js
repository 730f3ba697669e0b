/** The list of clips: how far those are that are being made, and handing them on. */
import { canShare, share } from "./share.js";

const LOOK_EVERY_MS = 1500;

/** The list as the portal has it now; null when it does not answer. */
async function newestList() {
  const url = new URL(location.href);
  url.searchParams.set("part", "1");
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    if (!answer.ok) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector("[data-clips]");
  } catch {
    return null;
  }
}

/** Takes over the cards that were not finished; the others may be playing. */
function takeOver(list, newest) {
  for (const card of list.querySelectorAll("[data-clip]")) {
    if (!["waiting", "working"].includes(card.dataset.state)) continue;
    if (card.querySelector("details[open]")) continue;
    const changed = newest.querySelector(`[data-clip="${card.dataset.clip}"]`);
    if (changed) card.replaceWith(changed);
    else card.remove();
  }
  list.toggleAttribute("data-unfinished", newest.hasAttribute("data-unfinished"));
}

async function follow(list) {
  while (list.hasAttribute("data-unfinished")) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    if (document.hidden) continue;
    const newest = await newestList();
    if (newest) takeOver(list, newest);
  }
}

document.documentElement.classList.toggle("can-share", canShare());
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-share]");
  if (button) share(button);
});

const list = document.querySelector("[data-clips]");
if (list) follow(list);
