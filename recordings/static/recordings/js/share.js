/** Clips handed to other apps, where the browser can do that. */

/** Files that were fetched, by address: whoever taps again hands them on at once. */
const fetched = new Map();

function fileOf(bytes, name) {
  return new File(bytes, name, { type: "video/mp4" });
}

export function canShare() {
  return Boolean(navigator.canShare?.({ files: [fileOf(["x"], "clip.mp4")] }));
}

async function fileAt(url, name) {
  if (!fetched.has(url)) {
    const answer = await fetch(url);
    if (!answer.ok || answer.redirected) throw new Error(`${url}: ${answer.status}`);
    fetched.clear();
    fetched.set(url, fileOf([await answer.blob()], name));
  }
  return fetched.get(url);
}

/** Fetches the clip of this button, and hands it on; says on the button how that goes. */
export async function share(button) {
  const words = button.querySelector("[data-share-words]");
  const { url, name } = button.dataset;
  button.disabled = true;
  words.textContent = "One moment…";
  try {
    await navigator.share({ files: [await fileAt(url, name)], title: name });
    words.textContent = "Share";
  } catch (error) {
    // A browser lets nothing be shared long after a tap: the next one finds the file at hand.
    const isLate = error.name === "NotAllowedError" && fetched.has(url);
    if (isLate) words.textContent = "Share now";
    else words.textContent = error.name === "AbortError" ? "Share" : "That did not work";
  } finally {
    button.disabled = false;
  }
}
