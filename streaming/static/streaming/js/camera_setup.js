// A camera's page in the admin: the figures beside the preview, and the test of its connection.

import { figures } from "./health.js";

const HEALTH_INTERVAL_MS = 2000;
const TEST_DEADLINE_MS = 25_000;

/** Keeps the figures fresh while the page is looked at. */
function followHealth(table) {
  const show = (name, text) => {
    table.querySelector(`[data-figure="${name}"]`).textContent = text;
  };
  const look = async () => {
    if (document.hidden) return;
    try {
      const response = await fetch(table.dataset.health, {
        signal: AbortSignal.timeout(HEALTH_INTERVAL_MS),
      });
      if (!response.ok || response.redirected) throw new Error("no health");
      for (const [name, text] of Object.entries(figures(await response.json()))) show(name, text);
    } catch {
      show("state", "Petcam does not answer.");
    }
  };
  look();
  setInterval(look, HEALTH_INTERVAL_MS);
}

/** Sends the form as it stands to the test and shows what comes back. */
function offerTest(button) {
  const report = document.querySelector("[data-test-report]");
  button.addEventListener("click", async () => {
    button.disabled = true;
    const progress = document.createElement("progress");
    const words = document.createElement("p");
    words.textContent = "Asking the camera…";
    report.replaceChildren(words, progress);
    try {
      const response = await fetch(button.dataset.testConnection, {
        method: "POST",
        body: new FormData(button.form),
        signal: AbortSignal.timeout(TEST_DEADLINE_MS),
      });
      if (response.redirected) throw new Error("You have been logged out. Reload the page.");
      if (!(response.headers.get("content-type") ?? "").startsWith("text/html") || response.status >= 500) {
        throw new Error("Petcam could not test the camera just now. Try again.");
      }
      // Made by our own template, which escapes every name in it.
      report.replaceChildren(document.createRange().createContextualFragment(await response.text()));
    } catch (error) {
      words.textContent = error.name === "TimeoutError" ? "No answer from Petcam. Try again." : error.message;
      report.replaceChildren(words);
    } finally {
      button.disabled = false;
    }
  });
}

const table = document.querySelector("[data-health]");
if (table) followHealth(table);
const button = document.querySelector("[data-test-connection]");
if (button) offerTest(button);
