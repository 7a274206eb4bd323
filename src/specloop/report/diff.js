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
    const plain = (why) => ({ sides: [[{ text: one, changed: false }], [{ text: other, changed: false }]], why });
    const a = words(one);
    const b = words(other);
    if (a.length > MAX_WORDS || b.length > MAX_WORDS) return plain("The texts are too long for their differences to be marked.");
    const common = longestCommon(a, b);
    if (2 * common.size < MIN_SHARED * (a.length + b.length)) return plain("The texts share too few words for their differences to be marked.");
    return { sides: [runs(a, new Set(common.keys())), runs(b, new Set(common.values()))], why: "" };
  }

  // Each with the space around it, so that a changed phrase reads as one. Scripts without spaces
  // between words (Chinese, Japanese) are taken sign by sign.
  const WORD = /\s*(?:[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]|[^\s\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]+)\s*|^\s+$/g;
  const words = (text) => (text.match(WORD) || []).map((piece) => ({ text: piece, word: piece.trim() }));

  function longestCommon(a, b) {
    const width = b.length + 1;
    const lengths = new Uint16Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) {
        const skip = Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
        lengths[i * width + j] = a[i].word === b[j].word ? lengths[(i + 1) * width + j + 1] + 1 : skip;
      }
    }
    const common = new Map();
    for (let i = 0, j = 0; i < a.length && j < b.length;) {
      if (a[i].word === b[j].word) common.set(i++, j++);
      else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i++;
      else j++;
    }
    return common;
  }

  function runs(own, common) {
    const marked = [];
    own.forEach(({ text }, index) => {
      const changed = !common.has(index);
      const last = marked[marked.length - 1];
      if (last && last.changed === changed) last.text += text;
      else marked.push({ text, changed });
    });
    return marked;
  }

  return differences;
})();
