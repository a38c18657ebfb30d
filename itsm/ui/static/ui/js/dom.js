/* Looking things up, and the words the server translated (attributes of <html>). */
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
export const root = document.documentElement;

const WORDS = { left: "{} left", over: "{} over", ago: "{} ago", now: "just now", undo: "Undo", lost: "The connection was lost. Nothing was saved.", failed: "Something went wrong. Nothing was saved.", selected: "{} selected", page: "This page", d: "{}d", h: "{}h", m: "{}m", s: "{}s" };
const spoken = JSON.parse(document.getElementById("ui-words")?.textContent || "{}");
export const say = (key, value = "") => (spoken[key] || WORDS[key]).replace("{}", value);

/* Runs now and again for whatever htmx brings in. */
export function onContent(work) {
  work(document);
  document.addEventListener("htmx:afterSettle", event => work(event.target));
}
/* Matches inside root, root included: a swapped row is itself the target. */
export const within = (selector, part) =>
  [...(part.matches?.(selector) ? [part] : []), ...$$(selector, part)];

export const typing = target =>
  !!target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
export const visible = element => !!element && element.checkVisibility?.() !== false && !element.closest("[hidden]");
