// Draws docs/witness.svg, the picture in the README: what the command line prints about the bundled example with a bug, as text in SVG. No network.
// `--check` writes nothing, and fails where the picture is not what is printed now.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const root = path.dirname(import.meta.dirname);
const file = path.join(root, "docs/witness.svg");
const example = "test/fixtures/demo/buggy";

/** Longer lines are broken. */
const COLUMNS = 92;
const ADVANCE = 7.83; // of a character, at 13 px
const LEADING = 18;
const MARGIN = 16;

const cli = ["--import", "tsx", path.join(root, "server/src/cli.ts")];
const ran = spawnSync(process.execPath, [...cli, "check", example], { cwd: root, encoding: "utf8" });
if (ran.status !== 1) {
  console.error(`expected a finding in ${example}, got exit code ${ran.status}\n${ran.stderr}`);
  process.exit(1);
}
const svg = draw(select(ran.stdout));
if (!process.argv.includes("--check")) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, svg);
} else if (!existsSync(file) || readFileSync(file, "utf8") !== svg) {
  console.error("docs/witness.svg is not what is printed now: npm run picture draws it again");
  process.exit(1);
}

/** Of the first finding: what is wrong, where, why and what to do; how many steps there are; and the diagram. */
function select(out) {
  const [head = "", diagram = ""] = out.split("\n\n");
  const lines = head.split("\n");
  const witness = lines.findIndex((line) => line.startsWith("  witness"));
  const shown = lines.filter((line) => /^ *!? *\d+\. /.test(line)).length;
  const steps = /of (\d+) steps/.exec(lines[witness] ?? "")?.[1] ?? String(shown);
  if (witness < 0 || shown === 0 || diagram === "") throw new Error("the output has changed its form");
  return [
    [`$ npx lifebound check ${example}`, "prompt"],
    ...lines.slice(0, witness).flatMap((line, n) => wrap(line).map((text) => [text, n === 0 ? "bad" : "plain"])),
    ["", "plain"],
    [`  witness, ${steps} steps:`, "plain"],
    ...diagram.split("\n").map((line) => [`  ${line}`, line.startsWith("!") ? "bad" : "plain"]),
  ];
}

/** A line in pieces of at most COLUMNS, broken at spaces; what follows is indented further. */
function wrap(line) {
  const indent = `${/^ */.exec(line)?.[0] ?? ""}    `;
  const out = [];
  let rest = line;
  while (rest.length > COLUMNS) {
    const at = rest.lastIndexOf(" ", COLUMNS);
    if (at <= indent.length) break;
    out.push(rest.slice(0, at));
    rest = indent + rest.slice(at + 1);
  }
  return [...out, rest];
}

function draw(lines) {
  const width = Math.ceil(Math.max(...lines.map(([text]) => text.length)) * ADVANCE) + 2 * MARGIN;
  const height = lines.length * LEADING + 2 * MARGIN;
  const text = lines
    .map(([line, kind], n) => {
      const y = MARGIN + (n + 1) * LEADING - 5;
      return line === "" ? "" : `  <text x="${MARGIN}" y="${y}" class="${kind}">${escape(line)}</text>\n`;
    })
    .join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
  <title>A lifetime bug and the interleaving that shows it</title>
  <style>
    text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre; fill: #24292f; }
    .prompt { fill: #57606a; }
    .bad { fill: #cf222e; font-weight: 600; }
  </style>
  <rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6" fill="#ffffff" stroke="#d0d7de"/>
${text}</svg>
`;
}

function escape(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/ /g, "\u00a0");
}
