/* Clocks count in the browser: .sla[data-due] and time[data-ago]. The server's word stays the truth. */
import { $$, say } from "./dom.js";

const BREACHED = '<circle cx="7" cy="7" r="6.5" fill="currentColor"/><path d="M7 3.8v3.6M7 9.9v.1" class="cut" stroke-width="1.6" stroke-linecap="round"/>';
const pad = n => String(n).padStart(2, "0");

export function duration(seconds) {
  const s = Math.floor(Math.abs(seconds));
  if (s < 60) return say("s", s);
  if (s < 3600) return say("m", Math.floor(s / 60));
  const minutes = Math.floor(s % 3600 / 60), hours = Math.floor(s % 86400 / 3600), days = Math.floor(s / 86400);
  if (s < 86400) return say("h", hours) + (minutes ? ` ${say("m", pad(minutes))}` : "");
  return say("d", days) + (hours && days < 10 ? ` ${say("h", hours)}` : "");
}

function tickClock(chip, now) {
  const left = Number(chip.dataset.due) - now;
  const svg = chip.firstElementChild;
  if (left <= 0 && chip.dataset.sla !== "breached") {
    chip.dataset.sla = "breached";
    svg.innerHTML = BREACHED;
  } else if (left > 0 && chip.dataset.warn && now >= Number(chip.dataset.warn)) chip.dataset.sla = "risk";
  const text = left > 0 ? say("left", duration(left)) : say("over", duration(left));
  if (chip.lastChild.textContent !== text) chip.lastChild.textContent = text;
}

function tickAge(time, now) {
  const age = now - Date.parse(time.dateTime) / 1000;
  if (age < 0 || age > 7 * 86400) return;
  const unit = age < 3600 ? ["m", age / 60] : age < 86400 ? ["h", age / 3600] : ["d", age / 86400];
  const text = age < 60 ? say("now") : time.dataset.ago === "short" ? say(unit[0], Math.floor(unit[1])) : say("ago", say(unit[0], Math.floor(unit[1])));
  if (time.textContent !== text) time.textContent = text;
}

function tick() {
  if (document.hidden) return;
  const now = Date.now() / 1000;
  $$(".sla[data-due]").forEach(chip => tickClock(chip, now));
  $$("time[data-ago]").forEach(time => tickAge(time, now));
}
setInterval(tick, 15000);
document.addEventListener("visibilitychange", tick);
