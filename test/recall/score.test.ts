// What counts as found: on heron, with checkers of our own that answer what a test tells them to.
import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { casesOf, prepare, type Case } from "../../scripts/recall/cases.ts";
import type { Checker, CheckerAnswer, Files, Finding } from "../../scripts/recall/checker.ts";
import { DISGUISES } from "../../scripts/recall/disguises.ts";
import { percent, report, tally } from "../../scripts/recall/report.ts";
import { runCase, scoreAll } from "../../scripts/recall/run.ts";
import type { Mutant } from "../../scripts/recall/mutant.ts";
import { calling, drop, inFunction, pick } from "../../scripts/recall/operators.ts";
import type { Scored } from "../../scripts/recall/score.ts";
import { context, heron, heronMutants } from "./support.ts";

const loaded = { files: heron, context };

function finding(rule: string, fn: string, level = "error", file = "heron_dmabuf.c"): Finding {
  return { rule, fn, file, line: 1, level };
}

async function score(cases: readonly Case[], checker: Checker, budget = 60_000): Promise<Scored[]> {
  const raws = [];
  for (const c of cases) raws.push(await runCase(c, loaded, checker, budget));
  return scoreAll(cases, raws, [context.family]);
}

function chosen(mutant: string, ...disguises: readonly string[]): Case[] {
  const only = heronMutants.filter((m) => m.id === mutant);
  assert.equal(only.length, 1);
  return casesOf("vfio", only, [undefined, ...DISGUISES.filter((d) => disguises.includes(d.id))]);
}

function outcomes(scored: readonly Scored[]): string[] {
  return scored.map((s) => `${s.mutant === "sound" ? "sound" : "bug"}/${s.disguise}: ${s.outcome}`);
}

/** Answers by whether the text still invalidates; `also` is said about any text. */
function invalidateChecker(answer: (files: Files) => Finding, also: readonly Finding[] = []): Checker {
  return (files) => {
    const now = { ...heron, ...files };
    const missing = !Object.values(now).some((t) => /\bdma_buf_(invalidate_mappings|move_notify)\(\w/.test(t));
    return Promise.resolve({ findings: [...also, ...(missing ? [answer(now)] : [])], incomplete: [] });
  };
}

describe("recall: scoring", () => {
  it("finds a bug by rule and function", async () => {
    const checker = invalidateChecker(() => finding("dma-buf/not-invalidated", "heron_bufs_move"));
    assert.deepEqual(outcomes(await score(chosen("vfio/invalidate"), checker)), [
      "sound/none: silent",
      "bug/none: found",
    ]);
  });

  it("maps the names of a disguise back, and a merged file", async () => {
    const revoker = (files: Files): string =>
      /(\w+)\([^()]*\)\n\{[^}]*dma_resv_wait_timeout/.exec(Object.values(files).join("\n"))?.[1] ?? "";
    const checker = invalidateChecker((files) => {
      const file = Object.keys(files).find((f) => /dma_resv_wait_timeout\(\w/.test(files[f] ?? "") && f.endsWith(".c"));
      return { ...finding("dma-buf/not-invalidated", revoker(files)), file: file ?? "" };
    });
    const scored = await score(chosen("vfio/invalidate", "rename", "extract", "merge"), checker);
    assert.deepEqual(
      outcomes(scored).filter((o) => o.startsWith("bug")),
      ["bug/none: found", "bug/rename: found", "bug/extract: found", "bug/merge: found"],
    );
  });

  it("tells a wrong rule, a wrong place and nothing apart; notes are silence", async () => {
    const one = async (f: Finding): Promise<string | undefined> =>
      outcomes(
        await score(
          chosen("vfio/invalidate"),
          invalidateChecker(() => f),
        ),
      )[1];
    assert.equal(await one(finding("dma-buf/leak", "heron_bufs_move")), "bug/none: wrong-rule");
    assert.equal(await one(finding("dma-buf/not-invalidated", "heron_map")), "bug/none: wrong-place");
    assert.equal(await one(finding("dma-buf/not-invalidated", "heron_bufs_move", "note")), "bug/none: missed");
    assert.equal(await one(finding("dma-buf/not-invalidated", "heron_bufs_move", "warning")), "bug/none: found");
  });

  it("does not count what the sound code shows too", async () => {
    const same = finding("dma-buf/not-invalidated", "heron_bufs_move");
    const scored = await score(
      chosen("vfio/invalidate"),
      invalidateChecker(() => same, [same]),
    );
    assert.deepEqual(outcomes(scored), ["sound/none: silent", "bug/none: missed"]);
  });

  it("calls new findings on sound code, or on a harmless change, false alarms", async () => {
    const loud: Checker = (files) => {
      const findings = Object.keys(files).length > 0 ? [finding("dma-buf/leak", "heron_map")] : [];
      return Promise.resolve({ findings, incomplete: [] });
    };
    const scored = await score(chosen("vfio/gate-inside", "negate"), loud);
    assert.deepEqual(outcomes(scored), [
      "sound/none: silent",
      "bug/none: false-alarm",
      "sound/negate: false-alarm",
      "bug/negate: silent", // not new: the disguise alone shows it
    ]);
  });

  it("notices findings that a disguise loses", async () => {
    const checker: Checker = (files) =>
      Promise.resolve({
        findings: Object.keys(files).length === 0 ? [finding("dma-buf/leak", "heron_map")] : [],
        incomplete: [],
      });
    const scored = await score(chosen("vfio/invalidate", "negate"), checker);
    assert.deepEqual(scored[2]?.lost, ["dma-buf/leak heron_map"]);
  });

  it("leaves out bugs that vanish under a disguise, and counts failures and overruns as not found", async () => {
    const answer: CheckerAnswer = { findings: [], incomplete: ["too many states"] };
    const slow: Checker = () => new Promise((resolve) => setTimeout(() => resolve(answer), 5));
    assert.deepEqual(outcomes(await score(chosen("vfio/drain"), slow, 1)), [
      "sound/none: over-budget",
      "bug/none: over-budget",
    ]);
    const failing: Checker = () => Promise.reject(new Error("broken"));
    const failed = await score(chosen("vfio/drain"), failing);
    assert.deepEqual(
      failed.map((s) => `${s.outcome} ${s.note ?? ""}`),
      ["failed broken", "failed broken"],
    );
    assert.equal(tally(failed.filter((s) => s.mutant !== "sound")).bugs, 1);
    const rearm: Mutant = {
      ...(heronMutants[0] ?? assert.fail()),
      id: "vfio/rearm",
      apply: inFunction("heron_dmabuf.c", "heron_bufs_move", drop(pick("re-init", calling("reinit_completion")))),
    };
    const gone = casesOf("vfio", [rearm], [undefined, ...DISGUISES.filter((d) => d.id === "wait-count")]);
    assert.deepEqual(
      gone.map((c) => prepare(c, heron, context).applies),
      [true, true, true, false],
    );
    const idle = casesOf(
      "vfio",
      [],
      DISGUISES.filter((d) => d.id === "refcount"),
    )[0];
    assert.ok(idle);
    const alreadyDone = { ...heron, "heron.h": (heron["heron.h"] ?? "").replace("struct kref kref;", "int kref;") };
    assert.equal(prepare(idle, alreadyDone, context).applies, false);
  });

  it("prints tables with totals in percent", async () => {
    const checker = invalidateChecker(() => finding("dma-buf/not-invalidated", "heron_bufs_move"));
    const cases = casesOf("vfio", heronMutants, [undefined]);
    const text = report(await score(cases, checker), "7.0.0");
    assert.match(text, /vfio\/invalidate +dma-buf\/not-invalidated +F +100\.0%/);
    assert.match(text, /vfio\/drain +dma-buf\/no-unmap-drain +\. +0\.0%/);
    assert.match(text, /undisguised +11 +1 +10 .* 9\.1% +0\/1/);
    assert.match(text, /gate store moved past invalidate, inside resv +1\/1 silent/);
    assert.match(text, /fence wait weakened +0\/3 found/);
    assert.match(text, /which is not counted\n {4}nothing/);
    assert.equal(percent(1, 0), "-");
  });
});
