/* A button with data-copy="#id" copies the text of that element. It is hidden until this runs. */
import { $, onContent, within } from "./dom.js";
import { toast } from "./toasts.js";

onContent(part => within("[data-copy]", part).forEach(button => { button.hidden = !navigator.clipboard; }));
document.addEventListener("click", async event => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText($(button.dataset.copy).textContent.trim());
  toast(button.dataset.copied);
});
