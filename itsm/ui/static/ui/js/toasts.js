/* Toasts with undo. The server sends HX-Trigger: {"toast": {"text": …, "undo": url}} or a toast in the
   page; six seconds, paused on hover and focus, Z undoes. Also: no answer and 5xx say so. */
import { $, $$, onContent, say, within } from "./dom.js";

const STAY = 6000;

function leave(toast) {
  toast.dataset.leaving = "";
  setTimeout(() => toast.remove(), 250);
}

function arm(toast) {
  if (toast.dataset.armed || !toast.closest("#toasts")) return;
  toast.dataset.armed = "1";
  if (toast.dataset.stay !== undefined) return;
  let timer = setTimeout(() => leave(toast), STAY);
  const pause = () => clearTimeout(timer);
  const go = () => { pause(); timer = setTimeout(() => leave(toast), STAY); };
  toast.addEventListener("mouseenter", pause);
  toast.addEventListener("focusin", pause);
  toast.addEventListener("mouseleave", go);
  toast.addEventListener("focusout", go);
}

export function toast(text, { undo = "", tone = "green", stay = false } = {}) {
  const box = $("#toasts"), model = $("#toast-model")?.content.firstElementChild;
  if (!box || !model) return null;
  const element = model.cloneNode(true);
  element.dataset.tone = tone;
  if (stay) element.dataset.stay = "";
  $("[data-text]", element).textContent = text;
  const form = $("form", element);
  if (undo) form.action = undo; else form?.remove();
  box.append(element);
  arm(element);
  return element;
}

document.addEventListener("toast", event => toast(event.detail.text || event.detail.value, event.detail));
onContent(part => within(".toast", part).forEach(arm));
/* htmx swaps toasts in out of band, too */
document.addEventListener("htmx:oobAfterSwap", () => $$("#toasts .toast").forEach(arm));

document.addEventListener("click", event => {
  const button = event.target.closest(".toast [data-dismiss]");
  if (button) leave(button.closest(".toast"));
});

/* Undo goes through htmx where it is there, so that what it changes refreshes without leaving the page */
document.addEventListener("submit", event => {
  const form = event.target.closest(".toast form");
  if (!form || !window.htmx) return;
  event.preventDefault();
  const token = $("input[name=csrfmiddlewaretoken]", form)?.value;
  leave(form.closest(".toast"));
  window.htmx.ajax("POST", form.action, { swap: "none", headers: token ? { "X-CSRFToken": token } : {} })
    .then(() => document.body.dispatchEvent(new CustomEvent("undone", { bubbles: true })));
});

document.addEventListener("htmx:sendError", () => toast(say("lost"), { tone: "red", stay: true }));
document.addEventListener("htmx:timeout", () => toast(say("lost"), { tone: "red", stay: true }));
document.addEventListener("htmx:responseError", event => {
  const { xhr } = event.detail;
  if (xhr.status >= 500 || !xhr.getResponseHeader("X-Explained")) toast(say("failed"), { tone: "red", stay: true });
});
