// The list of lifecycles: adding a resource means adding its file and a line here.
import type { AnyLifecycle } from "../model/lifecycle.ts";
import { dmaBufExport } from "./dma-buf-export.ts";
import { dmaBufMapping } from "./dma-buf-mapping.ts";
import { dmaBufRevoke } from "./dma-buf-revoke.ts";
import { p2pdmaProvider } from "./p2pdma-provider.ts";
import { pfnmapVma } from "./pfnmap-vma.ts";

/** Every lifecycle, in the order in which people meet them: startup, runtime, unplug. */
export const lifecycles: readonly AnyLifecycle[] = [
  p2pdmaProvider,
  dmaBufExport,
  dmaBufMapping,
  dmaBufRevoke,
  pfnmapVma,
];
