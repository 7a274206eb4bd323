// What every page of ours does: theme, parts as tabs, lists page by page, and making elements whose text stays text.
const shell = (() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  document.documentElement.classList.add("js");

  function make(tag, className, text, ...children) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined && text !== null) element.textContent = text;
    element.append(...children);
    return element;
  }

  function press(text, action, label) {
    const button = make("button", "", text);
    button.type = "button";
    if (label) button.setAttribute("aria-label", label);
    button.addEventListener("click", action);
    return button;
  }

  const shorten = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);

  // What an answer's verdict is called: its class, its word and its sign.
  const VERDICTS = { Y: ["yes", "kept", "✓"], N: ["no", "broken", "✗"], O: ["no", "over-applied", "✗"], "?": ["unread", "unscored", "?"], A: ["na", "does not apply", "–"] };

  // How far the model is believed that gave a verdict.
  const judgeTag = (belief) => make("span", belief === "certified" ? "tag" : "tag warn", belief + " judge");

  function option(value, text) {
    const made = make("option", "", text);
    made.value = String(value);
    return made;
  }

  // Checked boxes in the field of that id, one for each value, with what stands beside it.
  function boxes(id, entries) {
    for (const [value, ...beside] of entries) {
      const box = make("input");
      box.type = "checkbox";
      box.checked = true;
      box.value = String(value);
      $(id).append(make("label", "", null, box, " ", ...beside));
    }
  }

  const checked = (id) => new Set([...$(id).querySelectorAll("input:checked")].map((box) => Number(box.value)));

  // --- lists that are shown page by page ---------------------------------------------------------------------------
  // `matching` gives all that the filters of a part let through, `draw` the elements of one of them, and `count` says
  // how much there is, from the list, the page and the number of pages.
  function setUpPages(part, id, size, { matching, draw, count }) {
    let at = 0;
    const buttons = [...$(part).querySelectorAll("[data-step]")];
    const pagesOf = (matches) => Math.max(1, Math.ceil(matches.length / size));

    function show(to = at) {
      at = to;
      const matches = matching();
      const pages = pagesOf(matches);
      $(id + "-list").replaceChildren(...matches.slice(at * size, (at + 1) * size).flatMap((one, index) => draw(one, at * size + index + 1)));
      $(id + "-count").textContent = count(matches, at + 1, pages);
      buttons.forEach((button) => {
        const next = at + Number(button.dataset.step);
        button.disabled = next < 0 || next >= pages;
      });
    }

    function turn(step) {
      const to = at + step;
      if (to < 0 || to >= pagesOf(matching())) return;
      show(to);
      scrollTo({ top: 0, behavior: "auto" });
    }

    buttons.forEach((button) => button.addEventListener("click", () => turn(Number(button.dataset.step))));
    $(part).addEventListener("keydown", (event) => {
      if (event.target.closest("select, summary, input, .said") || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "ArrowRight") turn(1);
      if (event.key === "ArrowLeft") turn(-1);
    });
    return { show, restart: () => show(0) };
  }

  // --- parts of the page as tabs -----------------------------------------------------------------------------------
  const tabs = [...document.querySelectorAll(".tabs a")];
  const views = tabs.map((tab) => $(tab.dataset.view));

  function setUpTabs(onShow, onElement) {
    const route = () => go(onShow, onElement);
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault();
      $("main").focus();
    });
    tabs[0].parentElement.setAttribute("role", "tablist");
    tabs.forEach((tab, index) => {
      tab.setAttribute("role", "tab");
      tab.id = "tab-" + tab.dataset.view;
      tab.setAttribute("aria-controls", tab.dataset.view);
      views[index].setAttribute("role", "tabpanel");
      views[index].setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("keydown", (event) => {
        const to = target(event, index, tabs.length);
        if (to === null) return;
        event.preventDefault();
        tabs[to].focus();
        tabs[to].click();
      });
      // Not by following the link: that would take the focus from the tab.
      tab.addEventListener("click", (event) => {
        event.preventDefault();
        history.pushState(null, "", tab.hash);
        route();
      });
    });
    addEventListener("hashchange", route);
    route();
  }

  function target(event, index, count) {
    const moves = { ArrowRight: index + 1, ArrowDown: index + 1, ArrowLeft: index - 1, ArrowUp: index - 1, Home: 0, End: count - 1 };
    return event.key in moves ? (moves[event.key] + count) % count : null;
  }

  function show(name, onShow) {
    tabs.forEach((tab, index) => {
      const on = tab.dataset.view === name;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      views[index].hidden = !on;
    });
    onShow(name);
  }

  // Shows the part that the address names; `onElement` takes an element within a part where it returns true.
  function go(onShow, onElement) {
    const name = location.hash.slice(1);
    const element = name && $(name);
    const view = element && element.closest(".view");
    if (element && !view) return;
    show(view ? view.id : tabs[0].dataset.view, onShow);
    if (!view || view === element) {
      if (view) scrollTo(0, 0);
      return;
    }
    if (!onElement(element)) element.scrollIntoView();
  }

  function table(head, rows) {
    const header = make("tr", "", null, ...head.map((text) => make("th", "", text)));
    const body = rows.map((row) => make("tr", "", null, ...row.map((text) => make("td", "", String(text)))));
    return make("table", "", null, make("thead", "", null, header), make("tbody", "", null, ...body));
  }

  // --- theme -------------------------------------------------------------------------------------------------------
  function setUpTheme() {
    const button = $("theme");
    const order = ["auto", "light", "dark"];
    // Where storage is not allowed the choice lasts as long as the page.
    const remembered = () => { try { return localStorage.getItem("specloop-theme"); } catch { return null; } };
    const remember = (name) => { try { localStorage.setItem("specloop-theme", name); } catch { return; } };
    let theme = order.includes(remembered()) ? remembered() : "auto";
    const apply = () => {
      if (theme === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = theme;
      button.textContent = "Theme: " + theme;
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      theme = order[(order.indexOf(theme) + 1) % order.length];
      remember(theme);
      apply();
    });
    apply();
  }

  return { $, judgeTag, make, press, shorten, option, boxes, checked, setUpPages, setUpTabs, setUpTheme, table, target, VERDICTS };
})();
