import type { RouteAnswer } from "@portico/cloud-sync";
import type { CloudCalls } from "./cloud-client.ts";
import { doorsFacts, doorsOf, type OnItsWay } from "./doors-held.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeFacts } from "./table.ts";
import { instantText } from "./time-text.ts";

/** A credential as the cloud tells it. */
export type CredentialTold = RouteAnswer<"GET /v1/credentials/{id}">;

/** What every change of a credential is answered with. */
export interface ChangedCredential extends OnItsWay {
  readonly value: CredentialTold | null;
}

/** Of a time as the API tells it, Unix seconds. */
const secondsOf = (time: string): number => Math.floor(Date.parse(time) / 1000);

/** A list of credentials. */
export const CREDENTIAL_COLUMNS: readonly Column<CredentialTold>[] = [
  { heading: "CREDENTIAL", cell: ({ id }) => id },
  { heading: "KIND", cell: ({ kind }) => kind },
  { heading: "STATE", cell: ({ state }) => state },
  { heading: "SINCE", cell: ({ stateSince }) => instantText(secondsOf(stateSince)) },
  { heading: "VALID", cell: ({ validity }) => validityText(validity) },
  { heading: "SHOWN AS", cell: (row) => shownText(row) },
];

/** What a change gave, the publication by which doors know it, and how many controllers hold that already. */
export async function writeChanged(
  surroundings: Surroundings,
  calls: CloudCalls,
  { format }: { readonly format?: Format },
  { value, ...way }: ChangedCredential,
): Promise<void> {
  const { publish, notice } = way;
  const doors = await doorsOf(surroundings, calls, way);
  writeFacts(
    surroundings.terminal,
    format,
    [
      ...(value === null ? [["credential", "gone; it stays revoked in every zone"] as const] : credentialFacts(value)),
      ["publication", publish === null ? (notice ?? "none yet") : String(publish)],
      ...(doors === undefined ? [] : doorsFacts(doors)),
    ],
    { ...(value ?? { removed: true }), publish, doors: doors ?? null },
  );
}

/** One credential, a fact a line. */
export function credentialFacts(credential: CredentialTold): readonly (readonly [string, string])[] {
  const { id, person, kind, state, stateSince, validity } = credential;
  return [
    ["credential", id],
    ["person", person],
    ["kind", kind],
    ["state", `${state} since ${instantText(secondsOf(stateSince))}`],
    ["valid", validityText(validity)],
    ["shown as", shownText(credential)],
  ];
}

function validityText({ from, until }: CredentialTold["validity"]): string {
  if (from === null && until === null) return "always";
  const text = (time: string): string => instantText(secondsOf(time));
  return [from === null ? "" : `from ${text(from)}`, until === null ? "" : `until ${text(until)}`].filter((part) => part !== "").join(" ");
}

function shownText({ kind, publicKey }: Pick<CredentialTold, "kind" | "publicKey">): string {
  if (kind !== "qr") return kind === "card" ? "the card's number" : kind;
  return publicKey === null ? "issued passes" : "passes that the phone signs";
}
