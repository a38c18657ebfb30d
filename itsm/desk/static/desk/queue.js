/* The queue beyond ui/js/list.js: menus and dialogs that come from the server, keys on the row under the cursor. */
import { cursor, select, selected } from "../ui/js/list.js";

const $ = (selector, root = document) => root.querySelector(selector);

/* A link with data-menu opens that popover beside itself and lets htmx fill it */
document.addEventListener("click", event => {
  const link = event.target.closest("[data-menu]");
  if (!link || event.ctrlKey || event.metaKey) return;
  const menu = document.getElementById(link.dataset.menu);
  if (!menu?.showPopover) return;
  const at = link.getBoundingClientRect();
  menu.replaceChildren();
  if (!menu.matches(":popover-open")) menu.showPopover();
  const place = () => {
    menu.style.margin = "0";
    menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(at.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
  };
  place();
  menu.addEventListener("htmx:afterSettle", () => { place(); $("[autofocus], a, input:not([type=hidden])", menu)?.focus(); }, { once: true });
});

/* "is" and "is not" are two names of the same boxes; two dates are one value */
document.addEventListener("change", event => {
  const form = event.target.closest(".filter-form");
  if (!form) return;
  if (event.target.dataset.parameter) {
    form.querySelectorAll(".options input").forEach(box => { box.name = event.target.dataset.parameter; });
  }
  if (event.target.matches("[data-from], [data-to]")) {
    const span = $("[data-span]", form);
    span.value = `${$("[data-from]", form).value}..${$("[data-to]", form).value}`;
    span.checked = true;
  }
});
document.addEventListener("submit", event => {
  const form = event.target.closest?.(".filter-form");
  if (!form) return;
  form.querySelectorAll("[name=_op], [name=find]").forEach(input => { input.disabled = true; });
  const span = $("[data-span]", form);
  if (span && !span.value.replace("..", "")) span.disabled = true;
});

/* What was previewed has been read */
document.addEventListener("htmx:afterSettle", event => {
  if (event.target.id === "peek") cursor()?.removeAttribute("data-unread");
});

/* Dialogs: what the server sent opens, an empty answer closes */
document.addEventListener("htmx:afterSettle", event => {
  const dialog = event.target;
  if (dialog.id !== "bulk-dialog") return;
  if ($("[data-open-dialog]", dialog)) { if (!dialog.open) dialog.showModal(); }
  else if (dialog.open) dialog.close();
});
document.addEventListener("click", event => {
  const closer = event.target.closest("#bulk-dialog a[data-close]");
  if (closer) { event.preventDefault(); $("#bulk-dialog").close(); }
});
document.addEventListener("submit", event => {
  if (event.target.closest?.("#bulk-dialog [data-closes]")) $("#bulk-dialog").close();
});

/* Keys of the bar act on the row under the cursor when nothing is ticked */
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key.length !== 1) return;
  if (document.documentElement.dataset.singleKeys === "off" || $("dialog[open]") || $(":popover-open")) return;
  if (event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  const button = $(`.bulk [data-key="${CSS.escape(event.key.toUpperCase())}"]`);
  if (!button || selected().length || !cursor()) return;
  select(cursor());
  event.preventDefault();
  event.stopImmediatePropagation();
  button.click();
}, true);
