// Files made in the page itself, from what it holds: nothing is asked of a server.
const download = (() => {
  "use strict";
  // A spreadsheet takes a cell that begins so for a formula; an apostrophe in front makes it text.
  const FORMULA = /^\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

  const cell = (value) => {
    const text = String(value);
    return '"' + (FORMULA.test(text) ? "'" + text : text).replaceAll('"', '""') + '"';
  };

  // The mark at the beginning tells spreadsheets that the text is UTF-8.
  const csv = (rows) => "\ufeff" + rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";

  function save(name, type, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  return { csv, save };
})();
