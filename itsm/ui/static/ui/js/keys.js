/* The keyboard. Single letters never fire while typing, in dialogs, or when the person switched them off
   (data-single-keys="off" on <html>). Pages add keys with data-key="E" on a button or link: pressing E clicks it. */
import { $, $$, root, typing, visible } from "./dom.js";
import * as list from "./list.js";
import { openDialog } from "./menus.js";

const SEQUENCE = 1000;
let first = "", since = 0;
const press = selector => { const found = $$(selector).find(visible) || $(selector); found?.click(); return !!found; };
/* A link of the palette is not shown, but can be followed */
const follow = selector => { const link = $(selector); if (link) location.assign(link.href); return !!link; };

const ANYWHERE = {
  g: () => { first = "g"; since = Date.now(); },
  c: () => { if (!$("#menu-new")) return false; first = "c"; since = Date.now(); $("#menu-new").showPopover?.(); },
  "?": () => openDialog("keys"),
  "/": () => { const search = $$("main input[type=search]").find(visible); if (search) { search.focus(); search.select(); } else openDialog("palette"); },
  z: () => press(".toast:last-child [data-undo]"),
  f: () => press("[data-filter-add]") || false,
};
const LIST = {
  j: () => list.move(1), arrowdown: () => list.move(1), k: () => list.move(-1), arrowup: () => list.move(-1),
  x: event => list.select(list.cursor(), event.shiftKey),
  " ": () => list.togglePreview(),
  enter: () => list.open(),
};

function sequence(key) {
  const active = first && Date.now() - since < SEQUENCE ? first : "";
  first = "";
  if (active === "g") return follow(`[data-go="${CSS.escape(key)}"]`);
  if (active === "c" || $("#menu-new:popover-open")) return follow(`[data-create="${CSS.escape(key)}"]`);
  return false;
}

function escape() {
  if ($(":popover-open")) return;
  if (list.closePreview()) return;
  if (list.clear()) return;
  $$(".toast").forEach(t => t.remove());
}

document.addEventListener("keydown", event => {
  const { target, key } = event;
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "k") {
    event.preventDefault();
    openDialog("palette");
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (typing(target)) {
    if (key === "Escape") target.closest("[data-escape]")?.querySelector("[data-cancel]")?.click();
    return;
  }
  if ($("dialog[open]")) return;
  if (key === "Escape") { escape(); return; }

  const name = key.toLowerCase();
  const plain = !event.shiftKey || key === "?" || name === "x";
  const letters = root.dataset.singleKeys !== "off";
  const interactive = target.closest?.("a, button, summary, [role=menuitem], input");
  if (letters && sequence(name)) { event.preventDefault(); return; }
  const inList = $(".queue tbody tr[data-id]") && !$(":popover-open");

  if (inList && LIST[name] && plain) {
    const own = name.length > 1 || name === " ";   /* arrows, Enter and Space mean something on controls */
    if (own ? !interactive : letters) {
      event.preventDefault();
      LIST[name](event);
      return;
    }
  }
  if (!letters || !plain) return;
  if (key.length === 1 && key !== " ") {
    const marked = $$(`[data-key="${CSS.escape(key.toUpperCase())}"], [data-key="${CSS.escape(name)}"]`).find(visible);
    if (marked) { event.preventDefault(); if (marked.matches("input, textarea, select")) marked.focus(); else marked.click(); return; }
  }
  if (/^[1-9]$/.test(key) && inList) { press(`.tabs a:nth-of-type(${key})`); return; }
  if (ANYWHERE[name] && ANYWHERE[name](event) !== false) event.preventDefault();
});
