// The page's behaviour. Text of data and models reaches the page only through textContent.
(() => {
  "use strict";
  const { $, boxes, checked, make, option, setUpPages, setUpTabs, setUpTheme, shorten, VERDICTS } = shell;
  const main = $("main");
  const { entrants, specs, rows } = JSON.parse($("answers-data").textContent);
  const SHORT = 70;

  // --- conventions and alpha ---------------------------------------------------------------------------------------
  function setUpChoices() {
    $("choices").hidden = false;
    $("choices").addEventListener("change", (event) => {
      main.dataset[event.target.name] = event.target.value;
      if (pages) pages.show();
    });
  }

  function setUpAlpha() {
    if (!$("alpha")) return;
    const range = $("alpha-range");
    const values = range.dataset.values.split(" ");
    const panels = [...document.querySelectorAll(".alpha-panel")];
    $("alpha").hidden = false;
    range.addEventListener("input", () => {
      const alpha = values[Number(range.value)];
      $("alpha-value").textContent = alpha;
      range.setAttribute("aria-valuetext", "alpha " + alpha);
      panels.forEach((panel) => (panel.hidden = panel.dataset.alpha !== alpha));
    });
    range.setAttribute("aria-valuetext", "alpha " + values[Number(range.value)]);
  }

  // --- answers side by side ----------------------------------------------------------------------------------------
  const filters = ["scenario", "label", "which"].map($);
  let pages = null;

  function setUpAnswers() {
    if (!$("row")) return;
    for (const key of Object.keys(specs)) $("scenario").append(make("option", "", key));
    const seeds = [...new Set(rows.flatMap((row) => row.answers.map((one) => one.seed)))].sort((a, b) => a - b);
    $("seed").append(...seeds.map((seed) => make("option", "", String(seed))));
    $("seed-label").hidden = seeds.length < 2;
    boxes("who", entrants.map(([number, label]) => [number, make("span", "badge", String(number)), " " + label]));
    pages = setUpPages("answers", "row", 1, {
      matching,
      draw: (row) => [question(row), answersOf(row)],
      count: (matches, page) => {
        fillRows(matches, page - 1);
        return matches.length ? "Prompt " + page + " of " + matches.length : "No prompt matches.";
      },
    });
    filters.forEach((filter) => filter.addEventListener("change", pages.restart));
    $("row").addEventListener("change", (event) => pages.show(Number(event.target.value)));
    for (const id of ["seed", "who"]) $(id).addEventListener("change", () => pages.show());
  }

  function matching() {
    const [scenario, label, which] = filters.map((filter) => filter.value);
    return rows.filter((row) => (!scenario || row.scenario === scenario) && (!label || row.label === label) && (!which || row[which]));
  }

  function fillRows(matches, at) {
    $("row").replaceChildren(...matches.map((row, index) => option(index, row.scenario + " " + row.number + ", " + row.label + ": " + shorten(row.query || row.asked, SHORT))));
    $("row").value = String(at);
  }

  const block = (title, text) => (text ? [make("h4", "", title), make("div", "said", text)] : []);

  function question(row) {
    const tags = [row.label, row.source].filter(Boolean).map((text) => make("span", "tag", text));
    const header = make("header", "", null, make("h3", "", row.scenario + " " + row.number), ...tags);
    const parts = [...block("Asked", row.asked), ...block("What the judge sees as the query", row.query), ...block("Reference answer", row.reference)];
    return make("section", "question", null, header, ...parts);
  }

  function answersOf(row) {
    const shown = checked("who");
    const seed = Number($("seed").value);
    const mine = row.answers.filter((one) => shown.has(one.entrant) && one.seed === seed);
    if (!mine.length) return make("p", "muted", "No answer to show: choose an entrant, or another seed.");
    return make("div", "answers", null, ...mine.map((one) => card(row, one)));
  }

  function card(row, one) {
    const label = entrants.find(([number]) => number === one.entrant)[1];
    const shown = one.scores.filter(([, , convention]) => !convention || convention === main.dataset.na);
    const scores = shown.map(([title, value]) => title + " " + value);
    const header = make("header", "", null, make("span", "badge", String(one.entrant)), make("h4", "", label),
      ...(one.judged ? scores : ["not judged"]).map((text) => make("span", "tag", text)), ...flags(one));
    const said = region("said", one.text || "(empty answer)", "Answer of " + label);
    const parts = [...thought(one, label), said, ...verdictsOf(row, one), facts(one)];
    return make("article", "answer" + (one.broken ? " broken-safety" : ""), null, header, ...parts);
  }

  // A text that scrolls, by keyboard too.
  function region(style, text, label) {
    const said = make("div", style, text);
    said.tabIndex = 0;
    said.setAttribute("role", "region");
    said.setAttribute("aria-label", label);
    return said;
  }

  function flags(one) {
    const remarks = [];
    if (one.suspicions.length) remarks.push("suspicious: " + one.suspicions.join("; "));
    if (one.hidden) remarks.push("judge was not shown " + one.hidden + " characters");
    if (one.plain) remarks.push("prompt before the attack");
    if (one.repairs) remarks.push("judge asked again " + one.repairs + "×");
    if (one.end) remarks.push(one.end);
    return remarks.map((text) => make("span", "tag warn", text));
  }

  function thought(one, label) {
    if (!one.thought) return [];
    const said = region("said muted", one.thought, "Thought of " + label);
    return [make("details", "", null, make("summary", "", "Thought, " + one.thought.length + " characters"), said)];
  }

  function verdictsOf(row, one) {
    if (!one.judged) return [];
    const own = specs[row.scenario].map(([tag, text], index) => ({ tag, text, verdict: one.verdicts[index], why: one.why[index] }));
    const marks = make("ul", "marks", null, ...own.map(({ tag, verdict }) => {
      const [style, words, sign] = VERDICTS[verdict];
      const mark = make("li", style, tag + " " + sign);
      mark.setAttribute("aria-label", tag + " " + words);
      return mark;
    }));
    marks.setAttribute("aria-label", "Verdicts");
    const loud = own.filter(({ verdict }) => verdict === "N" || verdict === "?");
    const rest = own.filter(({ verdict }) => verdict === "Y" || verdict === "A");
    const parts = [marks];
    if (loud.length) parts.push(make("h5", "", "Broken or unscored"), reasons(loud));
    if (rest.length) parts.push(make("details", "", null, make("summary", "", rest.length + " kept or not applicable"), reasons(rest)));
    return parts;
  }

  function reasons(some) {
    return make("ul", "findings-of", null, ...some.map(({ tag, text, verdict, why }) => {
      const item = make("li", "", null, make("strong", "", tag + " " + VERDICTS[verdict][1] + ": "), text);
      if (why) item.append(make("span", "why", why));
      return item;
    }));
  }

  function facts(one) {
    const count = (n) => n.toLocaleString("en");
    const parts = [one.paper === null ? "tokens not known" : count(one.paper) + " tokens as papers count"];
    if (one.billed !== null) parts.push(count(one.billed) + " as billed");
    if (one.calls !== null) parts.push(one.calls + (one.calls === 1 ? " call" : " calls"));
    if (one.seconds) parts.push(one.seconds.toFixed(1) + " s");
    if (one.candidates) parts.push("chosen from " + one.candidates);
    if (one.form !== "plain") parts.push(one.form === "native" ? "turn continued natively" : "conversational form");
    return make("p", "small muted", parts.join(" · "));
  }

  setUpTheme();
  setUpChoices();
  setUpAlpha();
  setUpAnswers();
  setUpTabs((name) => { if (name === "answers" && pages) pages.show(); }, () => false);
})();
