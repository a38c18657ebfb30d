/* Charts: an adapter over Chart.js. A page renders ui/_chart_card.html with its data as JSON. Colours come from the
   tokens, so light, dark and high contrast need no chart code. Every chart has a "Show as table" twin. */
import { $$, onContent, within } from "./dom.js";

const drawn = new WeakMap();
const probe = document.createElement("i");
probe.hidden = true;
const css = name => { probe.style.color = `var(--${name})`; return getComputedStyle(probe).color; };
const tone = name => css(name.includes("-") ? name : `${name}-solid`);
const faint = (color, alpha) => color.replace(/^rgba?\(([\d.]+)[, ]+([\d.]+)[, ]+([\d.]+).*$/, `rgba($1, $2, $3, ${alpha})`);
const language = document.documentElement.lang || "en";
const show = (value, unit = "") => (value == null ? "–" : Number(value).toLocaleString(language) + unit);

function axes(data) {
  const font = { size: 11, family: getComputedStyle(document.body).fontFamily };
  const ticks = { color: css("text-3"), font, maxRotation: 0, autoSkipPadding: 12 };
  const category = { type: "category", border: { color: css("line-strong"), display: !data.horizontal }, grid: { display: false }, stacked: !!data.stack, ticks };
  const value = { type: "linear", min: data.min, max: data.max, beginAtZero: data.min === undefined, border: { display: false }, grid: { color: css("line") }, stacked: !!data.stack, ticks: { ...ticks, maxTicksLimit: 6, callback: v => show(v, data.unit) } };
  return { category, value, font };
}

function options(data, scales, font) {
  return {
    responsive: true, maintainAspectRatio: false, locale: language,
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 250 },
    interaction: { mode: "index", intersect: false },
    layout: { padding: { right: 8, top: 4 } },
    scales,
    plugins: {
      legend: { display: false },
      tooltip: {
        backgroundColor: css("raised"), titleColor: css("text"), bodyColor: css("text-2"), borderColor: css("line-strong"), borderWidth: 1,
        padding: 10, cornerRadius: 6, usePointStyle: true, boxPadding: 4, titleFont: font, bodyFont: font,
        callbacks: { label: item => ` ${item.dataset.label}: ${show(item.parsed[data.horizontal ? "x" : "y"], data.unit)}` },
      },
    },
  };
}

/* A dashed line at the promise, drawn over the chart */
const target = {
  id: "target",
  afterDatasetsDraw(chart, _args, { value, label, color, font }) {
    if (value == null) return;
    const { ctx, chartArea: area, scales } = chart, y = scales.y.getPixelForValue(value);
    if (!(y >= area.top && y <= area.bottom)) return;
    ctx.save();
    ctx.strokeStyle = color;
    ctx.setLineDash([4, 4]);
    ctx.beginPath(); ctx.moveTo(area.left, y); ctx.lineTo(area.right, y); ctx.stroke();
    if (label) { ctx.fillStyle = color; ctx.font = `${font.size}px ${font.family}`; ctx.textAlign = "right"; ctx.fillText(label, area.right - 4, y - 5); }
    ctx.restore();
  },
};

const TYPES = {
  line(data) {
    const { category, value, font } = axes(data);
    return {
      type: "line",
      data: { labels: data.x, datasets: data.series.map(s => ({
        label: s.name, data: s.data, tension: .25, spanGaps: false, borderColor: tone(s.tone), backgroundColor: s.strong ? faint(tone(s.tone), .07) : tone(s.tone),
        fill: s.strong ? "start" : false, borderWidth: s.strong ? 2.5 : 1.5, borderDash: s.dash ? [4, 4] : [], pointRadius: 0, pointHoverRadius: 4, pointHitRadius: 10, order: s.strong ? 0 : 1,
      })) },
      options: options(data, { x: category, y: value }, font),
    };
  },
  bars(data) {
    const { category, value, font } = axes(data);
    return {
      type: "bar",
      data: { labels: data.x, datasets: data.series.map(s => ({
        label: s.name, data: s.data, type: s.line ? "line" : "bar", backgroundColor: tone(s.tone), borderColor: s.line ? tone(s.tone) : css("surface"),
        borderWidth: s.line ? 2 : data.stack ? { left: .5, right: .5 } : 0, borderRadius: data.stack ? 0 : 3, maxBarThickness: 22, categoryPercentage: .7, barPercentage: .9, pointRadius: 0, tension: .2,
      })) },
      options: { ...options(data, data.horizontal ? { x: value, y: category } : { x: category, y: value }, font), indexAxis: data.horizontal ? "y" : "x" },
    };
  },
  bubble(data) {
    const { value, font } = axes(data);
    const name = text => ({ display: !!text, text, color: css("text-3"), font });
    const result = {
      type: "bubble",
      data: { datasets: data.points.map(p => ({ label: p.name, data: [{ x: p.value[0], y: p.value[1], r: p.size / 2 }], backgroundColor: faint(tone(p.tone), .6), borderColor: tone(p.tone) })) },
      options: options(data, {
        x: { ...value, min: data.xMin, max: data.xMax, title: name(data.xName), ticks: { ...value.ticks, callback: v => show(v, data.xUnit) } },
        y: { ...value, min: data.yMin, max: data.yMax, title: name(data.yName), ticks: { ...value.ticks, callback: v => show(v, data.yUnit) } },
      }, font),
    };
    result.options.interaction = { mode: "nearest", intersect: true };
    result.options.plugins.tooltip.callbacks = { label: i => ` ${i.dataset.label}: ${show(i.parsed.x, data.xUnit)}, ${show(i.parsed.y, data.yUnit)}` };
    return result;
  },
};

function draw(element) {
  const source = document.getElementById(element.dataset.src), canvas = element.querySelector("canvas");
  if (!source || !canvas || !window.Chart) return;
  const data = JSON.parse(source.textContent), config = TYPES[element.dataset.chart](data);
  config.plugins = [target];
  config.options.plugins.target = { value: data.target, label: data.targetLabel, color: css("text-3"), font: { size: 11, family: getComputedStyle(document.body).fontFamily } };
  /* Every point may lead to its tickets: data.urls holds an address per label */
  if (data.urls) config.options.onClick = (_event, hits) => { const url = data.urls[hits[0]?.index]; if (url) location.assign(url); };
  drawn.get(element)?.destroy();
  drawn.set(element, new window.Chart(canvas, config));
}

document.body.append(probe);
onContent(part => within("[data-chart]", part).forEach(draw));
const redraw = () => $$("[data-chart]").forEach(draw);
document.addEventListener("themechange", redraw);
addEventListener("beforeprint", redraw);
