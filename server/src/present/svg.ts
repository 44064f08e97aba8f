// A sequence diagram as SVG, for pages without scripts: lanes, arrows between them, and the words beside.
import { sequence } from "../model/draw.ts";
import type { Message } from "../model/draw.ts";
import type { Step } from "../base/trace.ts";

const LANE = 120;
const ROW = 30;
const TOP = 44;
const LEFT = 60;
const CHARACTER = 7;

/** The diagram of a witness; empty where one actor acts alone. Texts are escaped. */
export function svgSequence(steps: readonly Step[]): string {
  const { lanes, messages } = sequence(steps);
  if (lanes.length < 2) return "";
  const x = (lane: number): number => LEFT + lane * LANE;
  const right = x(lanes.length - 1) + 24;
  const longest = Math.max(...messages.map(({ text }) => text.length));
  const width = right + longest * CHARACTER + 40;
  const height = TOP + messages.length * ROW + 12;
  const label = ({ steps: [a, b] }: Message): string => (a === b ? `${a + 1}` : `${a + 1}-${b + 1}`);
  const body = messages.map((each, i) => {
    const y = TOP + i * ROW + ROW / 2;
    const style = each.bad ? "bad" : each.kind === "wait" ? "wait" : "plain";
    const number = each.kind === "elided" ? "" : `<text x="8" y="${y + 4}" class="${style}">${label(each)}</text>`;
    const words = `<text x="${right}" y="${y + 4}" class="${style}">${escapeXml(each.text)}</text>`;
    return number + shape(each, x, y, style) + words;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
    ...lanes.map((name, i) => `<text x="${x(i)}" y="18" text-anchor="middle" class="lane">${escapeXml(name)}</text><line x1="${x(i)}" y1="26" x2="${x(i)}" y2="${height - 4}" class="lane"/>`), // prettier-ignore
    ...body,
    "</svg>",
  ].join("\n");
}

function shape(each: Message, x: (lane: number) => number, y: number, style: string): string {
  if (each.kind === "elided") return "";
  if (each.kind === "note")
    return `<line x1="${x(each.from)}" y1="${y}" x2="${x(each.to)}" y2="${y}" class="${style} note"/>`;
  if (each.from === each.to) return `<circle cx="${x(each.from)}" cy="${y}" r="5" class="${style}"/>`;
  return `<line x1="${x(each.from)}" y1="${y}" x2="${x(each.to)}" y2="${y}" class="${style}" marker-end="url(#head)"/>`;
}

export const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c] ?? c);
