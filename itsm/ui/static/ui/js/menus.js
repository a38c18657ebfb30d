/* Menus are popovers: top layer, Esc and light dismiss come from the browser. Here: place and arrow keys.
   Dialogs open by data-open="id"; the phone's navigation by data-nav-toggle. */
import { $, $$ } from "./dom.js";

document.addEventListener("toggle", event => {
  const menu = event.target;
  if (!menu.matches?.(".menu[popover]")) return;
  const opener = $$(`[popovertarget="${CSS.escape(menu.id)}"]`).find(b => b.checkVisibility?.() ?? true);
  opener?.setAttribute("aria-expanded", event.newState === "open");
  if (event.newState !== "open") return;
  const at = opener?.getBoundingClientRect() ?? { left: innerWidth / 2 - 100, top: 96, bottom: 96 };
  const size = menu.getBoundingClientRect();
  menu.style.margin = "0";
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  const below = at.bottom + size.height + 8 <= innerHeight;
  menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - size.height - 4)}px`;
  ($("[autofocus]", menu) || $("[role^=menuitem], a, button, input", menu))?.focus();
}, true);

document.addEventListener("keydown", event => {
  const menu = event.target.closest?.(".menu[role=menu]");
  if (!menu || !/^(Arrow(Up|Down)|Home|End)$/.test(event.key)) return;
  event.preventDefault();
  const items = $$("[role^=menuitem]", menu), at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
  items[next % items.length]?.focus();
});

export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  dialog.showModal();
  dialog.dispatchEvent(new Event("opened", { bubbles: true }));
}

document.addEventListener("click", event => {
  const body = document.body;
  if (body.classList.contains("nav-open") && (!event.target.closest(".nav") || event.target.closest(".nav a"))) {
    body.classList.remove("nav-open");
    if (event.target.closest("[data-nav-toggle]")) event.preventDefault();
    return;
  }
  const opener = event.target.closest("[data-open], [data-nav-toggle], [data-close]");
  if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (opener.dataset.open && document.getElementById(opener.dataset.open)) {
    event.preventDefault();
    openDialog(opener.dataset.open);
  } else if ("navToggle" in opener.dataset) {
    event.preventDefault();
    body.classList.add("nav-open");
    $(".nav a, .nav button")?.focus();
  } else if ("close" in opener.dataset) {
    opener.closest("dialog, [popover], [data-closable]")?.[opener.closest("dialog") ? "close" : "remove"]();
  }
});
document.addEventListener("mousedown", event => {
  if (event.target.matches("dialog[open]")) event.target.close();  /* the backdrop */
});
document.addEventListener("keydown", event => {
  if (event.key === "Escape") document.body.classList.remove("nav-open");
});
