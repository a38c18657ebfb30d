/* Fresh without jumping: polls rest while the page is hidden or a dialog is open, and rows never move
   under the cursor; the server answers a poll with "4 new" to press. */
document.addEventListener("htmx:beforeRequest", event => {
  const element = event.detail.elt;
  if (element.matches?.("[data-poll]") && (document.hidden || document.querySelector("dialog[open]"))) event.preventDefault();
});
/* Boosted focus: after a swap of a whole region its heading gets the focus when the old focus is gone */
document.addEventListener("htmx:afterSettle", event => {
  if (document.activeElement !== document.body || !event.target.matches?.("[data-focus]")) return;
  const heading = event.target.querySelector("h1, h2, [autofocus]");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
});
/* Back and forward: no stale copy of a page that shows open work */
document.addEventListener("htmx:historyRestore", () => document.dispatchEvent(new Event("themechange")));
