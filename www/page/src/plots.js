// The plots of an evaluation, as SVG.

import { s } from "./dom.js";
import { number, percent, t } from "./i18n.js";

const [WIDTH, HEIGHT] = [520, 340];
const [LEFT, RIGHT, TOP, BOTTOM] = [62, 22, 14, 48];
const across = (share) => LEFT + share * (WIDTH - LEFT - RIGHT);
const up = (share) => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);

function frame(label, ...children) {
  return s("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, ...children);
}

function axes(xTicks, yTicks, xName, yName) {
  return s("g", { class: "axes" },
    yTicks.map(([at, text]) => [
      s("line", { x1: across(0), x2: across(1), y1: up(at), y2: up(at) }),
      s("text", { x: across(0) - 8, y: up(at) + 4, "text-anchor": "end" }, text),
    ]),
    xTicks.map(([at, text]) => [
      s("line", { x1: across(at), x2: across(at), y1: up(0), y2: up(0) + 5 }),
      s("text", { x: across(at), y: up(0) + 19, "text-anchor": "middle" }, text),
    ]),
    s("text", { class: "name", x: across(0.5), y: HEIGHT - 8, "text-anchor": "middle" }, xName),
    s("text", { class: "name", x: 14, y: up(0.5), "text-anchor": "middle", transform: `rotate(-90 14 ${up(0.5)})` }, yName),
  );
}

/**
 * The ROC curve. Filters work at the left edge, so ham lost is on a logarithmic scale that begins below one
 * message. Returns the plot and a function that shows a point on it.
 */
export function rocPlot(points, area, ham) {
  const decades = Math.max(2, Math.ceil(Math.log10(2 * ham)));
  const x = (share) => across(share <= 0 ? 0 : Math.max(0, 1 + Math.log10(share) / decades));
  const path = points.map(({ lost, caught }, i) =>
    // Between two points that differ in both, ties are on a line; elsewhere the curve is a staircase.
    `${i ? "L" : "M"}${x(lost).toFixed(1)} ${up(caught).toFixed(1)}`).join("");
  const ticks = Array.from({ length: decades + 1 }, (_, i) => {
    const share = 10 ** (i - decades);
    return [i / decades, i === 0 ? "0" : percentTick(share)];
  });
  const dot = s("circle", { class: "dot", r: 6 });
  const plot = frame(t("rocLabel", { area: number(area, 3) }),
    axes(ticks, [0, 0.25, 0.5, 0.75, 1].map((share) => [share, percentTick(share)]), t("rocX"), t("rocY")),
    s("path", { class: "area", d: `${path}L${across(1)} ${up(0)}L${x(points[0].lost)} ${up(0)}Z` }),
    s("path", { class: "curve", d: path }),
    dot);
  const show = ({ lost, caught }) => {
    dot.setAttribute("cx", x(lost));
    dot.setAttribute("cy", up(caught));
  };
  return { plot, show };
}

const percentTick = (share) => `${number(100 * share, share < 0.001 && share > 0 ? 2 : share < 0.01 && share > 0 ? 1 : 0)} %`;

/** How many ham (to the left of each place) and spam (to the right) got which log-odds. */
export function histogramPlot(bins, thresholds) {
  const most = Math.max(1, ...bins.map(({ ham, spam }) => Math.max(ham, spam)));
  const width = (across(1) - across(0)) / bins.length;
  const odds = (p) => Math.log(p / (1 - p));
  const at = (value) => (value - bins[0].from) / bins.length;
  const bars = bins.flatMap(({ from, ham, spam }, i) =>
    [["ham", ham, 0], ["spam", spam, 1]].filter(([, count]) => count).map(([label, count, side]) =>
      s("rect", {
        class: label, x: across(0) + i * width + 1 + side * (width / 2 - 1), width: width / 2 - 1, y: up(count / most),
        height: up(0) - up(count / most), rx: 1,
      }, s("title", {}, `${t(label)}: ${number(count)} (${number(from)} … ${number(from + 1)})`))));
  const edges = Object.entries(thresholds).map(([label, p]) =>
    s("line", { class: `edge ${label}`, x1: across(at(odds(p))), x2: across(at(odds(p))), y1: up(0), y2: up(1) }));
  const step = Math.max(1, Math.round(bins.length / 8));
  const ticks = bins.filter(({ from }) => from % step === 0).map(({ from }) => [at(from), number(from).replace("-", "−")]);
  const counts = [...new Set([0, Math.ceil(most / 2), most])].map((count) => [count / most, number(count)]);
  return frame(t("histogramLabel"), axes(ticks, counts, t("histogramX"), ""), edges, bars);
}
