// Dark or light, like the system, until the user chooses.
import { renderTimeline } from "./events.js";

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

export function followSystemTheme() {
  prefersDark.addEventListener("change", useSystemTheme);
  useSystemTheme();
}

export function toggleTheme() {
  use(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
}

function useSystemTheme() {
  use(prefersDark.matches ? "dark" : "light");
}

function use(/** @type {"dark" | "light"} */ theme) {
  document.documentElement.dataset.theme = theme;
  renderTimeline(); // a canvas keeps the colours it was painted with
}
