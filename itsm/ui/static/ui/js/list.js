/* Lists: cursor, selection with ranges, bulk bar, preview. Rows are .queue tr[data-id]; the check box in
   the row is the selection, so the bulk form works without this file. */
import { $, $$, onContent } from "./dom.js";

const rows = () => $$(".queue tbody tr[data-id]");
export const cursor = () => $(".queue tr[data-cursor]");
const box = row => $("input[type=checkbox]", row);
let anchor = null;
let peeked = "";

export function point(row) {
  if (!row) return;
  cursor()?.removeAttribute("data-cursor");
  row.dataset.cursor = "";
  row.scrollIntoView({ block: "nearest" });
  if (visiblePeek()) preview(row);
}
export function move(step) {
  const all = rows(), at = all.indexOf(cursor());
  point(all[Math.max(0, Math.min(all.length - 1, at + step))]);
}
function pick(row, on) {
  const check = box(row);
  if (!check) return;
  check.checked = on ?? !check.checked;
  row.setAttribute("aria-selected", check.checked);
}
export function select(row, range = false) {
  if (!row) return;
  const all = rows(), from = all.indexOf(anchor);
  if (range && from >= 0) {
    const [low, high] = [from, all.indexOf(row)].sort((a, b) => a - b);
    all.slice(low, high + 1).forEach(r => pick(r, true));
  } else { pick(row); anchor = row; }
  count();
}
export function clear() {
  const any = rows().some(r => box(r)?.checked);
  rows().forEach(r => pick(r, false));
  count();
  return any;
}
export const selected = () => rows().filter(r => box(r)?.checked);

function count() {
  const all = rows(), n = selected().length, bar = $(".bulk");
  if (bar) {
    bar.hidden = !n;
    const number = $(".n b", bar);
    if (number) number.textContent = n;
  }
  const head = $(".queue thead input[type=checkbox]");
  if (head) { head.checked = n > 0 && n === all.length; head.indeterminate = n > 0 && n < all.length; }
}

/* Preview: the row's link carries hx-trigger="peek" hx-target="#peek-body"; we show the panel and fire it */
const panel = () => $("#peek");
const visiblePeek = () => panel() && !panel().hidden;
export function preview(row = cursor()) {
  const link = row && $("[hx-trigger~=peek], [data-peek]", row);
  if (!panel() || !link) return;
  panel().hidden = false;
  if (peeked !== row.dataset.id || !panel().textContent.trim()) {
    peeked = row.dataset.id;
    window.htmx?.trigger(link, "peek");
  }
}
export function closePreview() {
  if (!visiblePeek()) return false;
  panel().hidden = true;
  return true;
}
export const togglePreview = () => (closePreview() ? undefined : preview(cursor() || (move(1), cursor())));
export const open = () => $(".subject a, a", cursor() || document.createElement("i"))?.click();

document.addEventListener("click", event => {
  if (event.target.closest("[data-peek-close]")) { closePreview(); return; }
  const check = event.target.closest(".queue tbody input[type=checkbox]");
  if (!check) return;
  const row = check.closest("tr[data-id]"), all = rows(), from = all.indexOf(anchor);
  if (event.shiftKey && from >= 0) {
    const [low, high] = [from, all.indexOf(row)].sort((a, b) => a - b);
    all.slice(low, high + 1).forEach(r => pick(r, check.checked));
  } else anchor = row;
  row?.setAttribute("aria-selected", check.checked);
  count();
});
document.addEventListener("change", event => {
  if (!event.target.closest?.(".queue thead")) return;
  rows().forEach(row => pick(row, event.target.checked));
  count();
});
onContent(() => {
  rows().forEach(row => { if (box(row)) row.setAttribute("aria-selected", box(row).checked); });
  count();
});
document.addEventListener("htmx:beforeSwap", event => {
  if (event.detail.target?.matches?.("#queue, .queue")) sessionStorage.setItem("cursor", cursor()?.dataset.id || "");
});
document.addEventListener("htmx:afterSettle", event => {
  const id = event.target.matches?.("#queue, .queue") && sessionStorage.getItem("cursor");
  if (id) rows().find(row => row.dataset.id === id)?.setAttribute("data-cursor", "");
});
