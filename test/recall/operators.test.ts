// Mutation operators on heron: each does what it says, compiles, and refuses where its anchor is not there exactly once.
import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Files } from "../../scripts/recall/checker.ts";
import { plant, SILENT } from "../../scripts/recall/mutant.ts";
import { MUTANTS } from "../../scripts/recall/mutants.ts";
import {
  addAfter,
  addBefore,
  assigning,
  both,
  calling,
  changeArgument,
  changeCondition,
  changeWord,
  condition,
  declaring,
  drop,
  inFunction,
  mentioning,
  moveAfter,
  ofKind,
  pick,
  replace,
  testing,
  unwrap,
  within,
  type Mutation,
} from "../../scripts/recall/operators.ts";
import { golden } from "../support/golden.ts";
import { changedLines, heron, heronMutants, needCompiler, printed } from "./support.ts";

const DMABUF = "heron_dmabuf.c";
const CORE = "heron_core.c";

function changed(mutation: Mutation, file: string): string {
  return changedLines(heron[file] ?? "", mutation(heron)[file] ?? "")
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim())
    .join("\n");
}

describe("recall: mutation operators", function () {
  this.timeout(60_000);

  it("drop takes a statement's lines out", () => {
    const mutation = inFunction(DMABUF, "heron_map", drop(pick("get", calling("kref_get"))));
    assert.equal(changed(mutation, DMABUF), "- kref_get(&buf->kref);");
  });

  it("drop leaves an empty block where the statement is all that an if does", () => {
    const put = pick("put", within(condition("ret < 0"), calling("dma_buf_put")));
    assert.equal(changed(inFunction(DMABUF, "heron_export", drop(put)), DMABUF), "- dma_buf_put(buf->dmabuf);\n+ { }");
  });

  it("drop takes an if with its arm, found by what it tests", () => {
    const mutation = inFunction(DMABUF, "heron_map", drop(pick("gate", testing("revoked"))));
    assert.equal(changed(mutation, DMABUF), "- if (buf->revoked)\n- return ERR_PTR(-ENODEV);");
  });

  it("moveAfter moves, with the place's indentation", () => {
    const mutation = inFunction(
      DMABUF,
      "heron_unmap",
      moveAfter(pick("unmap", calling("dma_buf_free_sgt")), pick("put", calling("kref_put"))),
    );
    assert.match(mutation(heron)[DMABUF] ?? "", /\tkref_put\(&buf->kref, heron_buf_done\);\n\tdma_buf_free_sgt\(/);
  });

  it("addAfter and addBefore add lines", () => {
    const init = pick("init", calling("init_rwsem"));
    const mutation = inFunction(CORE, "heron_init", addBefore(init, "say(1);"), addAfter(init, "say(2);"));
    assert.match(mutation(heron)[CORE] ?? "", /\n\tsay\(1\);\n\tinit_rwsem\(&hdev->memory_lock\);\n\tsay\(2\);\n/);
  });

  it("replace, changeArgument, changeCondition, changeWord and unwrap change one thing", () => {
    const active = pick("active", testing("get_file_active"));
    const move = (...changes: Parameters<typeof inFunction> extends [string, string, ...infer C] ? C : never): string =>
      changed(inFunction(DMABUF, "heron_bufs_move", ...changes), DMABUF);
    assert.equal(
      move(replace(active, "get_file(buf->dmabuf->file);")),
      "- if (!get_file_active(&buf->dmabuf->file))\n- continue;\n+ get_file(buf->dmabuf->file);",
    );
    assert.equal(
      move(replace(pick("continue", within(testing("get_file_active"), ofKind("continue"))), "break;")),
      "- continue;\n+ break;",
    );
    assert.match(
      move(changeArgument(pick("wait", calling("dma_resv_wait_timeout")), "dma_resv_wait_timeout", 2, "true")),
      /\+ dma_resv_wait_timeout\(buf->dmabuf->resv, DMA_RESV_USAGE_BOOKKEEP, true,/,
    );
    const check = pick("check", condition("! * provider"));
    assert.match(
      changed(
        inFunction(
          DMABUF,
          "heron_get_provider",
          changeCondition(check, () => "IS_ERR(*provider)"),
        ),
        DMABUF,
      ),
      /\+ if \(IS_ERR\(\*provider\)\)/,
    );
    assert.match(
      changed(inFunction(CORE, "heron_fault", unwrap(pick("guard", ofKind("scoped")))), CORE),
      /^- scoped_guard\(rwsem_read, &hdev->memory_lock\)/,
    );
    assert.equal(
      changed(
        inFunction(CORE, "heron_close", changeWord(pick("zap", calling("heron_zap")), "heron_zap", "heron_wake")),
        CORE,
      ),
      "- heron_zap(hdev);\n+ heron_wake(hdev);",
    );
  });

  it("finds declarations, stores and mentions", () => {
    const gone = both(
      inFunction(CORE, "heron_configure", drop(pick("old", declaring("old")))),
      inFunction(CORE, "heron_wake", drop(pick("store", assigning("asleep", "false")))),
      inFunction(CORE, "heron_close", drop(pick("zap", mentioning("heron_zap")))),
    );
    assert.equal(changed(gone, CORE), "- hdev->asleep = false;\n- int old;\n- heron_zap(hdev);");
  });

  it("refuses an anchor that is missing or there more than once, and says where", () => {
    const refuses = (mutation: Mutation, why: RegExp): void => assert.throws(() => mutation(heron), why);
    refuses(
      inFunction(DMABUF, "heron_map", drop(pick("lock", calling("mutex_lock")))),
      /lock: 0 in heron_map, expected 1/,
    );
    refuses(
      inFunction(DMABUF, "heron_bufs_move", drop(pick("lock", calling("dma_resv_lock")))),
      /lock: 2 in heron_bufs_move/,
    );
    refuses(inFunction(DMABUF, "heron_gone", drop(pick("lock", calling("f")))), /0 functions named heron_gone/);
    refuses(inFunction("gone.c", "f", drop(pick("lock", calling("f")))), /no file gone.c/);
  });

  it("breaks heron's revoker step by step, as looked at", () => {
    const shown = heronMutants.map((m) => {
      const lines = changedLines(heron[DMABUF] ?? "", plant(m, heron)[DMABUF] ?? "");
      return `--- ${m.id}: ${m.expect}\n${lines}\n`;
    });
    golden("recall/golden/mutants.txt", shown.join(""));
  });

  it("plants bugs that compile without a warning and that show when run, but for the harmless one", function () {
    needCompiler(this);
    const sound = printed(heron);
    for (const mutant of heronMutants) {
      const files: Files = plant(mutant, heron);
      // The gate's place inside the lock cannot show; the late gate needs a second thread to.
      const same = mutant.expect === SILENT || mutant.expect === "dma-buf/gate-after-invalidate";
      assert.equal(printed(files) === sound, same, mutant.id);
    }
  });

  it("has each mutant of the table once, with a place to be found in unless it must stay silent", () => {
    assert.equal(new Set(MUTANTS.map((m) => m.id)).size, MUTANTS.length);
    for (const m of MUTANTS) {
      assert.ok(m.id.startsWith(`${m.family}/`), m.id);
      assert.equal(m.where.length === 0, m.expect === SILENT, m.id);
    }
  });
});
