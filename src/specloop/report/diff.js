// Which words stand in one of two texts only: runs of {text, changed}, joined to the texts again.
// Texts that are long or share little are each one unchanged run.
const wordDifferences = (() => {
  "use strict";
  const MAX_WORDS = 800;
  const MIN_SHARED = 0.25;

  function differences(one, other) {
    const a = one.match(/\s+|\S+/g) || [];
    const b = other.match(/\s+|\S+/g) || [];
    const plain = [[{ text: one, changed: false }], [{ text: other, changed: false }]];
    if (a.length > MAX_WORDS || b.length > MAX_WORDS) return plain;
    const common = longestCommon(a, b);
    if (common.size < MIN_SHARED * Math.min(a.length, b.length)) return plain;
    return [runs(a, new Set(common.keys())), runs(b, new Set(common.values()))];
  }

  function longestCommon(a, b) {
    const width = b.length + 1;
    const lengths = new Uint16Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) {
        const skip = Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
        lengths[i * width + j] = a[i] === b[j] ? lengths[(i + 1) * width + j + 1] + 1 : skip;
      }
    }
    const common = new Map();
    for (let i = 0, j = 0; i < a.length && j < b.length;) {
      if (a[i] === b[j]) common.set(i++, j++);
      else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i++;
      else j++;
    }
    return common;
  }

  // A space between two changed words counts as changed, so that a changed phrase reads as one.
  function runs(words, common) {
    const found = [];
    words.forEach((text, index) => {
      const inside = index > 0 && index + 1 < words.length;
      const bridges = !text.trim() && inside && !common.has(index - 1) && !common.has(index + 1);
      const changed = !common.has(index) || bridges;
      const last = found[found.length - 1];
      if (last && last.changed === changed) last.text += text;
      else found.push({ text, changed });
    });
    return found;
  }

  return differences;
})();
