// The table of identifiers: one number for one word, through growth and through storage.
import assert from "node:assert/strict";
import { find, intern, newWords, spell, wordsFrom, wordsParts } from "../../server/src/program/words.ts";

describe("words", () => {
  it("gives equal words one number and different words different ones", () => {
    const words = newWords();
    const text = "foo bar foo fooo fo";
    const ids = text.split(" ").map((w) => intern(words, w));
    assert.deepEqual(ids, [0, 1, 0, 2, 3]);
    assert.deepEqual(
      ids.map((id) => spell(words, id)),
      text.split(" "),
    );
    assert.equal(find(words, "bar"), 1);
    assert.equal(find(words, "ba"), -1);
  });

  it("keeps numbers while it grows, and when it is stored and loaded", () => {
    const words = newWords();
    const all = Array.from({ length: 40_000 }, (_, i) => `word_${i * 7919}`);
    for (const word of all) intern(words, word);
    const { arena, offsets } = wordsParts(words);
    const loaded = wordsFrom(arena, offsets);
    for (const [i, word] of all.entries()) {
      assert.equal(find(words, word), i);
      assert.equal(find(loaded, word), i);
    }
    assert.equal(intern(loaded, "new_word"), all.length);
    assert.equal(spell(loaded, all.length), "new_word");
  });
});
