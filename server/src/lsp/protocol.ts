// What the language server says beyond the standard protocol: requests, notifications and commands of its own, with the shapes that go over the wire. Types and names only,
// so that a client can import it. Positions are LSP's: lines and characters from 0, characters in UTF-16 code units.
import type { Location, Range } from "vscode-languageserver-protocol";

/** Given at initialize, in `initializationOptions`; every one may be absent. */
export interface Options {
  /** False in a workspace that is not trusted: nothing of it is started (no git), nothing is written. Default true. */
  readonly trusted?: boolean;
  /** A folder for what outlives the server; absent: nothing is kept. */
  readonly cache?: string;
}

/** The section `lifebound` of the settings, asked for by workspace/configuration. */
export interface Settings {
  /** Say what rules found that are off by default. Default false. */
  readonly allRules: boolean;
  /** Lenses, by kind; each default true. */
  readonly lens: { readonly proofs: boolean; readonly findings: boolean; readonly patches: boolean };
  /** Phase changes at the ends of lines. Default false. */
  readonly inlayHints: boolean;
}

/**
 * Commands of the server, by workspace/executeCommand. What they answer is plain text for people, or null where there is nothing.
 * showSequence [uri, key]; showProof [uri, function]; checkFile, checkFolder [uri]; checkWorkspace [].
 */
export const COMMANDS = {
  sequence: "lifebound.showSequence",
  proof: "lifebound.showProof",
  checkFile: "lifebound.server.checkFile",
  checkFolder: "lifebound.server.checkFolder",
  checkWorkspace: "lifebound.server.checkWorkspace",
} as const;

/** Requests: lifebound/sequence SequenceParams → SequenceAnswer | null; lifebound/resources {} → Resource[]; lifebound/scan ScanParams → ScanAnswer. */
export const REQUESTS = {
  sequence: "lifebound/sequence",
  resources: "lifebound/resources",
  scan: "lifebound/scan",
} as const;

/** Notifications to the client: lifebound/status Status; lifebound/changed {} when what `resources` or `sequence` would answer has changed. */
export const NOTIFICATIONS = { status: "lifebound/status", changed: "lifebound/changed" } as const;

/** `key`: a finding's fingerprint (a diagnostic's data.fingerprint, a lens's second argument) or the function of a proof. */
export interface SequenceParams {
  readonly uri: string;
  readonly key: string;
}

/** A diagram with the steps behind it, ready to draw and to step through. */
export interface SequenceAnswer {
  readonly uri: string;
  readonly key: string;
  /** One line: the verdict. */
  readonly title: string;
  readonly rule?: string;
  readonly verdict: "proved" | "violated" | "not-proven";
  /** Those that there are, the one to show first being the first. */
  readonly views: readonly SequenceView[];
}

export interface SequenceView {
  /** The witness in C; what proves the obligations; or the trace of the lifecycle's own model for the same rule. */
  readonly kind: "witness" | "proof" | "model";
  readonly title: string;
  readonly lanes: readonly string[];
  /** At most about a dozen; each stands for steps `first` to `last`. */
  readonly messages: readonly ViewMessage[];
  /** All steps, also those that the messages fold. */
  readonly steps: readonly ViewStep[];
  readonly mermaid: string;
  /** Plain text, 72 columns. */
  readonly plain: string;
}

export interface ViewMessage {
  readonly from: number;
  readonly to: number;
  readonly kind: "message" | "own" | "wait" | "note" | "elided";
  readonly text: string;
  /** By index in `steps`, both included. */
  readonly first: number;
  readonly last: number;
  /** The offending or missing one. */
  readonly bad: boolean;
}

export interface ViewStep {
  readonly actor: string;
  readonly text: string;
  readonly bad: boolean;
  /** Absent where the step is not in the code. */
  readonly location?: Location;
  /** After this step, for each actor that has done something: what it did or waits for last. In the order of the lanes. */
  readonly state: readonly { readonly actor: string; readonly text: string }[];
}

/** A resource of the workspace with what is owed for it. */
export interface Resource {
  readonly name: string;
  readonly bound: string;
  readonly verdict: "proved" | "violated" | "not-proven";
  readonly location: Location;
  /** For lifebound/sequence. */
  readonly key: string;
  readonly obligations: readonly ResourceObligation[];
}

export interface ResourceObligation {
  readonly name: string;
  readonly verdict: "proved" | "violated" | "not-proven";
  /** Why it is not proven, or the rule of the finding; empty where proved. */
  readonly why: string;
  readonly evidence: readonly { readonly text: string; readonly location?: Location }[];
}

/** What to scan: a mail, patch or mbox file or folder; a range of the repository that holds `tree`; or text (the clipboard). */
export type ScanParams = { readonly tree: string } & (
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "range"; readonly range: string }
  | { readonly kind: "text"; readonly text: string }
);

export interface ScanAnswer {
  /** The report as text, as the command line prints it. */
  readonly text: string;
  /** The same as one self-contained page without scripts. */
  readonly html: string;
  readonly newFindings: number;
}

/** How the server is doing, for a status bar. */
export interface Status {
  readonly state: "starting" | "indexing" | "checking" | "idle";
  /** What is worked on, for people. */
  readonly what: string;
  readonly done: number;
  /** 0 where it is not known. */
  readonly total: number;
  readonly errors: number;
  readonly warnings: number;
  readonly proved: number;
  readonly violated: number;
  readonly notProven: number;
}

/** In `Diagnostic.data`. */
export interface DiagnosticData {
  readonly fingerprint: string;
  readonly rule: string;
}

/** Lenses carry their command when resolved; a client that draws panels runs `lifebound.openSequence` [uri, key] in place of the server's command. */
export interface LensData {
  readonly uri: string;
  readonly key?: string;
  /** The function that the lens stands on. */
  readonly fn: string;
  readonly range: Range;
}
