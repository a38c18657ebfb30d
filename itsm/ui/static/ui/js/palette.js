/* The palette: actions of this page, pages, commands, recent records, search. The server draws "Go to" with the
   page; this page's actions are its own [data-key] buttons; the rest comes from /palette/?q= through htmx. */
import { $, $$, say, visible } from "./dom.js";

const palette = $("#palette");
const input = palette && $("input", palette);
const options = () => $$("[role=option]:not([hidden])", palette).filter(o => !o.closest("[hidden]"));

function choose(option) {
  $$("[role=option][aria-selected=true]", palette).forEach(o => o.setAttribute("aria-selected", "false"));
  if (!option) { input.removeAttribute("aria-activedescendant"); return; }
  option.setAttribute("aria-selected", "true");
  option.id ||= `po-${options().indexOf(option)}-${Date.now()}`;
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function actions() {
  const group = $("#palette-actions", palette), model = $("#palette-option")?.content.firstElementChild;
  if (!group || !model) return;
  $$("[role=option]", group).forEach(o => o.remove());
  const seen = new Set();
  for (const button of $$("main [data-key], .bulk [data-key]").filter(visible)) {
    const label = button.dataset.label || button.getAttribute("aria-label") || [...button.childNodes].filter(n => n.nodeName !== "KBD").map(n => n.textContent).join(" ").trim();
    if (!label || seen.has(label) || button.disabled || button.getAttribute("aria-disabled") === "true") continue;
    seen.add(label);
    const option = model.cloneNode(true);
    const icon = $("svg", button);
    if (icon) $(".i", option)?.replaceWith(icon.cloneNode(true));
    $(".t", option).textContent = label;
    $("kbd", option).textContent = button.dataset.key.toUpperCase();
    option.press = button;
    group.append(option);
  }
  group.hidden = !seen.size;
  const scope = $("h1")?.textContent.trim();
  $("h3", group).textContent = scope || say("page");
}

function filter() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const group of $$("[role=group]", palette)) {
    const own = $$("[role=option]", group);
    if (!group.closest("#palette-found")) {
      own.forEach(o => { const text = o.textContent.toLowerCase(); o.hidden = !words.every(w => text.includes(w)); });
      /* Without a question show a few pages, not the whole menu */
      if (!words.length) own.forEach((o, i) => { o.hidden = "rest" in o.dataset || (group.id === "palette-go" && i > 7); });
    }
    group.hidden = !own.some(o => !o.hidden);
  }
  choose(options()[0]);
}

function run(option) {
  if (!option) return;
  palette.close();
  if (option.press) option.press.click();
  else if (option.dataset.press) $(option.dataset.press)?.click();
  else if (option.href) option.click();
}

if (palette) {
  palette.addEventListener("opened", () => {
    actions();
    input.select();
    filter();
    window.htmx?.trigger(input, "ask");
  });
  input.addEventListener("input", filter);
  palette.addEventListener("htmx:afterSettle", filter);
  palette.addEventListener("keydown", event => {
    const all = options(), at = all.findIndex(o => o.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    } else if (event.key === "Enter" && event.target === input) {
      event.preventDefault();
      if (all[at]) run(all[at]); else input.form?.submit();
    }
  });
  palette.addEventListener("click", event => {
    const option = event.target.closest("[role=option]");
    if (!option || event.ctrlKey || event.metaKey) return;
    if (!option.href) { event.preventDefault(); run(option); } else palette.close();
  });
}
