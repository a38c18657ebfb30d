/* Forms: no double sending, Ctrl Enter sends, errors get the focus, filters apply themselves. */
import { $, onContent, within } from "./dom.js";

document.addEventListener("submit", event => {
  const form = event.target;
  if (form.method?.toLowerCase() !== "post" || event.defaultPrevented || form.matches("[hx-post], [data-hx-post]")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  event.submitter?.classList.add("htmx-request");
});
/* Back from the cache of the browser: the form can be sent again */
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(form => {
  delete form.dataset.sent;
  form.querySelectorAll(".htmx-request").forEach(b => b.classList.remove("htmx-request"));
}));

document.addEventListener("keydown", event => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("form");
  if (!form || !event.target.closest("textarea, input")) return;
  event.preventDefault();
  const next = event.shiftKey && $("[data-send-next]", form);
  form.requestSubmit(next || $("[data-send], button:not([type=button])", form) || undefined);
});

/* <form data-autosubmit>: selects and check boxes apply at once; the button stays for those without script */
document.addEventListener("change", event => {
  const form = event.target.closest?.("form[data-autosubmit]");
  if (form && !event.target.matches("[type=search], [type=text]")) form.requestSubmit();
});

/* Tabs of a form: [role=tab][data-sets="name=value"] fills a hidden field, so Reply and Work note share a composer */
document.addEventListener("click", event => {
  const tab = event.target.closest("[role=tab][data-sets]");
  const form = tab?.closest("form");
  if (!form) return;
  const [name, value] = tab.dataset.sets.split("=");
  if (form.elements[name]) form.elements[name].value = value;
  form.dataset.kind = value;
  tab.parentElement.querySelectorAll("[role=tab]").forEach(t => t.setAttribute("aria-selected", t === tab));
  $("textarea", form)?.focus();
});

onContent(part => {
  const summary = within(".error-summary[tabindex]", part)[0] || within(".field.invalid [aria-invalid]", part)[0];
  summary?.focus();
});

/* A text area grows with what is written */
const grow = area => { area.style.height = "auto"; area.style.height = `${Math.min(area.scrollHeight + 2, innerHeight * .5)}px`; };
document.addEventListener("input", event => { if (event.target.matches?.("textarea[data-grow]")) grow(event.target); });
onContent(part => within("textarea[data-grow]", part).forEach(area => { if (area.value) grow(area); }));
