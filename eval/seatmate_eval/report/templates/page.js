// Filters the cases and opens what is folded before printing. The page reads without it.
const form = document.querySelector(".filters");
const groups = [...document.querySelectorAll("[data-cases]")].map((group) => ({ group, cases: [...group.querySelectorAll(".case")] }));
const total = groups.reduce((sum, { cases }) => sum + cases.length, 0);
form.hidden = total < 2;
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", () => {
  const suite = form.elements.suite.value;
  const words = form.elements.words.value.trim().toLowerCase();
  let shown = 0;
  for (const { group, cases } of groups) {
    let here = 0;
    for (const one of cases) {
      const fits = (!suite || one.dataset.suite === suite) && (!words || one.textContent.toLowerCase().includes(words));
      one.hidden = !fits;
      here += fits;
    }
    group.hidden = cases.length > 0 && here === 0;
    shown += here;
  }
  form.querySelector("[data-count]").textContent = `${shown} / ${total} 题`;
});
addEventListener("beforeprint", () => document.querySelectorAll("details:not(.folded)").forEach((one) => { one.open = true; }));
