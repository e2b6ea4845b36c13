const UTF8 = new TextDecoder("utf-8", { fatal: true });
const GB18030 = new TextDecoder("gb18030", { fatal: true });

/** The text of a body: UTF-8, or else GBK, in which older cameras write Chinese plates. Undefined for what is neither. */
export function bodyText(bytes: Uint8Array): string | undefined {
  for (const decoder of [UTF8, GB18030])
    try {
      return decoder.decode(bytes);
    } catch {
      // the next one, or none
    }
  return undefined;
}
