// Exit codes of the command line, and the one way to leave early.

export const OK = 0;
export const FINDINGS = 1;
/** Usage, or nothing that was asked for could be read. */
export const USAGE = 2;
export const INTERNAL = 3;

/** Leaves a command with a message for people. Never thrown for what the input holds. */
export class Stop extends Error {
  readonly code: number;
  constructor(message: string, code: number = USAGE) {
    super(message);
    this.code = code;
  }
}
