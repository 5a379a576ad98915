// Runs once, when the sources panel is on the page. `element` is the panel; `trigger` and `watch`
// are Gradio's. Buttons of class "cite" name a source in their value, those of class "act" an
// action and an exchange; the server answers, but for copying.
const events = { edit: "edit", retry: "retry", helpful: "like", unhelpful: "like" };

let opened = "";  // the source that was opened last

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.cite, button.act");
  if (!button) return;
  const action = button.value.split(".")[0];
  if (action === "copy") copy(button);
  else trigger(events[action] ?? "click", { value: button.value, at: Date.now() });
  if (button.matches(".cite:not(.back)")) opened = button.value;
});

// Escape leaves an article, and the changing of a question.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const within = event.target.closest("#sources, #talk");
  if (within?.id === "sources") within.querySelector(".back")?.click();
  else within?.querySelector("#editing button")?.click();
});

watch("value", () => {
  const chosen = element.querySelector("mark.chosen");
  const panel = element.querySelector(".panel");
  if (chosen) {
    chosen.scrollIntoView({ block: "center" });
    chosen.focus({ preventScroll: true });
  } else if (panel) {
    panel.parentElement.scrollTop = 0;
    // Back from an article: to where it was opened, unless the reader has gone elsewhere.
    if (document.activeElement === document.body) element.querySelector(`.card[value="${opened}"]`)?.focus();
  }
});

// Gradio keeps the menus of the table's columns, which sort it, from the keyboard.
document.addEventListener("focusin", (event) => {
  for (const button of event.target.closest("#articles")?.querySelectorAll(".cell-menu-button") ?? []) button.tabIndex = 0;
});

// Gradio labels each message with its HTML, and may make the chat anew when its tab is shown again.
function unlabel() {
  for (const message of document.querySelectorAll("#chat [data-testid][aria-label]")) message.removeAttribute("aria-label");
}
new MutationObserver(unlabel).observe(document.body, { subtree: true, childList: true, attributeFilter: ["aria-label"] });
unlabel();

function copy(button) {
  const reply = button.closest(".reply").cloneNode(true);
  for (const marker of reply.querySelectorAll(".marker")) marker.replaceWith(` [${marker.value.split(".")[1]}]`);
  const parts = [...reply.querySelectorAll(".verdict, .short, .text, .aside, .nearest li, .quotes li")];
  const lines = parts.map((part) => {
    const quote = part.querySelector("q");
    const source = part.querySelector("cite, .chip");
    const number = part.value ? `[${part.value}] ` : "";
    return quote ? `${number}“${quote.textContent}” (${source.textContent})` : part.textContent;
  });
  const text = lines.map((line) => line.replace(/\s+/g, " ").trim()).join("\n\n");
  const done = () => { button.textContent = "Copied"; };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done);
  else {  // not over https: the way of old
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    if (document.execCommand("copy")) done();
    area.remove();
  }
}
