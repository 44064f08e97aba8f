// `lifebound model` and `lifebound explain`: the models themselves, audited, drawn and replayed.
import { audit } from "../model/audit.ts";
import { cellsOf, explore } from "../model/explore.ts";
import type { AnyLifecycle } from "../model/lifecycle.ts";
import { explainRule, showAudit, showModel, showStory, showViolation } from "../present/model.ts";
import type { DiagramFormat } from "../present/model.ts";
import type { Deps, ModelEntry } from "./deps.ts";
import { FINDINGS, OK, Stop } from "./exit.ts";

/** A lifecycle as an entry of the command line. */
export function lifecycleEntry(model: AnyLifecycle): ModelEntry {
  return {
    id: model.id,
    about: model.resource,
    rules: Object.keys(model.rules),
    show: (format) => showModel(model, format),
    check: () => {
      const found = audit(model);
      return { ok: found.problems.length === 0, text: showAudit(found) };
    },
    trace: (format, without) => {
      if (without === undefined) return showStory(model, format);
      const run = explore(model, { allow: cellsOf(model, without) });
      return run.verdict === "violated" ? showViolation(run.violation, format) : `${run.verdict}: nothing breaks\n`;
    },
  };
}

export function list(deps: Deps): number {
  const wide = Math.max(0, ...deps.models.map(({ id }) => id.length));
  for (const { id, about } of deps.models) deps.stdout(`${id.padEnd(wide)}  ${about}\n`);
  return OK;
}

export function show(id: string, format: DiagramFormat, deps: Deps): number {
  deps.stdout(find(id, deps).show(format));
  return OK;
}

/** Audits the models named, or all of them. 1 where one of them fails. */
export function checkModels(ids: readonly string[], deps: Deps): number {
  const entries = ids.length === 0 ? deps.models : ids.map((id) => find(id, deps));
  let ok = true;
  for (const entry of entries) {
    const found = entry.check();
    deps.stdout(found.text);
    ok &&= found.ok;
  }
  return ok ? OK : FINDINGS;
}

export function trace(id: string, format: DiagramFormat, without: string | undefined, deps: Deps): number {
  const entry = find(id, deps);
  if (without !== undefined && !entry.rules.includes(without)) {
    throw new Stop(`${without}: no rule of ${id}, which has\n${entry.rules.map((rule) => `  ${rule}`).join("\n")}`);
  }
  deps.stdout(entry.trace(format, without));
  return OK;
}

/** `lifebound model run ID FILE`: 0 nothing is wrong, 1 something is, 2 the file can't be read or understood. */
export function runModel(id: string, file: string, deps: Deps): number {
  const entry = find(id, deps);
  if (entry.run === undefined) throw new Stop(`${id}: a model that is explored, not run; try model trace ${id}`);
  const text = deps.readText(file);
  if (text === undefined) throw new Stop(`${file}: can't be read`);
  const ran = entry.run(file, text);
  if (ran.errors !== undefined) throw new Stop(ran.errors.join("\nlifebound: "));
  deps.stdout(ran.text);
  return ran.ok ? OK : FINDINGS;
}

export function explain(id: string, format: DiagramFormat, deps: Deps): number {
  const rule = deps.rules.find((each) => each.id === id);
  if (rule === undefined) {
    const family = deps.rules.filter((each) => each.id.split("/")[0] === id.split("/")[0]);
    throw new Stop(
      `${id}: no such rule; there are\n${(family.length > 0 ? family : deps.rules).map((each) => `  ${each.id}`).join("\n")}`,
    );
  }
  const told = deps.models.find((each) => each.id === rule.lifecycle)?.tell?.(rule.id);
  deps.stdout(explainRule(rule, deps.lifecycles, format, told));
  return OK;
}

function find(id: string, deps: Deps): ModelEntry {
  const entry = deps.models.find((each) => each.id === id);
  if (entry !== undefined) return entry;
  throw new Stop(`${id}: no such model; there are\n${deps.models.map((each) => `  ${each.id}`).join("\n")}`);
}
