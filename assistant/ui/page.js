// Runs once, when the sources panel is on the page. `element` is the panel; `trigger` and `watch`
// are Gradio's. Every button of class "cite", in the chat or in the panel, names a source in its
// value; the server answers with the panel's new content.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button.cite");
  if (button) trigger("click", { source: button.value, at: Date.now() });
});
watch("value", () => {
  const chosen = element.querySelector("mark.chosen");
  const panel = element.querySelector(".panel");
  if (chosen) {
    chosen.scrollIntoView({ block: "center" });
    chosen.focus({ preventScroll: true });
  } else if (panel) {
    panel.parentElement.scrollTop = 0;
  }
});
