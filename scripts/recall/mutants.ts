// Every planted bug, in the order of the table that asks for them.
import { RDMA_MUTANTS } from "./mutants-rdma.ts";
import { VFIO_MUTANTS } from "./mutants-vfio.ts";
import type { Mutant } from "./mutant.ts";

export const MUTANTS: readonly Mutant[] = [...VFIO_MUTANTS, ...RDMA_MUTANTS];
