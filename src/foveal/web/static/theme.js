// Runs before the first paint, so that a chosen theme never flashes.
(function setTheme() {
  let theme = null;
  try {
    theme = JSON.parse(localStorage.getItem("foveal.theme"));
  } catch { /* storage is off: follow the system */ }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}());
