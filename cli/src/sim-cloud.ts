import { bytesToHex, hexToBytes, type RandomBytes, sealPin } from "@portico/card-protocol";
import type { AskedWith, RouteAnswer, RouteName, RouteParts } from "@portico/cloud-sync";
import { accountDomain } from "@portico/simulator/programs";
import type { CampusCloud } from "./sim-campus.ts";

/** Asks the API; what it refuses is thrown. */
export type Ask = <R extends RouteName>(route: R, parts: RouteParts<R>, also?: AskedWith) => Promise<RouteAnswer<R>>;

/** What a campus's cloud is spoken to with. */
export interface CampusCloudParts {
  /** What the API refuses is thrown. */
  readonly ask: Ask;
  /** Whose people they are. */
  readonly site: string;
  readonly randomBytes: RandomBytes;
  /** Of the line to it. */
  readonly plug: CampusCloud["plug"];
}

/** The cloud of a campus through its API. */
export function campusCloud({ ask, site, randomBytes, plug }: CampusCloudParts): CampusCloud {
  const moved = async (credential: string, act: "report-lost" | "return"): Promise<number> => {
    const { publish, notice } = await ask(
      `POST /v1/credentials/{id}/${act}`,
      { params: { id: credential } },
      { reason: "portico sim run shows what the doors make of it" },
    );
    if (publish === null) throw new Error(notice ?? `the cloud has not published that ${credential} was changed`);
    return publish;
  };
  return {
    async cardState(credential) {
      const { state, stateSince } = await ask("GET /v1/credentials/{id}", { params: { id: credential } });
      return { state, since: Math.floor(Date.parse(stateSince) / 1000) };
    },
    cardLost: (credential) => moved(credential, "report-lost"),
    cardFound: (credential) => moved(credential, "return"),
    async pinSet(person, lock, digits) {
      const { items } = await ask("GET /v1/persons", { query: { account: `${person}@${accountDomain({ site })}` } });
      const id = items[0]!.id;
      const { sealing } = (await ask("GET /v1/persons/{id}/locks", { params: { id } })).items.find((each) => each.id === lock) ?? {};
      const { publicKey, version, ...place } = sealing ?? NOT_SET_HERE;
      const sealed = bytesToHex(sealPin(hexToBytes(publicKey)!, { ...place, lock, version }, digits, randomBytes(SEAL_BYTES)));
      // Where none can be set the cloud says why: it names rule, contact and case category.
      const { value } = await ask("PUT /v1/persons/{id}/locks/{lock}/pin", { params: { id, lock }, body: { version, sealed } });
      return value.version;
    },
    plug,
  };
}

const SEAL_BYTES = 32;
/** What is asked with where nothing can be set: an answer says why. */
const NOT_SET_HERE = { site: "", publicKey: "09".padEnd(64, "0"), holder: 0, version: 1 };
