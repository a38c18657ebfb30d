/* Drafts: <textarea data-draft="ticket-42-reply"> survives reload, a crash and a session that ran out.
   Kept on this device only, for a fortnight, and dropped once the form was sent. */
import { onContent, within } from "./dom.js";

const PREFIX = "draft:", KEEP = 14 * 864e5;
const key = field => PREFIX + field.dataset.draft;
const store = {
  get(name) { try { return JSON.parse(localStorage.getItem(name) || "null"); } catch { return null; } },
  set(name, text) { try { localStorage.setItem(name, JSON.stringify({ text, at: Date.now() })); } catch { /* full or forbidden: only the convenience is lost */ } },
  drop(name) { try { localStorage.removeItem(name); } catch { /* the same */ } },
};

for (const name of Object.keys(localStorage)) {
  if (name.startsWith(PREFIX) && Date.now() - (store.get(name)?.at || 0) > KEEP) store.drop(name);
}

document.addEventListener("input", event => {
  const field = event.target.closest?.("[data-draft]");
  if (!field) return;
  if (field.value.trim()) store.set(key(field), field.value); else store.drop(key(field));
});

onContent(part => within("[data-draft]", part).forEach(field => {
  const draft = store.get(key(field));
  if (!draft || field.value.trim()) return;
  field.value = draft.text;
  field.dispatchEvent(new Event("draft", { bubbles: true }));
}));

const drop = form => form.querySelectorAll("[data-draft]").forEach(field => store.drop(key(field)));
/* A page that comes back with an error shows the text again, so dropping at submit loses nothing;
   a request that fails keeps it */
document.addEventListener("htmx:afterRequest", event => {
  /* The form that was sent: once it is replaced by the answer, the event itself happens elsewhere */
  const form = (event.detail.requestConfig?.elt || event.detail.elt)?.closest?.("form");
  if (form && event.detail.successful && event.detail.requestConfig.verb !== "get") drop(form);
});
document.addEventListener("submit", event => {
  if (!event.defaultPrevented && !event.target.matches("[hx-post], [data-hx-post]")) {
    const sent = [...event.target.querySelectorAll("[data-draft]")].map(key);
    addEventListener("pagehide", () => sent.forEach(store.drop), { once: true });
  }
});
addEventListener("logout", () => Object.keys(localStorage).filter(n => n.startsWith(PREFIX)).forEach(store.drop));
