// Dark or light: as the system has it, until somebody says otherwise.
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
  renderTimeline(); // its colours are painted
}
