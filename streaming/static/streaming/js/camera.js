/** The camera page's facts under the picture. */
import { seconds, WAYS } from "./words.js";

const facts = document.querySelector("[data-facts]");
const player = facts && document.getElementById(facts.dataset.facts);

function show(name, text) {
  facts.querySelector(`[data-fact="${name}"]`).textContent = text || "–";
}

/** Only cameras with two sensors tell which of them sees. */
function showSensor(sensor) {
  const icon = facts.querySelector('[data-fact-icon="sensor"]');
  icon.dataset.value = sensor;
  icon.closest("div").hidden = sensor === "";
  show("sensor", { day: "By day", night: "In the dark" }[sensor]);
}

/** Nobody is not worth a word. */
function showViewers(count) {
  facts.querySelector('[data-fact="viewers"]').closest("div").hidden = !count;
  show("viewers", count === 1 ? "1 person" : `${count} people`);
}

player?.addEventListener("petcam-stats", ({ detail: stats }) => {
  const isLive = stats.state === "live";
  facts.classList.toggle("is-empty", !isLive);
  const size = stats.width ? `${stats.width} × ${stats.height}` : "";
  show("picture", isLive ? `${size} · ${Math.round(stats.fps)} fps` : "");
  show("latency", seconds(stats.latency_s));
  show("way", isLive ? WAYS[stats.transport] : "");
  showViewers(stats.viewers);
  showSensor(stats.sensor);
});
