// Which words stand in one of two texts only: runs of {text, changed}, joined to the texts again.
// Texts that are long or unrelated are each one unchanged run, and `why` says so: marks on two
// texts that only share small words would show a change where there was none.
const wordDifferences = (() => {
  "use strict";
  const MAX_WORDS = 800;
  // Share of words that stand in both in the same order (Dice). Two answers to one question by
  // different hands share about 0.1, an answer and its repaired form 0.7 and more.
  const MIN_SHARED = 0.4;

  function differences(one, other) {
    const a = one.match(/\s+|\S+/g) || [];
    const b = other.match(/\s+|\S+/g) || [];
    const plain = (why) => ({ sides: [[{ text: one, changed: false }], [{ text: other, changed: false }]], why });
    if (a.length > MAX_WORDS || b.length > MAX_WORDS) return plain("The answers are too long for their differences to be marked.");
    const common = longestCommon(a, b);
    const shared = [...common.keys()].filter((index) => isWord(a[index])).length;
    const words = a.filter(isWord).length + b.filter(isWord).length;
    if (2 * shared < MIN_SHARED * words) return plain("The answers share too few words for their differences to be marked.");
    return { sides: [runs(a, new Set(common.keys())), runs(b, new Set(common.values()))], why: "" };
  }

  const isWord = (text) => Boolean(text.trim());

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
