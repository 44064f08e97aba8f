// What checking must know of the environment by name. Types only; the names themselves belong to lifecycles/unplug and are passed in.
import type { FieldId } from "./skeleton.ts";

/** What kind of thing a violation is about, for choosing repairs. */
export type Concern =
  /** Somebody can reach the memory by DMA when nobody may. */
  | "mapping"
  /** Somebody can reach it by a PTE. */
  | "pte"
  | "provider"
  | "null"
  | "init"
  | "other";

export interface UnplugNames {
  readonly procs: {
    readonly export: string;
    readonly invalidate: string;
    /** An ideal revocation of every buffer, for ever: for repairs. */
    readonly revokeAll: string;
    /** An attach callback's test in front of the driver's own: for repairs. */
    readonly admit: string;
  };
  readonly acts: {
    readonly mapBegin: string;
    readonly mapEnd: string;
    readonly waitFences: string;
    readonly getProvider: string;
    readonly initProvider: string;
    readonly isolate: string;
    readonly fd: string;
    readonly fdInstall: string;
    readonly zapMapping: string;
    readonly zapVma: string;
    readonly insertPte: string;
    /** A fork copies the PTEs of a VMA. */
    readonly copyPtes: string;
    /** Waits until no importer of the buffer has a mapping: for repairs. */
    readonly drained: string;
  };
  readonly fields: {
    readonly priv: FieldId;
    readonly resv: FieldId;
    readonly files: FieldId;
    readonly attDmabuf: FieldId;
    readonly importerOps: FieldId;
    readonly callback: FieldId;
    readonly notified: FieldId;
    /** Set on an attachment for as long as it has a mapping. */
    readonly mapped: FieldId;
  };
  readonly slots: {
    readonly attach: string;
    readonly map: string;
    readonly unmap: string;
    readonly pin: string;
    readonly release: string;
  };
  /** Classes of the environment, by what they are. */
  readonly classes: {
    readonly buffer: string;
    readonly attachment: string;
    readonly vma: string;
    readonly provider: string;
  };
  /** Slots that are not ends of anything: callbacks of buffers and of VMAs, and what opens. */
  readonly entrySlots: readonly string[];
  readonly concerns: Readonly<Record<string, Concern>>;
}
