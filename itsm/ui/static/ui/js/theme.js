/* Light, dark or as the system. The profile decides (the server writes data-theme, so nothing flashes);
   the button changes the page at once and its form tells the profile. */
import { root } from "./dom.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
const announce = () => document.dispatchEvent(new Event("themechange"));

document.addEventListener("submit", event => {
  const form = event.target.closest("[data-theme-form]");
  if (!form) return;
  event.preventDefault();
  const theme = isDark() ? "light" : "dark";
  root.dataset.theme = theme;
  announce();
  const data = new FormData(form);
  data.set("theme", theme);
  fetch(form.action, { method: "POST", body: data, headers: { "HX-Request": "true" } }).catch(() => {});
});
system.addEventListener("change", announce);
