// What is done to a call site to make it wrong: one bug of the API each, with the rule that should say it. An operator that does not fit a site plants nothing.
import { insertAfter, insertBefore, removal, type Edit } from "../recall/edit.ts";
import { calls, slice, walk, type Stmt } from "../recall/source.ts";
import { namesThat } from "./api.ts";
import { argument, argumentAt, assigned, lastName, makersNear, makersOf, onErrorPath, onlyMaker } from "./sites.ts";
import type { Site } from "./sites.ts";

export interface Operator {
  readonly id: string;
  /** The rule that names the bug best, and others that name it as well. */
  readonly rule: string;
  readonly also?: readonly string[];
  /** The functions at whose calls it may plant. */
  readonly names: readonly string[];
  /** Whether all that the bug is made of stands in the site's function, whatever the mapping came from. */
  readonly local?: true;
  plant(site: Site): readonly Edit[] | undefined;
}

const isCallStatement = ({ stmt, source, call }: Site): boolean =>
  stmt.kind === "expr" && stmt.a === call.at && source.tokens[call.close + 1]?.text === ";";

const drop = (site: Site): readonly Edit[] | undefined =>
  isCallStatement(site) ? [removal(site.source.text, site.stmt, site.parent)] : undefined;

/** Another text for an argument, where there is one. */
function change(
  site: Site,
  index: number | undefined,
  to: (was: string) => string | undefined,
): readonly Edit[] | undefined {
  const at = argumentAt(site, index);
  const was = argument(site, index);
  const now = was === undefined ? undefined : to(was);
  return at === undefined || now === undefined ? undefined : [{ ...at, text: now }];
}

const OTHER: Readonly<Record<string, string>> = {
  DMA_TO_DEVICE: "DMA_FROM_DEVICE",
  DMA_FROM_DEVICE: "DMA_TO_DEVICE",
  DMA_BIDIRECTIONAL: "DMA_FROM_DEVICE",
};
const otherDirection = (was: string): string | undefined => OTHER[was.trim()];

const text = (site: Site, stmt: Stmt): string => slice(site.source, stmt.a, stmt.b);

/** The block that holds a statement, with its place in it. */
function neighbours(
  site: Site,
  stmt = site.stmt,
): { readonly block: readonly Stmt[]; readonly at: number } | undefined {
  for (const each of walk(site.root)) {
    const at = each.stmts?.indexOf(stmt) ?? -1;
    if (at >= 0 && each.stmts !== undefined) return { block: each.stmts, at };
  }
  return undefined;
}

/** The name of the variable that holds what the map of the site's list returned, in the same function. */
function mappedCount(site: Site): string | undefined {
  const [maker] = makersOf(site).filter(({ api }) => api.count !== undefined);
  const name = maker === undefined ? undefined : assigned(maker);
  // A variable that holds something else by then is another mistake.
  const code = site.source.text.slice(site.fn.start, site.fn.end).replace(/\s+/g, "");
  const times = code.split(`${name}=`).filter((after, i) => i > 0 && !after.startsWith("=")).length;
  if (name !== undefined && times !== 1) return undefined;
  return name !== undefined && name.replace(/\s/g, "") !== argument(site, site.api.count)?.replace(/\s/g, "")
    ? name
    : undefined;
}

/** `function(args)` with the arguments of a map: device, handle, size, direction. */
function asUnmap(site: Site, handle: string): string | undefined {
  const { api } = site;
  const [device, size, direction] = [api.device, api.size, api.direction].map((i) => argument(site, i));
  const fn = { dma_map_single: "dma_unmap_single", dma_map_page: "dma_unmap_page", skb_frag_dma_map: "dma_unmap_page" };
  const name = Object.entries(fn).find(([map]) => map === site.name)?.[1];
  if (name === undefined || device === undefined || size === undefined || direction === undefined) return undefined;
  return `${name}(${device}, ${handle}, ${size}, ${direction});`;
}

/** The if whose head tests the site's handle, and the arm that runs where mapping failed. */
function failedArm(site: Site): { readonly stmt: Stmt; readonly arm: Stmt } | undefined {
  const { stmt, source, call } = site;
  if (stmt.kind !== "if" || stmt.head === undefined || stmt.body === undefined) return undefined;
  const head = slice(source, stmt.head[0], stmt.head[1]).replace(/\s/g, "");
  const test = slice(source, call.at, call.close).replace(/\s/g, "");
  if (head !== test && head !== `unlikely(${test})`) return undefined;
  return { stmt, arm: stmt.body };
}

const endsFlow = (stmt: Stmt): boolean => {
  const last = stmt.stmts === undefined ? stmt : stmt.stmts.at(-1);
  return last !== undefined && /^(return|goto|continue|break)$/.test(last.kind);
};

const PLANTED = "planted_dma";
const unmaps = namesThat("unmap");
const byError = (wanted: boolean) => (site: Site) => (onErrorPath(site) === wanted ? drop(site) : undefined);

export const OPERATORS: readonly Operator[] = [
  {
    id: "drop-unmap-error",
    rule: "dma/leak",
    names: namesThat("unmap", "unmap-list", "free", "pool-free"),
    plant: byError(true),
  },
  {
    id: "drop-unmap-main",
    rule: "dma/leak",
    names: namesThat("unmap", "unmap-list", "free", "pool-free"),
    plant: byError(false),
  },
  {
    id: "drop-check",
    rule: "dma/unchecked-mapping",
    names: namesThat("test"),
    plant: (site) => {
      const failed = failedArm(site);
      return failed === undefined || failed.stmt.else !== undefined
        ? undefined
        : [removal(site.source.text, failed.stmt, site.parent)];
    },
  },
  {
    id: "wrong-direction",
    rule: "dma/direction-mismatch",
    names: namesThat("unmap", "unmap-list"),
    plant: (site) => change(site, site.api.direction, otherDirection),
  },
  {
    id: "wrong-size",
    rule: "dma/size-mismatch",
    names: namesThat("unmap", "free"),
    plant: (site) => change(site, site.api.size, (was) => `${was} + 64`),
  },
  {
    id: "mapped-count",
    rule: "dma/sg-nents",
    names: namesThat("unmap-list"),
    plant: (site) => change(site, site.api.count, () => mappedCount(site)),
  },
  {
    id: "mapped-count-sync",
    rule: "dma/sync-nents",
    names: namesThat("sync-list"),
    plant: (site) => change(site, site.api.count, () => mappedCount(site)),
  },
  {
    id: "double-unmap",
    rule: "dma/double-unmap",
    names: namesThat("unmap", "unmap-list", "free", "pool-free"),
    local: true,
    plant: (site) =>
      isCallStatement(site) && neighbours(site) !== undefined
        ? [insertAfter(site.source.text, site.stmt, [text(site, site.stmt)])]
        : undefined,
  },
  {
    id: "double-unmap-in-caller",
    rule: "dma/double-unmap",
    names: unmaps,
    plant: doubleInCaller,
  },
  { id: "free-before-unmap", rule: "dma/free-while-mapped", names: unmaps, plant: freeFirst },
  {
    id: "swap-kind",
    rule: "dma/wrong-unmap",
    also: ["dma/attrs-mismatch"],
    names: ["dma_unmap_single", "dma_unmap_page", "dma_free_coherent"],
    plant: swapKind,
  },
  {
    id: "drop-sync",
    rule: "dma/cpu-access",
    names: namesThat("sync", "sync-list").filter((name) => name.endsWith("for_cpu")),
    plant: drop,
  },
  {
    id: "unmap-on-failed-arm",
    rule: "dma/unmap-of-error",
    names: ["dma_mapping_error"],
    local: true,
    plant: (site) => {
      const failed = failedArm(site);
      const [maker] = makersOf(site);
      const handle = argument(site, site.api.handle);
      const unmap = maker === undefined || handle === undefined ? undefined : asUnmap(maker, handle);
      if (failed === undefined || unmap === undefined || !endsFlow(failed.arm)) return undefined;
      const first = failed.arm.stmts?.[0];
      if (first !== undefined) return [insertBefore(site.source.text, first, [unmap])];
      const { start, end } = failed.arm;
      return [{ start, end, text: `{ ${unmap} ${text(site, failed.arm)} }` }];
    },
  },
  { id: "unmap-before-use", rule: "dma/use-after-unmap", names: unmaps, plant: unmapFirst },
  {
    id: "map-the-stack",
    rule: "dma/stack-memory",
    names: ["dma_map_single"],
    local: true,
    plant: (site) => {
      const first = site.root.stmts?.[0];
      const buffer = change(site, site.api.buffer, () => `${PLANTED}_stack`);
      return first === undefined || buffer === undefined
        ? undefined
        : [insertBefore(site.source.text, first, [`u8 ${PLANTED}_stack[64];`]), ...buffer];
    },
  },
  {
    id: "map-a-constant",
    rule: "dma/rodata-memory",
    names: ["dma_map_single"],
    local: true,
    plant: (site) => change(site, site.api.buffer, () => `(void *)"${PLANTED}"`),
  },
  { id: "map-vmalloc", rule: "dma/vmalloc-memory", names: ["dma_map_single"], plant: vmallocBuffer },
  {
    id: "wrong-sync-direction",
    rule: "dma/sync-direction",
    names: namesThat("sync", "sync-list"),
    plant: (site) => {
      // Of a mapping that goes both ways any direction may be synced: only what is known to go one way is planted at.
      const ways = makersNear(site).map((maker) => argument(maker, maker.api.direction)?.trim() ?? "");
      const oneWay = ways.length > 0 && ways.every((way) => way === "DMA_TO_DEVICE" || way === "DMA_FROM_DEVICE");
      return oneWay ? change(site, site.api.direction, otherDirection) : undefined;
    },
  },
  {
    id: "sync-too-far",
    rule: "dma/sync-range",
    names: namesThat("sync"),
    plant: (site) => {
      const maker = onlyMaker(site);
      const size = maker === undefined ? undefined : argument(maker, maker.api.size);
      return size === undefined ? undefined : change(site, site.api.size, () => `${size} + 64`);
    },
  },
  {
    id: "sync-after-unmap",
    rule: "dma/sync-unmapped",
    names: ["dma_unmap_single", "dma_unmap_page"],
    local: true,
    plant: (site) => {
      const args = [0, 1, 2, 3].map((i) => argument(site, i));
      return isCallStatement(site) && neighbours(site) !== undefined
        ? [insertAfter(site.source.text, site.stmt, [`dma_sync_single_for_cpu(${args.join(", ")});`])]
        : undefined;
    },
  },
  {
    id: "other-attributes",
    rule: "dma/attrs-mismatch",
    names: ["dma_unmap_single", "dma_unmap_page"],
    plant: (site) => {
      const { tokens } = site.source;
      const [name, close] = [tokens[site.call.at], tokens[site.call.close]];
      return name === undefined || close === undefined
        ? undefined
        : [
            { start: name.start, end: name.end, text: `${site.name}_attrs` },
            { start: close.start, end: close.start, text: ", DMA_ATTR_PRIVILEGED" },
          ];
    },
  },
  {
    id: "moved-address",
    rule: "dma/address-mismatch",
    names: ["dma_free_coherent"],
    plant: (site) => change(site, site.api.buffer, (was) => `(char *)(${was}) + 64`),
  },
  {
    id: "ram-as-resource",
    rule: "dma/resource-of-ram",
    also: ["dma/wrong-unmap"],
    names: ["dma_map_single"],
    local: true,
    plant: (site) => {
      const name = site.source.tokens[site.call.at];
      const close = site.source.tokens[site.call.close];
      const buffer = change(site, site.api.buffer, (was) => `virt_to_phys(${was})`);
      return name === undefined || close === undefined || buffer === undefined
        ? undefined
        : [
            { start: name.start, end: name.end, text: "dma_map_resource" },
            ...buffer,
            { start: close.start, end: close.start, text: ", 0" },
          ];
    },
  },
  {
    id: "map-twice",
    rule: "dma/overlap",
    names: ["dma_map_single"],
    local: true,
    plant: (site) => {
      const handle = assigned(site);
      const unmap = asUnmap(site, `${PLANTED}_again`);
      const first = site.root.stmts?.[0];
      const direction = argument(site, site.api.direction)?.trim();
      if (handle === undefined || unmap === undefined || first === undefined || neighbours(site) === undefined)
        return undefined;
      if (site.stmt.kind !== "expr" || direction === "DMA_TO_DEVICE" || OTHER[direction ?? ""] === undefined)
        return undefined;
      const call = slice(site.source, site.call.at, site.call.close);
      const device = argument(site, site.api.device) ?? "";
      return [
        insertBefore(site.source.text, first, [`dma_addr_t ${PLANTED}_again;`]),
        insertAfter(site.source.text, site.stmt, [
          `${PLANTED}_again = ${call};`,
          `if (!dma_mapping_error(${device}, ${PLANTED}_again))`,
          `\t${unmap}`,
        ]),
      ];
    },
  },
  {
    id: "iova-drop-sync",
    rule: "dma/iova-not-synced",
    names: ["dma_iova_sync"],
    plant: (site) => {
      const { tokens } = site.source;
      const [a, b] = [tokens[site.call.at], tokens[site.call.close]];
      return a === undefined || b === undefined ? undefined : [{ start: a.start, end: b.end, text: "0" }];
    },
  },
  { id: "iova-drop-end", rule: "dma/iova-leak", names: ["dma_iova_free", "dma_iova_destroy"], plant: drop },
  {
    id: "iova-end-twice",
    rule: "dma/iova-order",
    names: ["dma_iova_free", "dma_iova_destroy"],
    local: true,
    plant: (site) =>
      isCallStatement(site) && neighbours(site) !== undefined
        ? [insertAfter(site.source.text, site.stmt, [text(site, site.stmt)])]
        : undefined,
  },
];

const FREES =
  /^(kfree|kvfree|kfree_sensitive|dev_kfree_skb|dev_kfree_skb_any|dev_kfree_skb_irq|kfree_skb|dev_consume_skb_any|__free_page|put_page)$/;

/** Moves the first free behind an unmap, in the same block, to before it, where it frees what was mapped. */
function freeFirst(site: Site): readonly Edit[] | undefined {
  const around = neighbours(site);
  if (!isCallStatement(site) || around === undefined) return undefined;
  const freed = around.block.slice(around.at + 1, around.at + 4).find((stmt) => {
    const [call] = stmt.kind === "expr" ? calls(site.source.tokens, stmt.a, stmt.b) : [];
    if (call === undefined || call.at !== stmt.a || !FREES.test(call.name)) return false;
    return freesMapped(site, argument({ source: site.source, call }, 0) ?? "");
  });
  if (freed === undefined) return undefined;
  return [
    removal(site.source.text, freed, site.parent),
    insertBefore(site.source.text, site.stmt, [text(site, freed)]),
  ];
}

/** Whether what is freed is what was mapped: by the map's argument, or by the object that both stand in. */
function freesMapped(site: Site, freed: string): boolean {
  const bare = freed.replace(/\s/g, "");
  const [maker] = makersOf(site);
  if (maker !== undefined) {
    const mapped = argument(maker, maker.api.buffer)?.replace(/\s/g, "") ?? "";
    return mapped === bare || mapped.startsWith(`${bare}->data`) || mapped.startsWith(`${bare}+`);
  }
  const root = (path: string): string => path.replace(/(->|\.)\w+$/, "");
  return /->|\./.test(bare) && root(bare) === root(site.key) && root(bare) !== bare;
}

/** Moves the unmap of a function that maps too to before the last statement in its block that still hands the handle on. */
function unmapFirst(site: Site): readonly Edit[] | undefined {
  const around = neighbours(site);
  if (!isCallStatement(site) || around === undefined || onErrorPath(site)) return undefined;
  const [maker] = makersOf(site);
  const mapped = maker === undefined ? undefined : neighbours(site, maker.stmt);
  if (maker === undefined || mapped?.block !== around.block) return undefined;
  const handle = lastName(site.key);
  const uses = around.block.slice(mapped.at + 1, around.at).filter((stmt) => {
    if (stmt.kind !== "expr") return false;
    return calls(site.source.tokens, stmt.a, stmt.b).some(
      (call) =>
        !/dma_mapping_error|dev_|pr_|netdev_/.test(call.name) &&
        call.args.some(([a, b]) => slice(site.source, a, b).replace(/\s/g, "").includes(handle)),
    );
  });
  const use = uses.at(-1);
  return use === undefined
    ? undefined
    : [insertBefore(site.source.text, use, [text(site, site.stmt)]), removal(site.source.text, site.stmt, site.parent)];
}

function swapKind(site: Site): readonly Edit[] | undefined {
  const [a, b] = [site.source.tokens[site.call.at], site.source.tokens[site.call.close]];
  const args = site.call.args.map((_, i) => argument(site, i) ?? "");
  if (a === undefined || b === undefined || args.length !== 4) return undefined;
  const [device, second, third, fourth] = args;
  const now =
    site.name === "dma_free_coherent"
      ? `dma_unmap_single(${device}, ${fourth}, ${second}, DMA_BIDIRECTIONAL)`
      : `dma_unmap_resource(${device}, ${second}, ${third}, ${fourth}, 0)`;
  return [{ start: a.start, end: b.end, text: now }];
}

/** Where the mapped variable was allocated in the same function: by vmalloc instead. */
function vmallocBuffer(site: Site): readonly Edit[] | undefined {
  const buffer = argument(site, site.api.buffer)?.replace(/\s/g, "");
  if (buffer === undefined || !/^\w+$/.test(buffer)) return undefined;
  for (const call of calls(site.source.tokens, site.root.a, site.call.at)) {
    if (!/^k[mz]alloc$/.test(call.name) || call.args.length !== 2) continue;
    const stmt = [...walk(site.root)].find(
      (each) => each.kind !== "block" && each.a <= call.at && call.at <= each.b && !each.body,
    );
    if (stmt === undefined || assigned({ source: site.source, call, stmt })?.replace(/\s/g, "") !== buffer) continue;
    const [a, b] = [site.source.tokens[call.at], site.source.tokens[call.close]];
    if (a === undefined || b === undefined) return undefined;
    return [{ start: a.start, end: b.end, text: `vmalloc(${argument({ source: site.source, call }, 0)})` }];
  }
  return undefined;
}

/** The helper unmaps what its arguments name: its caller unmaps that again right after the call. */
function doubleInCaller(site: Site): readonly Edit[] | undefined {
  const { source, fn } = site;
  const { tokens } = source;
  // Where an arm may have kept it mapped, the second unmap could be the first.
  if (!isCallStatement(site) || neighbours(site)?.block !== site.root.stmts || makersOf(site).length > 0)
    return undefined;
  const params = paramsOf(site);
  const args = site.call.args.map(([a, b]) => tokens.slice(a, b + 1));
  const free = args.flat().filter((t, i, all) => t.kind === "ident" && !/^(->|\.)$/.test(all[i - 1]?.text ?? ""));
  const known = (name: string): boolean => params.includes(name) || /^[A-Z][A-Z0-9_]+$/.test(name) || name === "sizeof";
  if (!free.every((t) => known(t.text)) || !free.some((t) => params.includes(t.text))) return undefined;
  for (const other of source.functions) {
    if (other === fn || other.conditional) continue;
    const call = calls(tokens, other.bodyOpen, other.bodyClose).find(({ name }) => name === fn.name);
    if (call === undefined || tokens[call.close + 1]?.text !== ";" || !/^[;{}]$/.test(tokens[call.at - 1]?.text ?? ""))
      continue;
    const given = call.args.map(([a, b]) => slice(source, a, b));
    if (!given.every((each) => /^&?[\w.>-]+$/.test(each))) continue;
    const rewritten = site.call.args
      .map(([a, b]) => substituted(source.tokens.slice(a, b + 1), params, given))
      .join(", ");
    const end = tokens[call.close + 1]?.end ?? 0;
    return [{ start: end, end, text: ` ${site.name}(${rewritten});` }];
  }
  return undefined;
}

function paramsOf(site: Site): readonly string[] {
  const { tokens } = site.source;
  const names: string[] = [];
  for (let i = site.fn.open + 1; i <= site.fn.close; i++)
    if (/^[,)]$/.test(tokens[i]?.text ?? "") && tokens[i - 1]?.kind === "ident") names.push(tokens[i - 1]?.text ?? "");
  return names;
}

function substituted(
  tokens: readonly { readonly text: string; readonly kind: string }[],
  params: readonly string[],
  given: readonly string[],
): string {
  return tokens
    .map((token, i) => {
      const member = /^(->|\.)$/.test(tokens[i - 1]?.text ?? "");
      const at = token.kind === "ident" && !member ? params.indexOf(token.text) : -1;
      const arg = at >= 0 ? given[at] : undefined;
      return arg === undefined ? token.text : arg.startsWith("&") ? `(${arg})` : arg;
    })
    .join(" ");
}
