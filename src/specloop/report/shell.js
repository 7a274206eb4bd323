// What every page of ours does: theme, parts as tabs, and making elements whose text stays text.
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

  return { $, make, press, setUpTabs, setUpTheme, table, target };
})();
