// The contracts, and which one a skeleton set falls under.
import type { SkeletonSet } from "../../../model/unplug/skeleton.ts";
import type { Contract } from "./contract.ts";
import { plain } from "./plain.ts";
import { rdma } from "./rdma.ts";
import { vfio } from "./vfio.ts";

/** Every contract, the most particular first. */
export const contracts: readonly Contract[] = [vfio, rdma, plain];

/** The contract of a set, by the framework slots that it fills: a driver without any is the driver core's own. */
export function contractOf(set: SkeletonSet): Contract {
  const has = (prefix: string): boolean =>
    Object.keys(set.slots).some((s) => s.startsWith(prefix)) || set.roots.some((r) => r.via.startsWith(prefix));
  if (has("vfio_device_ops.")) return vfio;
  if (has("uverbs_obj_fd_type.") || has("ib_device_ops.") || has("uverbs ")) return rdma;
  return plain;
}
