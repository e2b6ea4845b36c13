import { bytesToHex } from "./hex.ts";
import { sameRoots, type TrustedKey, type TrustList } from "./trust-list.ts";
import type { UnixSeconds } from "./units.ts";

/** A key or root as people compare it: the first 8 bytes. */
export const keyText = (publicKey: Uint8Array): string => bytesToHex(publicKey.slice(0, 8));

/**
 * What a list says otherwise than the one before, a sentence each: for whoever signs it.
 *
 * @param current  undefined: it is the first
 * @param text     a time as it is shown
 */
export function trustListChanges(current: TrustList | undefined, next: TrustList, text: (time: UnixSeconds) => string): string[] {
  const sentences = [`list ${next.sequence}, issued ${text(next.issued)}, holds until ${text(next.validUntil)}`];
  if (current === undefined) sentences.push(`the first list: feed epoch ${next.feedEpoch}`);
  else if (next.feedEpoch !== current.feedEpoch)
    sentences.push(`the feed begins anew: epoch ${current.feedEpoch} becomes ${next.feedEpoch}, and every controller fetches its lists afresh`);
  sentences.push(...rootChanges(current, next));
  for (const key of next.keys.values()) {
    const before = current?.keys.get(key.kid);
    if (before === undefined) sentences.push(`new key ${key.kid} (${keyText(key.publicKey)}…) may sign ${key.usages.join(", ")}, ${lifeText(key, text)}`);
    else sentences.push(...keyChanges(before, key, text));
  }
  return sentences;
}

function rootChanges(current: TrustList | undefined, { roots }: TrustList): string[] {
  const needed = `${roots.threshold} of ${roots.keys.length} must sign`;
  if (current === undefined) return [`roots, version ${roots.version}: ${roots.keys.map(keyText).join(", ")}; ${needed}`];
  if (sameRoots(current.roots, roots)) return [];
  const [before, after] = [current.roots.keys.map(keyText), roots.keys.map(keyText)];
  const named = (what: string, keys: readonly string[]): string[] => (keys.length === 0 ? [] : [`${what} ${keys.join(", ")}`]);
  const changed = [...named("comes", after.filter((key) => !before.includes(key))), ...named("goes", before.filter((key) => !after.includes(key)))]; // prettier-ignore
  return [`roots become version ${roots.version}: ${[...changed, `${needed} from now on`].join("; ")}. This list needs the old threshold and the new one`];
}

function keyChanges(before: TrustedKey, key: TrustedKey, text: (time: UnixSeconds) => string): string[] {
  const name = `key ${key.kid} (${keyText(key.publicKey)}…)`;
  if (before.status === "active" && key.status === "retired") return [`${name} is retired for ever: nothing that it signs counts any more`];
  const sentences: string[] = [];
  if (before.usages.join() !== key.usages.join()) sentences.push(`${name} may sign ${key.usages.join(", ")} instead of ${before.usages.join(", ")}`);
  if (before.notBefore !== key.notBefore || before.notAfter !== key.notAfter) sentences.push(`${name} signs ${lifeText(key, text)}`);
  return sentences;
}

const lifeText = ({ notBefore, notAfter, ttlS }: TrustedKey, text: (time: UnixSeconds) => string): string =>
  `from ${text(notBefore)} until ${text(notAfter)}${ttlS === 0 ? "" : `; its passes live ${ttlS} s`}`;
