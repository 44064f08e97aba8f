// The calls that the mapping core understands, as plain data: declarations of what there is, calls of the mapping API, and what code does besides.
import type { Direction, Memory, Piece } from "./state.ts";

/** A name with an offset: `h + 64`. */
export interface Place {
  readonly name: string;
  readonly plus: number;
}

/** By which function a mapping is made or taken down. */
export type Way = "single" | "page" | "phys" | "resource";

export type Call =
  | {
      readonly op: "device";
      readonly name: string;
      readonly iommu: boolean;
      readonly merging: boolean;
      readonly maxSegment: number;
      readonly boundary: number;
      readonly under?: string;
    }
  | {
      readonly op: "buffer";
      readonly name: string;
      readonly size: number;
      readonly memory: Memory;
      readonly provider?: string;
    }
  | { readonly op: "list"; readonly name: string; readonly pieces: readonly Piece[] }
  | { readonly op: "host"; readonly name: string; readonly allowed: "any" | "same" | "no" }
  | { readonly op: "port"; readonly name: string; readonly under: string; readonly redirects: boolean }
  | { readonly op: "cpu-routes" }
  | {
      readonly op: "provider";
      readonly name: string;
      readonly device: string;
      readonly origin: "pgmap" | "driver";
    }
  | {
      readonly op: "map";
      readonly as: string;
      readonly way: Way;
      readonly device: string;
      readonly what: Place;
      readonly size: number;
      readonly direction: Direction;
      readonly attributes: readonly string[];
      readonly fails: boolean;
    }
  | { readonly op: "test"; readonly device: string; readonly handle: Place }
  | {
      readonly op: "unmap";
      readonly way: Way;
      readonly device: string;
      readonly handle: Place;
      readonly size: number;
      readonly direction: Direction;
      readonly attributes: readonly string[];
    }
  | {
      readonly op: "sync";
      readonly toward: "cpu" | "device";
      readonly device: string;
      readonly handle: Place;
      readonly size: number;
      readonly direction: Direction;
    }
  | {
      readonly op: "map-list";
      readonly device: string;
      readonly list: string;
      /** Absent: all of it, as tables are mapped. */
      readonly count?: number;
      readonly direction: Direction;
      readonly attributes: readonly string[];
      readonly fails: boolean;
    }
  | {
      readonly op: "unmap-list";
      readonly device: string;
      readonly list: string;
      readonly count?: number;
      readonly direction: Direction;
      readonly attributes: readonly string[];
    }
  | {
      readonly op: "sync-list";
      readonly toward: "cpu" | "device";
      readonly device: string;
      readonly list: string;
      readonly count?: number;
      readonly direction: Direction;
    }
  | {
      readonly op: "alloc";
      readonly as: string;
      readonly handle: string;
      readonly kind: "coherent" | "noncoherent";
      readonly device: string;
      readonly size: number;
      readonly direction: Direction;
      readonly attributes: readonly string[];
      readonly fails: boolean;
    }
  | {
      readonly op: "free";
      readonly kind: "coherent" | "noncoherent";
      readonly device: string;
      readonly size: number;
      readonly memory: Place;
      readonly handle: Place;
      readonly direction: Direction;
      readonly attributes: readonly string[];
    }
  | { readonly op: "pool"; readonly name: string; readonly device: string; readonly size: number }
  | {
      readonly op: "pool-alloc";
      readonly as: string;
      readonly handle: string;
      readonly pool: string;
      readonly fails: boolean;
    }
  | { readonly op: "pool-free"; readonly pool: string; readonly memory: Place; readonly handle: Place }
  | { readonly op: "pool-destroy"; readonly pool: string }
  | {
      readonly op: "iova-alloc";
      readonly device: string;
      readonly iova: string;
      readonly size: number;
      readonly fails: boolean;
    }
  | {
      readonly op: "iova-link";
      readonly device: string;
      readonly iova: string;
      readonly what: Place;
      readonly offset: number;
      readonly size: number;
      readonly direction: Direction;
      readonly attributes: readonly string[];
      readonly fails: boolean;
    }
  | {
      readonly op: "iova-sync";
      readonly device: string;
      readonly iova: string;
      readonly offset: number;
      readonly size: number;
    }
  | {
      readonly op: "iova-unlink";
      readonly device: string;
      readonly iova: string;
      readonly offset: number;
      readonly size: number;
      readonly direction: Direction;
      readonly attributes: readonly string[];
    }
  | { readonly op: "iova-free"; readonly device: string; readonly iova: string }
  | {
      readonly op: "iova-destroy";
      readonly device: string;
      readonly iova: string;
      readonly size: number;
      readonly direction: Direction;
      readonly attributes: readonly string[];
    }
  /** How a provider's memory must be mapped for a client; `of` is the provider, or a buffer whose page is asked about. */
  | { readonly op: "map-type"; readonly provider: string; readonly device: string }
  | { readonly op: "page-state"; readonly device: string; readonly buffer: string }
  | { readonly op: "bus-address"; readonly as: string; readonly provider: string; readonly what: Place }
  /** The device is told to use what a handle, a list or an IOVA space names. */
  | { readonly op: "give"; readonly device: string; readonly what: Place }
  | { readonly op: "access"; readonly buffer: string; readonly write: boolean }
  | { readonly op: "release"; readonly buffer: string }
  /** Somebody who outlives the function has it now. */
  | { readonly op: "keep"; readonly what: string }
  | { readonly op: "unbind"; readonly device: string }
  | { readonly op: "return" };

export type Op = Call["op"];
/** The calls of one op. */
export type CallOf<O extends Op> = Extract<Call, { readonly op: O }>;
