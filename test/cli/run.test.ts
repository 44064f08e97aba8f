// The command line as a function: what is printed where, and with which exit code.
import assert from "node:assert/strict";
import type { CheckRequest } from "../../server/src/check/check.ts";
import { dmaCoreEntry } from "../../server/src/cli/dma-core.ts";
import { dmaRuleTable } from "../../server/src/lifecycles/dma/rules.ts";
import { lifecycleEntry } from "../../server/src/cli/models.ts";
import type { Deps } from "../../server/src/cli/deps.ts";
import { run } from "../../server/src/cli/run.ts";
import type { Report } from "../../server/src/findings/report.ts";
import { lifecycles } from "../../server/src/lifecycles/index.ts";
import { ruleTable } from "../../server/src/model/lifecycle.ts";
import { memorySource } from "../../server/src/project/memory.ts";
import { FILES, proved, report, waitless } from "../findings/sample.ts";
import { door } from "../model/door.ts";

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly asked: readonly CheckRequest[];
}

const tree = memorySource(FILES);
const empty: Report = { findings: [], proofs: [], incomplete: [], seen: {} };

/** Runs with a fake analysis that gives back `answer`; whatever else is needed can be replaced. */
async function lifebound(line: string, answer: Report = report, change: Partial<Deps> = {}): Promise<Ran> {
  let out = "";
  let err = "";
  const asked: CheckRequest[] = [];
  const code = await run(line.split(" ").filter(Boolean), {
    version: "1.2.3",
    stdout: (text) => void (out += text),
    stderr: (text) => void (err += text),
    terminal: false,
    open: (_dir, paths) => ({
      tree,
      paths: paths.flatMap((asking) => tree.files().filter((file) => file === asking || file.startsWith(`${asking}/`))),
      unread: paths.filter((asking) => asking.startsWith("missing")).map((file) => ({ file, line: 0, why: "no such file or folder" })), // prettier-ignore
    }),
    check: (request) => {
      asked.push(request);
      request.progress("reading", 1, 2);
      request.progress("reading", 2, 2);
      return answer;
    },
    facts: async (_tree, file, fn) => (fn === "foo_map" ? `the graph of ${fn} in ${file}\n` : undefined),
    readText: (file) => (file === "calls.txt" ? "device nic\n" : undefined),
    models: [lifecycleEntry(door)],
    rules: ruleTable([door, ...lifecycles]),
    lifecycles: [door, ...lifecycles],
    ...change,
  });
  return { code, out, err, asked };
}

describe("lifebound check", () => {
  it("prints findings and fails on errors", async () => {
    const ran = await lifebound("check drivers/demo");
    assert.equal(ran.code, 1);
    assert.match(ran.out, /^drivers\/demo\/foo-dmabuf\.c:11:2: error: .* \[dma-buf\/no-fence-wait\]$/m);
    assert.doesNotMatch(ran.out, /^drivers\/demo\/foo-main\.c:1:13: proved/m);
    assert.equal(ran.err, "");
    assert.deepEqual(ran.asked[0]?.paths, ["drivers/demo/foo-dmabuf.c", "drivers/demo/foo-main.c"]);
    assert.equal(ran.asked[0]?.proofs, false);
  });

  it("prints proofs where asked for", async () => {
    assert.equal((await lifebound("check --all-rules drivers/demo")).asked[0]?.all, true);
    assert.equal((await lifebound("check drivers/demo")).asked[0]?.all, undefined);
    const ran = await lifebound("check --proofs drivers/demo");
    assert.match(ran.out, /^drivers\/demo\/foo-main\.c:1:13: proved/m);
    assert.equal(ran.asked[0]?.proofs, true);
  });

  it("hands the cache of the tree on, but with --no-cache", async () => {
    const cache = { load: () => undefined, store: () => undefined };
    const open: Deps["open"] = () => ({ tree, paths: tree.files(), unread: [], cache });
    const ask = async (line: string): Promise<unknown> => (await lifebound(line, empty, { open })).asked[0]?.cache;
    assert.equal(await ask("check drivers/demo"), cache);
    assert.equal(await ask("check --no-cache drivers/demo"), undefined);
    const place = tree.files()[0] ?? "";
    const why: Deps["open"] = () => ({ tree, paths: [place], unread: [], cache });
    assert.equal((await lifebound(`why ${place}:1`, empty, { open: why })).asked[0]?.cache, cache);
    assert.equal((await lifebound(`why --no-cache ${place}:1`, empty, { open: why })).asked[0]?.cache, undefined);
  });

  it("prints JSON and SARIF", async () => {
    const json = JSON.parse((await lifebound("check --format json drivers/demo")).out) as { tool: { version: string } };
    assert.equal(json.tool.version, "1.2.3");
    const sarif = JSON.parse((await lifebound("check --format sarif drivers/demo")).out) as { version: string };
    assert.equal(sarif.version, "2.1.0");
  });

  it("has the exit code that --fail-on asks for", async () => {
    const warning: Report = { ...empty, findings: [{ ...waitless, confidence: "likely" }] };
    assert.equal((await lifebound("check drivers/demo", empty)).code, 0);
    assert.equal((await lifebound("check drivers/demo", warning)).code, 0);
    assert.equal((await lifebound("check --fail-on warning drivers/demo", warning)).code, 1);
    assert.equal((await lifebound("check --fail-on never drivers/demo")).code, 0);
    const open: Report = { ...empty, proofs: [{ ...proved, obligations: [proved.obligations[1] ?? proved.obligations[0]] }] }; // prettier-ignore
    assert.equal((await lifebound("check drivers/demo", open)).code, 0);
    assert.equal((await lifebound("check --fail-on not-proven drivers/demo", open)).code, 1);
  });

  it("lists what could not be read and goes on; stops with 2 where nothing could be", async () => {
    const some = await lifebound("check drivers/demo missing.c", empty);
    assert.equal(some.code, 0);
    assert.match(some.out, /^missing\.c: not seen: no such file or folder$/m);
    const none = await lifebound("check missing.c missing.h");
    assert.equal(none.code, 2);
    assert.equal(none.out, "");
    assert.match(none.err, /missing\.c: no such file or folder\nmissing\.h: no such file/);
    assert.equal(none.asked.length, 0);
    const closed = await lifebound("check --tree nowhere x.c", empty, { open: () => "nowhere: not a folder" });
    assert.deepEqual([closed.code, closed.err], [2, "lifebound: nowhere: not a folder\n"]);
  });

  it("shows progress on a terminal, with counts, and never in a pipe", async () => {
    const seen = await lifebound("check drivers/demo", empty, { terminal: true });
    assert.equal(seen.err, "\r\u001b[Kreading: 1 of 2\r\u001b[Kreading: 2 of 2\r\u001b[K");
    assert.equal((await lifebound("check drivers/demo", empty)).err, "");
    assert.equal(seen.out, (await lifebound("check drivers/demo", empty)).out);
  });

  it("says 3 for what should not happen, and what it was doing", async () => {
    const broken = await lifebound("check drivers/demo", empty, {
      check: ({ progress }) => {
        progress("exploring foo_export", 0, 0);
        throw new Error("impossible");
      },
    });
    assert.equal(broken.code, 3);
    assert.match(broken.err, /^lifebound: internal error while exploring foo_export: Error: impossible/);
  });

  it("says 2 for what it does not understand", async () => {
    for (const line of [
      "",
      "check",
      "chekc x",
      "check --format xml x.c",
      "check --fail-on sometimes x.c",
      "model",
      "model draw",
      "facts x.c",
      "why x.c",
      "model show",
      "explain",
    ]) {
      const ran = await lifebound(line);
      assert.equal(ran.code, 2, line);
      assert.notEqual(ran.err, "", line);
      assert.equal(ran.out, "", line);
    }
  });

  it("helps, and says its version", async () => {
    const help = await lifebound("--help");
    assert.equal(help.code, 0);
    for (const command of ["check", "why", "model", "explain", "facts"]) assert.match(help.out, new RegExp(`^  ${command} `, "m")); // prettier-ignore
    assert.deepEqual([(await lifebound("--version")).out, (await lifebound("check --help")).code], ["1.2.3\n", 0]);
  });
});

describe("lifebound why", () => {
  it("shows the finding that stands on a line or passes through it", async () => {
    const on = await lifebound("why drivers/demo/foo-dmabuf.c:11");
    assert.equal(on.code, 1);
    assert.match(on.out, /no-fence-wait/);
    const through = await lifebound("why drivers/demo/foo-dmabuf.c:5:3");
    assert.match(through.out, /no-fence-wait/);
    assert.equal(on.asked[0]?.proofs, true);
  });

  it("shows the proofs that rest on a line", async () => {
    const ran = await lifebound("why drivers/demo/foo-dmabuf.c:10", { ...report, findings: [] });
    assert.equal(ran.code, 0);
    assert.match(ran.out, /violated: dma-buf of foo_export\(\)/);
    assert.match(ran.out, /proved: provider of foo_probe\(\)/);
  });

  it("draws", async () => {
    assert.match((await lifebound("why --format mermaid drivers/demo/foo-dmabuf.c:11")).out, /^sequenceDiagram$/m);
  });

  it("says where there is something when there is nothing here", async () => {
    const ran = await lifebound("why drivers/demo/foo-main.c:4");
    assert.equal(ran.code, 0);
    assert.equal(
      ran.out,
      [
        "drivers/demo/foo-main.c:4: no lifetime that is followed here",
        "drivers/demo/foo-main.c: something is known of line 1",
        "drivers/demo/foo-main.c:3: not seen: a macro was not understood",
        "",
      ].join("\n"),
    );
  });

  it("wants one file", async () => {
    assert.equal((await lifebound("why drivers/demo:3")).code, 2);
  });
});

describe("lifebound model, explain and facts", () => {
  it("lists, shows and draws models", async () => {
    assert.equal((await lifebound("model list")).out, "door  door of a cold room\n");
    assert.match((await lifebound("model show door")).out, /in C: close_door\(\)/);
    assert.match((await lifebound("model show door --format mermaid")).out, /^stateDiagram-v2/);
  });

  it("audits them, and fails where one fails", async () => {
    const good = await lifebound("model check");
    assert.equal(good.code, 0);
    assert.match(good.out, /^door: 5 states\n  sound yes, justified yes, live yes, total yes\n/);
    const bad = await lifebound("model check door", empty, {
      models: [lifecycleEntry({ ...door, forbidden: [...door.forbidden, [["left"], "leave", "=", "door/left-open"]] })],
    });
    assert.equal(bad.code, 1);
    assert.match(bad.out, /justified NO/);
  });

  it("replays a trace with and without a rule", async () => {
    assert.match((await lifebound("model trace door")).out, /4 +\* +\| +\| +leaves/);
    const without = await lifebound("model trace door --without door/left-open");
    assert.equal(without.code, 0);
    assert.match(without.out, /^! 2 .* leaves$/m);
    assert.match(without.out, /^! 4 +broken: it stays cold \(3\)$/m);
    assert.match((await lifebound("model trace door --without door/left-open --format mermaid")).out, /rect rgb/);
  });

  it("tells on the page of a rule of the DMA API how it is broken, by a run of the core", async () => {
    for (const { id, title, advice, off } of dmaRuleTable) {
      const { code, out } = await lifebound(`explain ${id}`, empty, { models: [dmaCoreEntry], rules: dmaRuleTable });
      assert.equal(code, 0);
      for (const text of [title, advice, "How it goes wrong (model dma-core)", `! ${id}, `, "Sources:"])
        assert.ok(out.includes(text), `${id}: ${text}`);
      assert.equal(out.includes("Off by default: "), off !== undefined, id);
    }
    const traced = await lifebound("model trace dma-core --without dma/leak", empty, { models: [dmaCoreEntry] });
    assert.match(traced.out, /! dma\/leak, the kernel's debug code sees nothing/);
  });

  it("runs a sequence of calls through a model that can be run", async () => {
    const run = (text: string, line = "model run dma-core calls.txt"): ReturnType<typeof lifebound> =>
      lifebound(line, empty, { models: [lifecycleEntry(door), dmaCoreEntry], readText: (f) => (f === "calls.txt" ? text : undefined) }); // prettier-ignore
    const good = await run("device nic\nbuffer rx 64\nkfree(rx)\n");
    assert.deepEqual([good.code, good.out.endsWith("nothing is wrong\n")], [0, true]);
    assert.equal((await run("device nic\nbuffer b 8 stack\nh = dma_map_single(nic, b, 8, DMA_TO_DEVICE)\n")).code, 1);
    const bad = await run("device nic\nbuffer\n");
    assert.deepEqual([bad.code, bad.err], [2, "lifebound: calls.txt:2: buffer: a name is missing\n"]);
    assert.equal((await run("", "model run dma-core none.txt")).code, 2);
    assert.equal((await run("", "model run door calls.txt")).code, 2);
  });

  it("names what there is when it is asked for what is not", async () => {
    for (const [line, there] of [
      ["model show window", "  door"],
      ["model trace door --without dma-buf/leak", "  door/left-open"],
      ["explain vma/nonsense", "  vma/not-zapped"],
      ["explain nonsense", "  provider/unchecked-null"],
    ] as const) {
      const ran = await lifebound(line);
      assert.equal(ran.code, 2, line);
      assert.ok(ran.err.includes(there), ran.err);
    }
  });

  it("explains every rule of the table", async () => {
    for (const { id, title, advice } of ruleTable(lifecycles)) {
      const { code, out } = await lifebound(`explain ${id}`);
      assert.equal(code, 0);
      for (const text of [title, advice, "How it goes wrong", `--without ${id}`])
        assert.ok(out.includes(text), `${id}: ${text}`);
    }
  });

  it("prints the flow graph of a function", async () => {
    const ran = await lifebound("facts drivers/demo/foo-dmabuf.c:foo_map");
    assert.deepEqual([ran.code, ran.out], [0, "the graph of foo_map in drivers/demo/foo-dmabuf.c\n"]);
    const none = await lifebound("facts drivers/demo/foo-dmabuf.c:bar");
    assert.deepEqual([none.code, none.err], [2, "lifebound: drivers/demo/foo-dmabuf.c: no function bar\n"]);
  });
});
