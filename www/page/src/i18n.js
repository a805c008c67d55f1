// The page's languages.

import en from "./en.js";
import { keep, kept } from "./kept.js";
import zh from "./zh.js";

const TABLES = { en, zh };
const KEY = "tamis-language";

/** The language in use. */
export let language = "en";

/** The text of a key, with values put in. */
export function t(key, values = {}) {
  const text = TABLES[language][key] ?? en[key] ?? key;
  return typeof text === "function" ? text(values) : text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Whether there is a text for the key. */
export const has = (key) => key in TABLES[language];

/** Starts with the language chosen before, or else the first of the browser's that is known. */
export function startLanguage() {
  const known = (tag) => Object.keys(TABLES).find((name) => tag?.toLowerCase().split("-")[0] === name);
  use(known(kept(KEY)) ?? navigator.languages.map(known).find(Boolean) ?? "en");
}

/** Changes the language; everything on the page follows, through the `language` event. */
export function chooseLanguage(name) {
  keep(KEY, name);
  use(name);
}

function use(name) {
  language = name;
  document.documentElement.lang = name === "zh" ? "zh-Hans" : name;
  translate();
  document.dispatchEvent(new Event("language"));
}

/** Puts the texts where the markup asks for them: `data-t`, `data-t-label`, `data-t-placeholder`. */
function translate() {
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  }
  for (const element of document.querySelectorAll("[data-t-placeholder]")) {
    element.setAttribute("placeholder", t(element.dataset.tPlaceholder));
  }
}

/** A probability for people: more digits towards the ends, where they matter. */
export function percent(p) {
  const format = (value, digits) =>
    new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits })
      .format(value);
  if (p > 0.9999) return `> ${format(0.9999, 2)}`;
  if (p < 0.0001) return `< ${format(0.0001, 2)}`;
  return format(p, p > 0.995 || p < 0.005 ? 2 : p > 0.95 || p < 0.05 ? 1 : 0);
}

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

/** A number with its sign, with a real minus. */
export const signed = (value, digits = 2) =>
  new Intl.NumberFormat(language, {
    minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "exceptZero",
  }).format(value).replace("-", "−");

export function shortDate(date) {
  if (!date || Number.isNaN(+date)) return "";
  return new Intl.DateTimeFormat(language, { year: "numeric", month: "short", day: "numeric" }).format(date);
}

export function longDate(date) {
  if (!date || Number.isNaN(+date)) return "";
  return new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" }).format(date);
}

export function bytes(size) {
  const [value, unit] = size < 1000 ? [size, "byte"] : size < 1e6 ? [size / 1e3, "kilobyte"] : [size / 1e6, "megabyte"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 })
    .format(value);
}
