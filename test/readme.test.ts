// What the README shows is what is printed: every command in its console blocks is run from the project's root. UPDATE=1 rewrites the outputs and the picture.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const file = path.join(root, "README.md");
const update = process.env["UPDATE"] === "1";

/** `npx lifebound` is the command line as it is in this work tree. */
const SHELL = 'npx() { shift; "$NODE" dist/cli.js "$@"; }\n';

function output(command: string): string {
  const ran = spawnSync("bash", ["-c", SHELL + command], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NODE: process.execPath },
  });
  assert.equal(ran.stderr, "", command);
  return ran.stdout;
}

/** A text with the output of each command in its console blocks replaced. */
function refreshed(text: string, run: (command: string) => string): string {
  return text.replace(/^```console\n([\s\S]*?)^```$/gm, (_, block: string) => {
    const commands = block.split("\n").filter((line) => line.startsWith("$ "));
    return `\`\`\`console\n${commands.map((line) => `${line}\n${run(line.slice(2))}`).join("")}\`\`\``;
  });
}

describe("README", () => {
  const text = readFileSync(file, "utf8");

  before(function () {
    this.timeout(120_000);
    execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: root });
  });

  it("shows what its commands print", function () {
    this.timeout(120_000);
    const ran: string[] = [];
    const now = refreshed(text, (command) => {
      ran.push(command);
      return output(command);
    });
    assert.ok(ran.length >= 5, "no commands in console blocks");
    if (update) writeFileSync(file, now);
    else assert.equal(now, text, "UPDATE=1 rewrites the outputs");
  });

  it("has examples of every command", () => {
    const help = output("npx lifebound --help");
    const commands = [...help.matchAll(/^ {2}(\w+) /gm)].map((m) => m[1]).filter((name) => name !== "help");
    assert.ok(commands.length >= 5);
    const shown = [...text.matchAll(/^\$ npx lifebound (\w+)/gm)].map((m) => m[1]);
    assert.deepEqual(commands.filter((name) => !shown.includes(name)), []); // prettier-ignore
  });

  it("has the picture of what is printed", function () {
    this.timeout(120_000);
    const picture = spawnSync(process.execPath, ["scripts/picture.mjs", ...(update ? [] : ["--check"])], {
      cwd: root,
      encoding: "utf8",
    });
    assert.equal(picture.status, 0, picture.stderr);
  });

  it("links to files that are there, and names scripts that are there", () => {
    const links = [...text.matchAll(/\]\(([^)]+)\)|src="([^"]+)"/g)].map((m) => m[1] ?? m[2] ?? "");
    for (const link of links) assert.ok(existsSync(path.join(root, link)), link);
    const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { scripts: object };
    for (const [, name] of text.matchAll(/npm run (\w+)/g)) assert.ok(Object.keys(scripts).includes(name ?? ""), name);
  });

  it("would be found out", () => {
    const shown = "a\n```console\n$ say x\nx\n$ say y\ny\n```\nb\n";
    assert.equal(
      refreshed(shown, (c) => `${c.slice(4)}\n`),
      shown,
    );
    assert.equal(
      refreshed(shown, () => "z\n"),
      "a\n```console\n$ say x\nz\n$ say y\nz\n```\nb\n",
    );
  });
});
