// Rows of the table that exist for the model's sake: each shows a statement of the environment or of a contract that no defect of the real exporters needs.
import type { Row } from "./mutation.ts";

export const probes: readonly Row[] = [];
