/** Keeps the alerts at the top of a page as they are now, without a reload. */

const LOOK_EVERY_MS = 3000;

const shown = document.querySelector("[data-alerts]");

/** The alerts as the portal has them now; null when it does not answer, or asks who that is. */
async function newest() {
  try {
    const answer = await fetch(shown.dataset.alerts, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return null;
    const told = document.createElement("div");
    told.innerHTML = await answer.text();
    return told;
  } catch {
    return null;
  }
}

let timer = null;

async function look() {
  clearTimeout(timer);
  if (document.hidden) return;
  const told = await newest();
  // Screen readers say a status again that is written again, so only what changed is.
  if (told && told.innerHTML.trim() !== shown.innerHTML.trim()) {
    shown.replaceChildren(...told.childNodes);
  }
  clearTimeout(timer);
  timer = setTimeout(look, LOOK_EVERY_MS);
}

document.addEventListener("visibilitychange", look);
timer = setTimeout(look, LOOK_EVERY_MS);
