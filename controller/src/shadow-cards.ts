import { type CardFormat, type CredentialId, kindOfFormat, readCardNumber } from "@portico/card-protocol";
import type { AccessList } from "./access-list.ts";
import type { AccessPointConfiguration, Configuration } from "./configuration/configuration.ts";
import type { ZoneKey } from "./store/zone-key.ts";

/** What knows cards by what a key makes of their numbers. */
interface KnowsCards {
  readonly list: Pick<AccessList, "credentialByNumber">;
  readonly zoneKey: Pick<ZoneKey, "identities">;
}

/**
 * The credential that the list of an access point has for a card of the old system's log; undefined: none has, or no card is written so. The number goes
 * nowhere.
 *
 * @param format  how the log writes it; undefined: as the access point's reader does
 */
export function credentialOfCard(
  { accessPoints, scanners }: Pick<Configuration, "accessPoints" | "scanners">,
  accessPoint: string,
  card: string,
  format: CardFormat | undefined,
  knowsCards: (point: AccessPointConfiguration) => KnowsCards,
): CredentialId | undefined {
  const point = accessPoints.find(({ id }) => id === accessPoint);
  const written = format ?? scanners.find(({ id }) => id === point?.scanner)?.card;
  if (point === undefined || written === undefined) return undefined;
  const number = readCardNumber(card, written);
  if (!number.ok) return undefined;
  const { list, zoneKey } = knowsCards(point);
  for (const { token } of zoneKey.identities(number.value.bytes)) {
    const credential = list.credentialByNumber(kindOfFormat(written.format), token);
    if (credential !== undefined) return credential.id;
  }
  return undefined;
}
