// The command line: arguments to a command to an exit code. Knows nothing of the process; cli.ts hands in the rest.
import { Command, CommanderError, Option } from "commander";
import { FAIL_ON } from "../findings/exit.ts";
import { check, FORMATS, open } from "./check.ts";
import type { CheckOptions } from "./check.ts";
import type { Deps } from "./deps.ts";
import { INTERNAL, OK, Stop, USAGE } from "./exit.ts";
import { checkModels, explain, list, runModel, show, trace } from "./models.ts";
import { SCAN_FORMATS } from "./render.ts";
import { scan } from "./scan.ts";
import type { ScanOptions } from "./scan.ts";
import { why } from "./why.ts";
import type { WhyOptions } from "./why.ts";
import type { DiagramFormat } from "../present/model.ts";

/** Runs a command line (without the names of the interpreter and the program). Never throws: every way out is an exit code. */
export async function run(argv: readonly string[], deps: Deps): Promise<number> {
  let code: number = OK;
  const program = commands(deps, (result) => (code = result));
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE; // it has said what it had to say
    if (error instanceof Stop) {
      deps.stderr(`lifebound: ${error.message}\n`);
      return error.code;
    }
    deps.stderr(
      `lifebound: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return INTERNAL;
  }
}

function commands(deps: Deps, end: (code: number) => void): Command {
  const program = new Command("lifebound")
    .description("Reviews Linux kernel C for lifetimes that outlive what bounds them.")
    .version(deps.version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => deps.stdout(text), writeErr: (text) => deps.stderr(text) })
    .showHelpAfterError("(add --help for more)")
    .addHelpText(
      "after",
      "\nExit codes: 0 nothing at or above --fail-on; 1 findings; 2 usage, or nothing could be read; 3 internal error.",
    );
  const tree = (): Option => new Option("--tree <dir>", "the kernel tree (default: the one that holds the first path)");
  const noCache = (): Option => new Option("--no-cache", "neither read nor keep what earlier runs found");
  const diagram = (): Option =>
    new Option("--format <format>", "how it is drawn").choices(["text", "mermaid"]).default("text");

  program
    .command("check")
    .description("check a tree, folders or files as they stand")
    .argument("<path...>", "files or folders, from here or from the tree's root")
    .addOption(tree())
    .addOption(new Option("--format <format>", "what is printed").choices([...FORMATS]).default("text"))
    .addOption(
      new Option("--fail-on <level>", "from what on the exit code is 1").choices([...FAIL_ON]).default("new-error"),
    )
    .option("--proofs", "print every proof with its evidence")
    .option("--all-rules", "let rules that are off by default speak too (explain RULE says why one is off)")
    .addOption(noCache())
    .action(async (paths: string[], options: CheckOptions) => end(await check(paths, options, deps)));

  program
    .command("scan")
    .description("scan a patch series: what each patch brings, fixes, or leaves as it was")
    .argument(
      "<series...>",
      "mailboxes, maildirs, mails, patches, folders of them, quilt queues, commit ranges with --git, - for standard input",
    )
    .option("--tree <dir>", "the kernel tree that it applies to (default: the one that you are in)")
    .option("--git <repository>", "a repository; its commits are read, nothing in it is touched")
    .option("--base <commit>", "with --git: what it applies to (default: its base-commit, or found by blob ids)")
    .option("--revision <n>", "the version of the series (default: the newest)")
    .option("--against <series>", "an older version: what was fixed, kept and added since")
    .option("--baseline <file>", "accepted findings, one a line: a fingerprint and a reason")
    .addOption(new Option("--format <format>", "what is printed").choices([...SCAN_FORMATS]).default("text"))
    .addOption(
      new Option("--fail-on <level>", "from what on the exit code is 1").choices([...FAIL_ON]).default("new-error"),
    )
    .option("--positive", "say what protects what a patch touches where nothing is wrong with it")
    .option("--proofs", "print every proof of the end of the series with its evidence")
    .addOption(noCache())
    .action(async (names: string[], options: ScanOptions) => end(await scan(names, options, deps)));

  program
    .command("why")
    .description("what protects the lifetime of what stands there")
    .argument("<place>", "FILE:LINE")
    .addOption(tree())
    .addOption(diagram())
    .addOption(noCache())
    .action(async (place: string, options: WhyOptions) => end(await why(place, options, deps)));

  const model = program.command("model").description("the models: what they say, their audits, their traces");
  model
    .command("list")
    .description("the models, one a line")
    .action(() => end(list(deps)));
  model
    .command("show")
    .description("a model in full, or its state diagram")
    .argument("<id>")
    .addOption(diagram())
    .action((id: string, options: { format: DiagramFormat }) => end(show(id, options.format, deps)));
  model
    .command("check")
    .description("run the audits: sound, justified, live, total")
    .argument("[id...]", "which models (default: all)")
    .action((ids: string[]) => end(checkModels(ids, deps)));
  model
    .command("trace")
    .description("a run as it should be, or how it goes wrong without a rule")
    .argument("<id>")
    .option("--without <rule>", "leave this rule out")
    .addOption(diagram())
    .action((id: string, options: { format: DiagramFormat; without?: string }) =>
      end(trace(id, options.format, options.without, deps)),
    );
  model
    .command("run")
    .description("run a sequence of calls through a model, call by call")
    .argument("<id>")
    .argument("<file>", "the calls as text, one a line (docs/dma-core.md)")
    .action((id: string, file: string) => end(runModel(id, file, deps)));

  program
    .command("explain")
    .description("the page of a rule")
    .argument("<rule>", "family/what-is-wrong")
    .addOption(diagram())
    .action((rule: string, options: { format: DiagramFormat }) => end(explain(rule, options.format, deps)));

  program
    .command("lsp")
    .description("the language server, for any editor")
    .option("--stdio", "over standard input and output (the only way)")
    .action(async () => {
      if (deps.serve === undefined) throw new Stop("no language server is joined on to this build");
      return end(await deps.serve());
    });

  program
    .command("facts")
    .description("the flow graph of a function")
    .argument("<function>", "FILE:FUNCTION")
    .addOption(tree())
    .action(async (where: string, options: { tree?: string }) => end(await facts(where, options.tree, deps)));
  return program;
}

/** `lifebound facts FILE:FUNCTION`. */
async function facts(where: string, dir: string | undefined, deps: Deps): Promise<number> {
  const asked = /^(.+):(\w+)$/.exec(where);
  if (asked === null) throw new Stop(`${where}: not a function; say FILE:FUNCTION`);
  const opened = open([asked[1] ?? ""], dir, deps);
  const file = opened.paths[0] ?? "";
  const text = await deps.facts(opened.tree, file, asked[2] ?? "");
  if (text === undefined) throw new Stop(`${file}: no function ${asked[2]}`);
  deps.stdout(text);
  return OK;
}
