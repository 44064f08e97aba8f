// A review in the format that was asked for.
import type { Review } from "../findings/review.ts";
import { renderB4 } from "../present/b4.ts";
import { renderHtml } from "../present/html.ts";
import { renderReviewJson } from "../present/json.ts";
import { renderReviewMarkdown } from "../present/markdown.ts";
import { renderReply } from "../present/reply.ts";
import { renderSarif } from "../present/sarif.ts";
import { renderScanText } from "../present/scan-text.ts";
import type { Rule } from "../model/lifecycle.ts";
import { harmless } from "../review/paths.ts";

export const SCAN_FORMATS = ["text", "json", "sarif", "reply", "b4", "markdown", "html"] as const;
export type ScanFormat = (typeof SCAN_FORMATS)[number];

export interface RenderOptions {
  readonly format: ScanFormat;
  readonly positive?: boolean;
  readonly proofs?: boolean;
}

/** What is for people or mail has nothing in it that steers a terminal; what is for machines is escaped by its format. */
export function renderReview(
  review: Review,
  options: RenderOptions,
  tool: { readonly version: string; readonly rules: readonly Rule[] },
): string {
  switch (options.format) {
    case "text":
      return harmless(renderScanText(review, options));
    case "markdown":
      return harmless(renderReviewMarkdown(review, options));
    case "html":
      return harmless(renderHtml(review, options));
    case "reply":
      return harmless(renderReply(review, options));
    case "json":
      return renderReviewJson(review, tool);
    case "sarif":
      return renderSarif(review.report, tool);
    case "b4":
      return renderB4(review);
  }
}
