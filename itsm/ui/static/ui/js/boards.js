/* Positions on time boards: data attributes to custom properties. A strict policy forbids style attributes
   in markup, but not properties set from script. */
import { onContent, within } from "./dom.js";

onContent(part => within("[data-from]", part).forEach(element => {
  element.style.setProperty("--from", element.dataset.from);
  if (element.dataset.len) element.style.setProperty("--len", element.dataset.len);
}));
