import type { RouteAnswer } from "@portico/cloud-sync";
import type { CloudCalls } from "./cloud-client.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeFacts } from "./table.ts";
import { instantText } from "./time-text.ts";

/** A credential as the cloud tells it. */
export type CredentialTold = RouteAnswer<"GET /v1/credentials/{id}">;

/** What every change of a credential is answered with. */
export interface ChangedCredential {
  readonly value: CredentialTold | null;
  readonly publish: number | null;
  readonly notice: string | null;
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
  { value, publish, notice }: ChangedCredential,
): Promise<void> {
  const doors = publish === null ? undefined : await heldBy(surroundings, calls, publish);
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

/** Which controllers have durably applied a publication. */
interface Doors {
  readonly applied: number;
  readonly of: number;
  /** Since when each has not, Unix seconds; null: it was never heard. */
  readonly missing: readonly { readonly id: string; readonly state: string; readonly heardAt: number | null }[];
}

/** Controllers that are connected have it within moments; for the others nobody waits. */
const HELD_ASKS_MAX = 15;
const ASK_EVERY_MS = 100;

/** Asks until every controller that is connected has applied it. Undefined: whoever asks may not know. */
async function heldBy(surroundings: Surroundings, calls: CloudCalls, publish: number): Promise<Doors | undefined> {
  for (let asked = 1; ; asked++) {
    const outcome = await calls.outcome("GET /v1/feed/status", { query: { publish } });
    if (!outcome.ok) return undefined;
    const { applied, of, missing } = outcome.value;
    if (asked < HELD_ASKS_MAX && missing.some(({ state }) => state === "connected") && (await elapsed(surroundings, ASK_EVERY_MS))) continue;
    return { applied, of, missing: missing.map(({ id, state, heardAt }) => ({ id, state, heardAt: heardAt === null ? null : secondsOf(heardAt) })) };
  }
}

/** How many hold it, and of each that does not since when it is silent. */
function doorsFacts({ applied, of, missing }: Doors): readonly (readonly [string, string])[] {
  return [
    ["controllers", `${applied} of ${of} have it on their disks`],
    ...missing.map(({ id, state, heardAt }): [string, string] => [
      "",
      `${id} has not: ${state}, ${heardAt === null ? "never heard" : `heard last at ${instantText(heardAt)}`}`,
    ]),
  ];
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
