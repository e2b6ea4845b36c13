import type { z } from "zod";

/** The whole body; undefined for one that is too large, of which no more is read than shows it. */
export async function bodyOf(request: Request, bytesMax: number): Promise<Uint8Array | undefined> {
  const told = request.headers.get("content-length");
  if (told !== null && Number(told) > bytesMax) return undefined;
  if (told !== null) return new Uint8Array(await request.arrayBuffer());
  if (request.body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Bytes as JSON; undefined: they are none in UTF-8. */
export function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}

/** The body as JSON of this form; undefined: it is none, or too large, and then no more of it is read than shows it. */
export async function jsonBodyOf<S extends z.ZodType>(request: Request, schema: S, bytesMax: number): Promise<z.output<S> | undefined> {
  const bytes = await bodyOf(request, bytesMax);
  return bytes === undefined ? undefined : schema.safeParse(jsonOf(bytes)).data;
}
