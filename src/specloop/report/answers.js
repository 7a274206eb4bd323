// Every answer to the held-out probes side by side. Text of models reaches the page as text only.
const answersTab = (() => {
  "use strict";
  const { $, boxes, checked, judgeTag, make, option, setUpPages, shorten, VERDICTS } = shell;
  const PAGE = 5;
  const SHORT = 90;
  const list = $("answer-list");
  const filters = { rule: $("answers-rule"), verdict: $("answers-verdict"), text: $("answers-text") };
  let payload = null;
  let ruleOf = new Map();
  let pages = null;

  // What the page holds is read when it is first asked for: it may be large.
  function data() {
    if (payload) return payload;
    payload = JSON.parse($("answers-data").textContent);
    const own = (one) => ({ entrant: one[0], seed: one[1], text: one[2], end: one[3], letters: one[4], reasons: one[5] });
    payload.probes.forEach((probe, index) => {
      probe.number = index + 1;
      probe.answers = probe.answers.map(own);
    });
    payload.seeds = new Set(payload.probes.flatMap((probe) => probe.answers.map((one) => one.seed)));
    return payload;
  }

  function setUp(rules) {
    if (!list) return;
    ruleOf = new Map(rules.map((rule) => [rule.n, rule]));
    pages = setUpPages("answers", "answer", PAGE, {
      matching,
      draw: card,
      count: (matches, page, of) => (matches.length ? matches.length + " of " + data().probes.length + " probes, page " + page + " of " + of : "No answer matches."),
    });
    for (const id of ["answers-rule", "answers-verdict", "answers-who"]) $(id).addEventListener("change", pages.restart);
    let waiting = 0;
    filters.text.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(pages.restart, 150);
    });
    $("answers-csv").addEventListener("click", () => download.save("answers.csv", "text/csv;charset=utf-8", download.csv(tableRows())));
    $("answers-json").addEventListener("click", () => download.save("answers.json", "application/json", JSON.stringify(records(), null, 1)));
  }

  // The choices need the answers, so they are made when the tab is first shown.
  function fill() {
    if ($("answers-who").querySelector("input")) return;
    for (const number of new Set(data().columns.map(([rule]) => rule))) {
      filters.rule.append(option(number, "R" + number + " " + shorten(ruleOf.get(number).text, SHORT)));
    }
    if (!data().entrants.some(([, , , isBase]) => isBase)) {
      filters.verdict.querySelectorAll("[value=gained], [value=lost]").forEach((option) => option.remove());
    }
    boxes("answers-who", data().entrants.map(([name], index) => [index, name]));
  }

  // --- filters -----------------------------------------------------------------------------------------------------
  const shown = () => checked("answers-who");

  function matching() {
    const who = shown();
    const rule = Number(filters.rule.value);
    const columns = data().columns.flatMap(([number], index) => (!rule || number === rule ? [index] : []));
    const words = filters.text.value.toLowerCase().trim();
    return data().probes.filter((probe) => hasVerdict(probe, who, columns, rule) && hasText(probe, who, words));
  }

  function hasVerdict(probe, who, columns, rule) {
    const choice = filters.verdict.value;
    const own = probe.answers.filter((one) => who.has(one.entrant));
    if (!choice && !rule) return own.length > 0 || probe.failed.some(([entrant]) => who.has(entrant));
    if (choice === "gained" || choice === "lost") return own.some((one) => moved(probe, one, columns, choice));
    const letters = { "": "YNO?A", applies: "YNO?", N: "NO" }[choice] || choice;
    return own.some((one) => columns.some((index) => letters.includes(one.letters[index])));
  }

  // Against the answer before training with the same seed.
  function moved(probe, one, columns, way) {
    const base = probe.answers.find((other) => data().entrants[other.entrant][3] && other.seed === one.seed);
    if (!base || base === one) return false;
    const [from, to] = way === "gained" ? ["NO", "Y"] : ["Y", "NO"];
    return columns.some((index) => from.includes(base.letters[index]) && to.includes(one.letters[index]));
  }

  function hasText(probe, who, words) {
    if (!words) return true;
    const said = probe.prompt.map(([, text]) => data().texts[text]);
    const answered = probe.answers.filter((one) => who.has(one.entrant)).map((one) => one.text);
    return [...said, ...answered].some((text) => text.toLowerCase().includes(words));
  }

  function draw() {
    if (!list) return;
    fill();
    pages.show();
  }

  // --- one probe ---------------------------------------------------------------------------------------------------
  function card(probe) {
    const tags = [probe.side, probe.topic, probe.attack].filter(Boolean).map((text) => make("span", "tag", text));
    const aims = probe.targets.length ? [make("span", "small muted", null, "written to test ", ...joined(probe.targets.map(ruleLink)))] : [];
    const header = make("header", "", null, make("h3", "", "Probe " + probe.number), ...tags, ...aims);
    const who = shown();
    const answers = probe.answers.filter((one) => who.has(one.entrant)).map((one) => answer(one));
    const failed = probe.failed.filter(([entrant, seed]) => who.has(entrant) && !probe.answers.some((one) => one.entrant === entrant && one.seed === seed)).map(noAnswer);
    return make("article", "pair", null, header, ...probe.prompt.map(said), make("div", "answers", null, ...answers, ...failed));
  }

  const joined = (links) => links.flatMap((link, index) => (index ? [", ", link] : [link]));

  function ruleLink(number) {
    const link = make("a", "rule-ref", "R" + number);
    link.href = "#rule-" + number;
    link.title = ruleOf.get(number).text;
    return link;
  }

  function said([role, index]) {
    const text = make("div", "said", data().texts[index]);
    if (role !== "system") return make("div", "turn", null, make("span", "who", role), text);
    return make("details", "turn", null, make("summary", "", "system message"), text);
  }

  const title = (entrant, seed) => data().entrants[entrant][0] + (data().seeds.size > 1 ? ", seed " + seed : "");

  function answer(one) {
    const flags = one.end in data().ends ? [make("span", "tag warn", data().ends[one.end])] : [];
    const header = make("header", "", null, make("h4", "", title(one.entrant, one.seed)), ...flags);
    const text = one.text.trim() ? make("div", "said", one.text) : make("div", "said muted", "(no text)");
    return make("section", "answer", null, header, text, ...verdictsOf(one));
  }

  function noAnswer([entrant, seed, reason]) {
    const header = make("header", "", null, make("h4", "", title(entrant, seed)), make("span", "tag warn", "no answer"));
    return make("section", "answer", null, header, make("p", "small muted", reason));
  }

  function verdictsOf(one) {
    const own = verdicts(one);
    if (!own.length) return [make("p", "small muted", "No verdict on this answer.")];
    const count = (letters) => own.filter(({ letter }) => letters.includes(letter)).length;
    const counts = [["Y", "kept"], ["NO", "broken"], ["?", "unscored"], ["A", "not applicable"]].map(([letters, words]) => count(letters) + " " + words);
    const rule = Number(filters.rule.value);
    const loud = own.filter(({ letter, number }) => number === rule || "NO?".includes(letter));
    const rest = own.filter((verdict) => !loud.includes(verdict));
    const parts = [make("p", "small counts", counts.join(" · "))];
    if (loud.length) parts.push(reasons(loud));
    if (rest.length) parts.push(make("details", "", null, make("summary", "", rest.length + " kept or not applicable"), reasons(rest)));
    return parts;
  }

  function verdicts(one) {
    return data().columns.flatMap(([number, kind, judge, belief], index) => {
      const letter = one.letters[index];
      return letter === "-" ? [] : [{ number, kind, judge, belief, letter, reason: index in one.reasons ? data().texts[one.reasons[index]] : "" }];
    });
  }

  const reasons = (some) => make("ul", "plain verdicts", null, ...alike(some).map(verdictLine));

  // Unscored verdicts that have one reason, such as a cut answer, are one line.
  function alike(some) {
    const lines = new Map();
    for (const verdict of some) {
      const key = verdict.letter === "?" ? verdict.kind + verdict.reason : "rule " + verdict.number + verdict.kind + verdict.judge;
      lines.set(key, [...(lines.get(key) || []), verdict]);
    }
    return [...lines.values()];
  }

  function verdictLine(own) {
    const [{ number, kind, belief, letter, reason }] = own;
    const [style, word, sign] = VERDICTS[letter];
    const item = make("li", style, null, ...joined(own.map((one) => ruleLink(one.number))), " ", make("strong", "", sign + " " + word));
    if (own.length === 1) item.append(": " + ruleOf.get(number).text);
    if (own.length === 1 && ruleOf.get(number).held) item.append(" ", make("span", "tag", "held out"));
    if (reason) item.append(make("span", "why", (kind === "check" ? "check: " : "judge: ") + reason));
    if (kind !== "check") item.append(" ", judgeTag(belief));
    return item;
  }

  // --- downloads ---------------------------------------------------------------------------------------------------
  // Each answer that is shown, over all pages, and each that a shown model failed to give.
  function chosen() {
    const who = shown();
    return matching().flatMap((probe) => {
      const answers = probe.answers.filter((one) => who.has(one.entrant)).map((one) => ({ probe, one }));
      const failed = probe.failed.filter(([entrant, seed]) => who.has(entrant) && !probe.answers.some((one) => one.entrant === entrant && one.seed === seed));
      return [...answers, ...failed.map(([entrant, seed, reason]) => ({ probe, one: { entrant, seed, text: "", end: "failed call: " + reason, letters: "", reasons: {} } }))];
    });
  }

  const request = (probe) => probe.prompt.map(([role, text]) => role + ": " + data().texts[text]).join("\n\n");

  function tableRows() {
    const columns = data().columns.map(([number, kind, judge, belief]) => "R" + number + (kind === "check" ? "" : " by " + judge + " (" + belief + ")"));
    const head = ["probe", "side", "topic", "attack", "written to test", "request", "evaluation", "model", "seed", "end", "answer", "reasons", ...columns];
    return [head, ...chosen().map(({ probe, one }) => {
      const [, label, model] = data().entrants[one.entrant];
      const why = Object.entries(one.reasons).map(([index, text]) => columns[index] + ": " + data().texts[text]).join("\n");
      const letters = columns.map((_, index) => (VERDICTS[one.letters[index]] || ["", ""])[1]);
      const aims = probe.targets.map((number) => "R" + number).join(" ");
      return [probe.id, probe.side, probe.topic, probe.attack, aims, request(probe), label, model, one.seed, one.end, one.text, why, ...letters];
    })];
  }

  function records() {
    return chosen().map(({ probe, one }) => {
      const [, evaluation, model] = data().entrants[one.entrant];
      const messages = probe.prompt.map(([role, text]) => ({ role, content: data().texts[text] }));
      const judged = verdicts(one).map(({ number, kind, judge, belief, letter, reason }) => ({
        rule: ruleOf.get(number).id, number, text: ruleOf.get(number).text, verdict: VERDICTS[letter][1], judge: kind === "check" ? "check" : judge, belief: kind === "check" ? "code" : belief, reason,
      }));
      return { probe: probe.id, side: probe.side, topic: probe.topic, attack: probe.attack, written_to_test: probe.targets, messages, evaluation, model, seed: one.seed, end: one.end, answer: one.text, verdicts: judged };
    });
  }

  function showRule(number) {
    fill();
    filters.rule.value = String(number);
    filters.verdict.value = "applies";
    pages.restart();
    location.hash = "#answers";
  }

  return { setUp, draw, showRule };
})();
