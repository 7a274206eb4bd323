// The page's behaviour. Document and model text reaches the page only through textContent.
(() => {
  "use strict";
  const { $, judgeTag, make, option, press, setUpPages, setUpTabs, setUpTheme, shorten, table, target } = shell;
  const PAGE = 10;
  const SHORT = 90;
  const rules = JSON.parse($("rules-data").textContent);
  const { texts, pairs } = JSON.parse($("pairs-data").textContent);
  const byNumber = new Map(rules.map((rule) => [rule.n, rule]));

  // --- rules in the document ---------------------------------------------------------------------------------------
  const marks = [...document.querySelectorAll(".mark")];
  const panel = $("panel");
  const entrant = $("colour-of");
  // What each way to have verdicts is called, as the legend says.
  const origins = Object.fromEntries([...document.querySelectorAll(".key-origin li")].map((one) => [one.dataset.origin, { sign: one.children[0].textContent, words: one.children[1].textContent }]));
  const narrow = matchMedia("(max-width: 59.99rem)");
  let selected = 0;

  function setUpRules() {
    marks.forEach((mark) => mark.setAttribute("aria-pressed", "false"));
    if (marks.length) marks[0].tabIndex = 0;
    $("source").parentElement.addEventListener("click", (event) => {
      const mark = event.target.closest(".mark");
      const span = mark || event.target.closest(".rule");
      if (!span || (!mark && String(getSelection()))) return;
      select(Number(span.dataset.rule));
      if (mark && event.detail === 0) panel.focus({ preventScroll: true });
    });
    document.addEventListener("keydown", (event) => {
      const index = marks.indexOf(document.activeElement);
      const to = index < 0 ? null : target(event, index, marks.length);
      if (to !== null) {
        event.preventDefault();
        move(marks[to]);
      } else if (event.key === "Escape" && selected && !$("document").hidden) {
        closePanel();
      }
    });
    const colours = document.querySelector(".colours");
    colours.hidden = false;
    colours.addEventListener("change", (event) => {
      if (event.target === entrant) standAll();
      else document.querySelector(".reader").dataset.colour = event.target.value;
    });
  }

  // Colours and figures of all rules, of the entrant that is chosen.
  function standAll() {
    const at = Number(entrant.value);
    const spans = Map.groupBy(document.querySelectorAll(".rule"), (span) => Number(span.dataset.rule));
    for (const rule of rules) {
      const [level, trend, origin, figures] = rule.standings[at];
      const { sign, words } = origins[origin];
      for (const span of spans.get(rule.n) || []) {
        for (const name of [...span.classList]) if (/^(l[n\d]|[co]-\w+)$/.test(name)) span.classList.remove(name);
        span.classList.add("l" + level, "c-" + trend, "o-" + origin);
      }
      const way = { up: " ▲", down: " ▼" }[trend] || "";
      const own = mark(rule.n);
      own.classList.toggle("blank", !figures);
      own.classList.toggle("unsure", !["code", "certified"].includes(origin));
      own.querySelector("b").textContent = figures ? figures + (origin === "code" ? "" : " " + sign) + way : words;
      own.setAttribute("aria-label", ["Rule " + rule.n, figures, words, ...rule.marks].filter(Boolean).join(", "));
    }
  }

  function move(mark) {
    mark.focus({ preventScroll: true });
    bring(mark);
    if (selected) select(Number(mark.dataset.rule));
    else focusable(mark);
  }

  // On a narrow screen the panel covers the lower part.
  function bring(mark) {
    mark.scrollIntoView({ block: narrow.matches ? "start" : "center" });
  }

  const focusable = (mark) => marks.forEach((other) => (other.tabIndex = other === mark ? 0 : -1));

  const mark = (number) => $("rule-" + number);

  function highlight(number) {
    document.querySelectorAll(".rule.selected").forEach((span) => span.classList.remove("selected"));
    marks.forEach((other) => other.setAttribute("aria-pressed", String(Number(other.dataset.rule) === number)));
    if (!number) return;
    document.querySelectorAll('.rule[data-rule="' + number + '"]').forEach((span) => span.classList.add("selected"));
    focusable(mark(number));
  }

  function select(number) {
    selected = number;
    highlight(number);
    const rule = byNumber.get(number);
    panel.replaceChildren(panelHead(rule), ...panelBody(rule));
    panel.scrollTop = 0;
  }

  function closePanel() {
    const back = mark(selected);
    highlight(0);
    selected = 0;
    panel.replaceChildren(make("p", "muted hint", "Choose a rule in the text."));
    back.focus({ preventScroll: true });
  }

  function panelHead(rule) {
    const step = (words, sign, by) => {
      const go = () => {
        const index = marks.indexOf(mark(selected));
        const next = marks[(index + by + marks.length) % marks.length];
        select(Number(next.dataset.rule));
        bring(next);
        panel.querySelector('[aria-label="' + words + '"]').focus({ preventScroll: true });
      };
      return press(sign, go, words);
    };
    const close = press("×", closePanel, "Close the rule");
    return make("div", "panel-head", null, make("strong", "", "Rule " + rule.n), step("Previous rule", "‹", -1), step("Next rule", "›", 1), close);
  }

  function panelBody(rule) {
    const parts = [make("p", "quote", rule.text)];
    if (rule.section) parts.push(make("p", "small muted", rule.section));
    if (rule.held) parts.push(make("p", "", null, make("span", "tag warn", "held out of training")));
    if (rule.edits.length) parts.push(make("h4", "", "Edited by hand"), make("ul", "", null, ...rule.edits.map(editOf)));
    parts.push(make("h4", "", "Check"), make("p", rule.decidable ? "" : "muted", rule.check));
    parts.push(make("h4", "", "How it was judged"), make("ul", "plain", null, ...rule.standings.map(standingOf)));
    parts.push(...figureTable("Scored cases that kept it", rule.figures));
    parts.push(...figureTable("The same by a judge, as it says", rule.judged));
    parts.push(...verdictTable(rule.verdicts));
    if (rule.remarks.length) {
      parts.push(make("h4", "", "Remarks on the document"), make("ul", "", null, ...rule.remarks.map((text) => make("li", "", text))));
    }
    parts.push(make("h4", "", "Pairs"), pairLink(rule));
    if (rule.answered) parts.push(make("h4", "", "Held-out answers"), press("Read them", () => answersTab.showRule(rule.n)));
    parts.push(make("h4", "", "Fields"), chips(rule.fields), make("p", "small muted", null, make("code", "", rule.id)));
    return parts;
  }

  const editOf = ([done, by, reason]) => make("li", "", null, done, make("div", "small muted", [by, reason].filter(Boolean).join(" · ")));

  function standingOf([, , origin, , judge, labelled], at) {
    const { sign, words } = origins[origin];
    const name = entrant ? entrant.options[at].textContent + ": " : "";
    const item = make("li", "", null, name, make("span", "origin o-" + origin, sign + " " + words));
    if (judge) item.append(make("span", "small muted", " " + judge));
    if (labelled) item.append(make("span", "small muted", " · " + origins.people.sign + " " + labelled + (labelled === 1 ? " answer" : " answers") + " labelled by people"));
    return item;
  }

  function chips(fields) {
    return make("div", "chips", null, ...fields.map(([key, value]) => make("span", "", null, make("b", "", key + " "), value)));
  }

  const figureTable = (title, figures) => (figures.length ? [make("h4", "", title), table(["", "kept", "interval", "n", "unscored"], figures.map((row) => row.slice(0, 5))), ...corrections(figures)] : []);

  // What stands without a judge's errors, below the table.
  function corrections(figures) {
    const items = figures.filter((row) => row[5]).map((row) => make("li", "", row[0] + ": " + row[5]));
    return items.length ? [make("ul", "plain small muted", null, ...items)] : [];
  }

  function verdictTable(rows) {
    const parts = [];
    for (const [kind, title] of [["check", "Verdicts of the check"], ["model", "Verdicts of a model"], ["human", "Verdicts of people"]]) {
      const own = rows.filter((row) => row[1] === kind);
      if (!own.length) continue;
      parts.push(make("h4", "", title));
      parts.push(table(["answers of", "yes", "no", "n/a", "unscored"], own.map((row) => [row[0], ...row.slice(3, 7)])));
      const over = own.reduce((sum, row) => sum + row[7], 0);
      if (over) parts.push(make("p", "small muted", over + " of the “no” applied the rule where its condition does not hold."));
    }
    return parts;
  }

  function pairLink(rule) {
    if (!rule.pairs) return make("p", "muted", "No pair is about this rule.");
    return press("Show " + rule.pairs + (rule.pairs === 1 ? " pair" : " pairs"), () => {
      filters.rule.value = String(rule.n);
      pages.restart();
      location.hash = "#pairs";
    });
  }

  // --- preference pairs --------------------------------------------------------------------------------------------
  const filters = { rule: $("filter-rule"), side: $("filter-side"), split: $("filter-split"), level: $("filter-level") };
  let pages = null;

  function setUpPairs() {
    if (!$("pair-list")) return;
    for (const rule of rules) {
      if (rule.pairs) filters.rule.append(option(rule.n, "R" + rule.n + " (" + rule.pairs + ") " + shorten(rule.text, SHORT)));
    }
    pages = setUpPages("pairs", "pair", PAGE, {
      matching,
      draw: pairCard,
      count: (matches, page, of) => (matches.length ? matches.length + " of " + pairs.length + " pairs, page " + page + " of " + of : "No pair matches."),
    });
    document.querySelector("#pairs .filters").addEventListener("change", pages.restart);
  }

  function matching() {
    const rule = Number(filters.rule.value);
    return pairs.filter((pair) =>
      (!rule || pair.broken.some((one) => one[0] === rule)) &&
      (!filters.side.value || pair.side === filters.side.value) &&
      (!filters.split.value || pair.split === filters.split.value) &&
      (!filters.level.value || pair.level === filters.level.value));
  }

  function pairCard(pair, number) {
    const tags = [pair.side, pair.split].map((text) => make("span", "tag", text));
    const header = make("header", "", null, make("h3", "", "Pair " + number), ...tags);
    const { sides: [chosen, rejected], why } = wordDifferences(pair.chosen, pair.rejected);
    const sides = make("div", "sides", null,
      side("chosen", "Chosen ✓", marked(chosen, "ins"), pair.quality[0], pair.repairs),
      side("rejected", "Rejected ✗", marked(rejected, "del"), pair.quality[1], []));
    const note = why ? [make("p", "small muted", why)] : [];
    return make("article", "pair", null, header, ...pair.prompt.map(turnOf), sides, ...note, broken(pair), provenance(pair));
  }

  function turnOf([role, index]) {
    const said = make("div", "said", texts[index]);
    if (role !== "system") return make("div", "turn", null, make("span", "who", role), said);
    return make("details", "turn", null, make("summary", "", "system message"), said);
  }

  const marked = (runs, tag) => runs.map((run) => (run.changed ? make(tag, "", run.text) : run.text));

  function side(kind, title, content, quality, repairs) {
    const notes = [];
    if (quality !== null) notes.push("quality " + quality.toFixed(2));
    if (repairs.length) notes.push("repaired for " + repairs.join(", "));
    const heading = make("h4", "", [title, ...notes].join(" · "));
    return make("section", "side " + kind, null, heading, make("div", "said", null, ...content));
  }

  function broken(pair) {
    const items = pair.broken.map(([number, id, reason, belief, also]) => {
      const rule = byNumber.get(number);
      const name = rule ? make("a", "rule-ref", "R" + number) : make("code", "", id);
      if (rule) name.href = "#rule-" + number;
      const item = make("li", "", null, "Rejected breaks ", name, rule ? ": " + rule.text + " " : " ");
      if (reason) item.append(make("span", "why", "(" + reason + ")"));
      if (belief) item.append(" ", judgeTag(belief));
      if (also) item.append(" ", make("span", "small muted", "agreed: " + also));
      return item;
    });
    return make("ul", "broken", null, ...items);
  }

  function provenance(pair) {
    const rows = pair.from.map(([key, value]) => make("div", "", null, make("dt", "", key), make("dd", "", null, make("code", "", value))));
    return make("details", "", null, make("summary", "", "Where it came from"), make("dl", "entries", null, ...rows));
  }

  function goTo(element) {
    if (!element.matches(".mark")) return false;
    select(Number(element.dataset.rule));
    bring(element);
    element.focus({ preventScroll: true });
    return true;
  }

  setUpTheme();
  setUpRules();
  setUpPairs();
  answersTab.setUp(rules);
  if (matchMedia("(max-width: 74.99rem)").matches) document.querySelector(".toc").open = false;
  setUpTabs((name) => {
    if (name === "pairs" && pages) pages.show();
    if (name === "answers") answersTab.draw();
  }, goTo);
})();
