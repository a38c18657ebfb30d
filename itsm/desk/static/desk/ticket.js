/* The page of a ticket: the dialog, the composer, and parts that refresh without losing what is typed. */
import { $, $$, onContent, typing } from "../ui/js/dom.js";

/* ---------- the dialog ---------- */
const dialog = () => $("#dialog");
document.addEventListener("htmx:afterSwap", event => {
  if (event.target.id !== "dialog-body" || !dialog()) return;
  /* The answer to a step that was taken is parts of the page out of band: nothing is put into the dialog then */
  if (event.detail.xhr?.getResponseHeader("HX-Reswap") === "none") return;
  if (!dialog().open) dialog().showModal();
  const first = $(".error-summary, [aria-invalid], input:not([type=hidden]), select, textarea", $("#dialog-body"));
  first?.focus();
});
document.addEventListener("close-dialog", () => dialog()?.open && dialog().close());
document.addEventListener("click", event => {
  const closer = event.target.closest("[data-close-dialog]");
  if (!closer || !dialog()?.open) return;
  dialog().close();
  /* A reason links to the place on this page where the missing thing is done */
  const here = closer.href && new URL(closer.href).pathname === location.pathname;
  if (here && !new URL(closer.href).hash) event.preventDefault();
});

/* ---------- parts that come back out of band ---------- */
/* What somebody is editing is not replaced under their hands, unless it is the answer to their own request: news that
   arrive meanwhile would take away what is typed, and the form that waits for its answer. */
let answered = null;
document.addEventListener("htmx:oobBeforeSwap", event => {
  const { target, fragment } = event.detail;
  const editing = target?.querySelector?.("form.editing");
  if (editing && !editing.contains(answered) && !editing.dataset.done) event.detail.shouldSwap = false;
  if (target?.id === "timeline") {
    $$("li[id]", fragment).forEach(row => document.getElementById(row.id) && row.remove());
  }
});
document.addEventListener("htmx:beforeOnLoad", event => {
  answered = event.detail.requestConfig?.elt ?? event.detail.elt;
  const form = event.detail.elt?.closest?.("form.editing");
  const leaves = event.detail.elt?.matches?.("[data-restore]");
  if (form && (leaves || event.detail.xhr.status < 300)) form.dataset.done = "1";
});
/* Esc in an edited place restores it */
document.addEventListener("keydown", event => {
  if (event.key === "Escape" && event.target.closest("form.editing")) $("[data-cancel]", event.target.closest("form.editing"))?.click();
});

/* ---------- the composer ---------- */
const composer = () => $("#composer");
const message = () => $("#msg");
const read = name => { try { return JSON.parse(localStorage.getItem(name) || "null")?.text || ""; } catch { return ""; } };
const drop = name => { try { localStorage.removeItem(name); } catch { /* only the convenience is lost */ } };

/* A draft is kept under its kind: a note never comes back as a reply */
document.addEventListener("click", event => {
  const tab = event.target.closest("#composer [role=tab][data-sets]"), area = message();
  if (!tab || !area) return;
  const old = area.dataset.draft, kind = tab.dataset.sets.split("=")[1];
  area.dataset.draft = old.replace(/(reply|note)$/, kind);
  if (old !== area.dataset.draft) {
    drop(`draft:${old}`);
    if (area.value.trim()) area.dispatchEvent(new Event("input", { bubbles: true }));
    else if (read(`draft:${area.dataset.draft}`)) area.value = read(`draft:${area.dataset.draft}`);
  }
  tellWriting();
});
onContent(part => {
  const form = part.querySelector?.("#composer") || (part.id === "composer" ? part : null);
  const area = form && $("#msg", form);
  if (!area || area.value.trim() || !area.dataset.draft.endsWith("reply")) return;
  if (read(`draft:${area.dataset.draft.replace(/reply$/, "note")}`)) {
    const tab = $('[data-sets="kind=note"]', form);
    if (tab) { const at = document.activeElement; tab.click(); at?.focus?.(); }
  }
});

/* Who writes what: told with the next pulse */
function tellWriting() {
  const state = $("#writing"), area = message();
  if (state) state.value = area?.value.trim() && document.activeElement === area ? composer().dataset.kind : "";
}
document.addEventListener("input", event => { if (event.target.id === "msg") tellWriting(); });
document.addEventListener("focusout", event => { if (event.target.id === "msg") tellWriting(); });

/* Files: say what is attached */
document.addEventListener("change", event => {
  if (!event.target.matches?.("#composer [type=file]")) return;
  $(".attached", composer()).textContent = [...event.target.files].map(file => file.name).join(", ");
});
/* Files pasted or dropped into the text are attached */
function attach(files) {
  const input = $("#composer [type=file]");
  if (!input || !files.length) return false;
  const all = new DataTransfer();
  [...input.files, ...files].forEach(file => all.items.add(file));
  input.files = all.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}
document.addEventListener("paste", event => {
  if (event.target.id === "msg" && attach([...(event.clipboardData?.files || [])])) event.preventDefault();
});
document.addEventListener("dragover", event => { if (event.target.closest?.("#composer")) event.preventDefault(); });
document.addEventListener("drop", event => {
  if (event.target.closest?.("#composer") && attach([...(event.dataTransfer?.files || [])])) event.preventDefault();
});

/* Canned replies: "/" in an empty message, or the button */
function insert(text) {
  const area = message();
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
}
document.addEventListener("htmx:afterSwap", event => {
  if (event.detail.target?.id === "menu-canned") event.detail.target.showPopover?.();
});
document.addEventListener("keydown", event => {
  if (event.target.id === "msg" && event.key === "/" && !event.target.value) {
    event.preventDefault();
    $("#composer [data-template]")?.click();
  }
});
document.addEventListener("click", event => {
  const canned = event.target.closest("[data-insert]");
  if (canned) { $("#menu-canned").hidePopover?.(); insert(canned.dataset.insert); return; }
  const named = event.target.closest("[data-mention]");
  if (!named) return;
  const area = message(), start = area.value.slice(0, area.selectionStart).search(/@[^\s@]*$/);
  area.setRangeText(`@${named.dataset.mention.split("@")[0]} `, Math.max(0, start), area.selectionStart, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
  $("#mentions").hidden = true;
});

/* Names after @ */
let asked = 0;
document.addEventListener("input", event => {
  if (event.target.id !== "msg") return;
  const area = event.target, box = $("#mentions");
  const word = area.value.slice(0, area.selectionStart).match(/(?:^|[\s(])@([^\s@]{1,40})$/);
  clearTimeout(asked);
  if (!word) { box.hidden = true; return; }
  asked = setTimeout(async () => {
    const answer = await fetch(`${area.dataset.people}?mention=1&q=${encodeURIComponent(word[1])}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    box.innerHTML = await answer.text();
    box.hidden = !box.children.length;
  }, 180);
});

/* ---------- choosing a ticket while typing ---------- */
let searched = 0;
document.addEventListener("input", event => {
  const field = event.target.closest?.("[data-ticket-search]"), box = $("#found");
  if (!field || !box) return;
  clearTimeout(searched);
  searched = setTimeout(async () => {
    const answer = await fetch(`${box.dataset.search}?q=${encodeURIComponent(field.value)}`, { headers: { "HX-Request": "true" } });
    if (answer.ok) box.innerHTML = await answer.text();
  }, 200);
});
document.addEventListener("click", event => {
  const found = event.target.closest("#found [data-number]");
  if (!found) return;
  const field = $("[data-ticket-search]", found.closest("form"));
  field.value = found.dataset.number;
  $("#found").replaceChildren();
  field.focus();
});

/* ---------- small things ---------- */
document.addEventListener("click", async event => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard?.writeText(button.dataset.copy.split("?")[0]);
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: button.title, tone: "grey" } }));
});
/* After undo the parts come back by themselves; a page without pulse loads again */
document.addEventListener("undone", () => { if (!typing(document.activeElement)) window.htmx?.trigger("#pulse", "refresh"); });
