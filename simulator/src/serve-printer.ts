import { type ProviderServer, serveProvider } from "./providers/provider-server.ts";
import type { VirtualPrinter } from "./virtual-printer.ts";

/** A virtual printer on a free port of loopback, with what can go wrong on the way to it: the path is `/printers/findme`. */
export interface ServedPrinter extends ProviderServer {
  /** `ipp://127.0.0.1:port/printers/findme`. */
  readonly uri: string;
}

/** Where a virtual printer's queue is. */
export const PRINTER_PATH = "/printers/findme";

export async function servePrinter(printer: Pick<VirtualPrinter, "answer">): Promise<ServedPrinter> {
  const server = await serveProvider(async (request) => {
    if (request.headers.get("content-type") !== "application/ipp") return new Response("not IPP", { status: 400 });
    const answer = printer.answer(new Uint8Array(await request.arrayBuffer()));
    return new Response(Uint8Array.from(answer), { headers: { "content-type": "application/ipp" } });
  });
  return { ...server, uri: `${server.url.replace("http:", "ipp:")}${PRINTER_PATH}` };
}
