import { bytesToHex } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import type { AskedWith, CloudClient, RouteParts } from "../api/client.ts";
import type { RouteName, ROUTES } from "../api/routes.ts";
import type { Scope } from "../api/scopes.ts";
import type { SandboxProvider } from "../top-ups/sandbox-provider.ts";
import { type ApiCampus, plainPerson } from "./api-campus.ts";
import { answered, valueOf } from "./api-rig.ts";
import type { CloudRig } from "./cloud-rig.ts";

/** Where a case plays: a campus, somebody who may do everything, and a second operator. */
export interface CaseWorld extends ApiCampus {
  readonly cloud: CloudRig;
  readonly client: CloudClient;
  readonly second: CloudClient;
  /** A credential that has expired. */
  readonly expired: string;
  readonly site: string;
  /** Who takes in top-ups. */
  readonly provider: SandboxProvider;
  /** Asks the provider for all that is due. */
  readonly lookDue: () => Promise<void>;
  /** From then on nothing signs passes. */
  readonly loseKey: () => void;
}
/** One request, with what has to be done before it. */
export interface CaseAsk<R extends RouteName> {
  readonly parts: (world: CaseWorld) => RouteParts<R> | Promise<RouteParts<R>>;
  readonly also?: AskedWith;
  /** As the second operator. */
  readonly second?: true;
  /** As somebody who may this alone. */
  readonly scopes?: readonly Scope[];
  /** Where log-ins are not set up, or their providers do not answer. */
  readonly providers?: "none" | "down";
}
/** A route's good case, and one of each refusal that it has of its own. */
export interface RouteCase<R extends RouteName> {
  readonly good: CaseAsk<R>;
  readonly refused: { readonly [E in (typeof ROUTES)[R]["refusals"][number]]: CaseAsk<R> };
}

/** The cases of some routes: that none is left out, neither route nor refusal, the compiler sees to. */
export type RouteCases<Name extends RouteName> = { readonly [R in Name]: RouteCase<R> };

export const UNKNOWN = "01990246-a5d0-7000-8000-0123456789ab";
export const NO_CREDENTIAL = "0123456789abcdef";
export const WHY = { reason: "演习 / drill" };

export const personOf = async ({ client }: CaseWorld, account: string): Promise<string> =>
  (await valueOf(client.ask("POST /v1/persons", { body: plainPerson(account) }))).id;
export const one = <const P>(params: P) => ({ parts: () => ({ params }) });
export const CONTROLLER_KEY = bytesToHex(nodeSigner(new Uint8Array(32).fill(0x31)).publicKey);
/** Behind an act on the card. */
export const cardAfter = (act: "suspend" | "freeze" | "report-lost") => ({
  parts: async ({ client, card }: CaseWorld) => {
    await answered(client.ask(`POST /v1/credentials/{id}/${act}`, { params: { id: card } }, WHY));
    return { params: { id: card } };
  },
});
export async function frozenPhone({ client, phone }: CaseWorld): Promise<string> {
  await answered(client.ask("POST /v1/credentials/{id}/freeze", { params: { id: phone } }, WHY));
  return phone;
}
/** A case that asks for the phone's code to be unfrozen. */
export async function unfreezingCase({ client, person, phone }: Pick<CaseWorld, "client" | "person" | "phone">, credential = phone): Promise<string> {
  const body = { type: "unfreeze", category: "校园卡", description: "", place: null, beacons: null, form: { credential }, reporter: { person } };
  return (await valueOf(client.ask("POST /v1/cases", { body }))).id;
}
