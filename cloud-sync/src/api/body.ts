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
