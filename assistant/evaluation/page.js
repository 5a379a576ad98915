"use strict";
for (const filter of document.querySelectorAll(".filter")) {
  filter.hidden = false;
  const questions = [...document.getElementById(filter.dataset.of).querySelectorAll("details.q")];
  const count = filter.querySelector("output");
  const apply = () => {
    const outcomes = new Set([...filter.querySelectorAll("input:checked")].map((box) => box.value));
    const kind = filter.querySelector("select").value;
    const words = filter.querySelector("input[type=search]").value.toLowerCase();
    let shown = 0;
    for (const question of questions) {
      const summary = question.querySelector("summary").textContent.toLowerCase();
      const fits = outcomes.has(question.dataset.outcome)
        && (!kind || question.dataset.kind === kind) && summary.includes(words);
      question.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${questions.length} shown`;
  };
  filter.addEventListener("input", apply);
  apply();
}
// A link to a question shows and opens it; on paper the questions that went wrong are open.
const follow = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.matches("details.q")) {
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
  }
};
addEventListener("hashchange", follow);
follow();
addEventListener("beforeprint", () => {
  for (const question of document.querySelectorAll("details.q")) {
    if (/^wrong/.test(question.dataset.outcome)) question.open = true;
  }
});
