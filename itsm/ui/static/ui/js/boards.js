/* Positions on time boards: data attributes to custom properties. A strict policy forbids style attributes
   in markup, but not properties set from script. */
import { $, $$, onContent, within } from "./dom.js";

onContent(part => within("[data-from]", part).forEach(element => {
  element.style.setProperty("--from", element.dataset.from);
  if (element.dataset.len) element.style.setProperty("--len", element.dataset.len);
}));

/* Stage boards: dropping a card does what its menu does. A card offers its steps as forms or links with data-to, the
   status they lead to; a column takes the cards that have such a step. Guards answer as they answer the menu. */
let dragged = null;
const stepTo = column => dragged && $(`[data-to="${CSS.escape(column.dataset.status)}"]`, dragged);

document.addEventListener("dragstart", event => {
  dragged = event.target.closest?.(".svc[draggable=true]") || null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.name || "");
  $$(".board-col[data-status]").forEach(column => stepTo(column) && (column.dataset.drop = ""));
});
document.addEventListener("dragover", event => {
  const column = event.target.closest?.(".board-col[data-drop]");
  $$(".board-col[data-drop=over]").forEach(other => other !== column && (other.dataset.drop = ""));
  if (!column) return;
  event.preventDefault();
  column.dataset.drop = "over";
});
document.addEventListener("drop", event => {
  const column = event.target.closest?.(".board-col[data-drop]");
  const step = column && stepTo(column);
  if (!step) return;
  event.preventDefault();
  if (step instanceof HTMLFormElement) step.requestSubmit();
  else location.assign(step.href);
});
document.addEventListener("dragend", () => {
  dragged = null;
  $$(".board-col[data-drop]").forEach(column => delete column.dataset.drop);
});
