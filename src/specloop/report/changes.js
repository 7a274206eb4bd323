// The changes between two versions of a document, with filters. All text is written as text.
(() => {
  "use strict";
  const { $, make, setUpPages, setUpTabs, setUpTheme } = shell;
  const PAGE = 40;
  const changes = JSON.parse($("changes-data").textContent);
  const filters = { words: $("filter-words"), kind: $("filter-kind"), effect: $("filter-effect") };

  const said = (rules) => rules.map((rule) => rule.text).join(" ");
  const isPlain = (change) => change.kind === "kept" && !change.differs.length;

  function matching() {
    const words = filters.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { kind, effect } = { kind: filters.kind.value, effect: filters.effect.value };
    return changes.filter((change) => {
      const text = (said(change.old) + " " + said(change.new)).toLowerCase();
      const shown = kind === "changed" ? !isPlain(change) : !kind || change.kind === kind;
      return shown && (!effect || change.effect === effect) && words.every((word) => text.includes(word));
    });
  }

  function card(change, number) {
    const notes = [change.effect, ...change.differs.map((what) => "other " + what)].filter(Boolean);
    const tags = notes.map((text) => make("span", "tag", text));
    const header = make("header", "", null, make("h3", "", number + ". " + change.kind), ...tags);
    const { sides: [old, now], why } = wordDifferences(said(change.old), said(change.new));
    const both = change.old.length && change.new.length;
    const sides = make("div", "sides", null,
      side("rejected", "Old", change.old, both ? marked(old, "del") : [said(change.old)]),
      side("chosen", "New", change.new, both ? marked(now, "ins") : [said(change.new)]));
    const below = [told(change), both && why].filter(Boolean).map((text) => make("p", "small muted", text));
    return make("article", "pair", null, header, sides, ...below);
  }

  function told(change) {
    const by = change.effect_by === "model" ? "The model, " + Math.round(100 * (change.confidence || 0)) + "% sure: " : "";
    const found = change.found_by && change.likeness < 1 ? " (found by " + change.found_by + ", likeness " + change.likeness.toFixed(2) + ")" : "";
    return change.reason || found ? by + change.reason + found : "";
  }

  const marked = (runs, tag) => runs.map((run) => (run.changed ? make(tag, "", run.text) : run.text));

  function side(kind, title, rules, content) {
    const places = rules.map((rule) => [rule.place, rule.section.slice(-1)[0]].filter(Boolean).join(" "));
    const heading = make("h4", "", [title, ...places].join(" · "));
    const text = rules.length ? content : [make("span", "muted", "no such rule")];
    return make("section", "side " + kind, null, heading, make("div", "said", null, ...text));
  }

  const pages = setUpPages("changes", "change", PAGE, {
    matching,
    draw: (change, number) => [card(change, number)],
    count: (matches, page, of) => (matches.length ? matches.length + " of " + changes.length + ", page " + page + " of " + of : "No change matches."),
  });
  document.querySelector(".filters").addEventListener("input", pages.restart);
  setUpTheme();
  setUpTabs(() => pages.show(), () => false);
})();
