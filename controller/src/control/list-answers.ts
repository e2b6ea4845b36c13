import { bytesToHex } from "@portico/card-protocol";
import type { Configuration } from "../configuration/configuration.ts";
import { listChanges } from "../list/list-changes.ts";
import { listFolder, operatorAct } from "./asked.ts";
import type { CredentialRow, ListDifference } from "./list-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { ListLoading } from "./list-loading.ts";
import { Refusal } from "./refusal.ts";

type ListRoute = "GET /v1/list" | "GET /v1/list/credentials" | "POST /v1/list/diff" | "POST /v1/list/load";

/** The permission list: shown, compared with a folder of files, loaded from one. */
export function listAnswers(parts: ControlParts): AnswersTo<ListRoute> {
  const { store, clock, configuration } = parts;
  const { list, events } = store;
  const loading = new ListLoading(parts);
  return {
    "GET /v1/list": () => {
      const version = list.version();
      const counts = list.summary();
      if (version === undefined) return { version: 0, digest: "", loadedAt: null, counts };
      return { version: version.version, digest: bytesToHex(version.digest), loadedAt: version.loadedAt, counts };
    },
    "GET /v1/list/credentials": ({ query }) => {
      const person = query.get("person");
      const credential = query.get("credential");
      if ((person === null) === (credential === null))
        throw new Refusal(400, "One of person and credential is wanted", "the query", "Send ?person=<id> or ?credential=<16 hex digits>.");
      return list.entries(person !== null ? { person } : { credential: credential! }).map(({ credential: row, accessProfiles }): CredentialRow => ({
        credential: row.id,
        holder: row.holder,
        kind: row.kind,
        suspension: row.suspension ?? null,
        validFrom: row.validFrom,
        validUntil: row.validUntil,
        takes: row.takes,
        takesIssuedUntil: row.takesIssuedUntil ?? null,
        flags: row.flags,
        partySize: row.partySize ?? null,
        accessProfiles,
      }));
    },
    "POST /v1/list/diff": async (asked, onWorking): Promise<ListDifference> => {
      requireFiles(configuration);
      const { folder } = listFolder(asked);
      const comparison = await loading.run(folder, () => list.comparison(), onWorking);
      const before = list.version()?.version ?? 0;
      const isSame = before > 0 && comparison.added + comparison.changed + comparison.removed === 0;
      return { version: isSame ? before : before + 1, digest: bytesToHex(comparison.digest), ...listChanges(comparison) };
    },
    "POST /v1/list/load": async (asked, onWorking): Promise<ListDifference> => {
      requireFiles(configuration);
      const act = operatorAct(asked);
      const { folder } = listFolder(asked);
      const loaded = await loading.run(folder, () => list.replacement({ events, time: clock.eventTime, act }), onWorking);
      return { version: loaded.version, digest: bytesToHex(loaded.digest), ...listChanges(loaded) };
    },
  };
}

/** With a cloud every access point goes by the list of its zone: one from files would be kept, and asked by nobody. */
function requireFiles({ cloud }: Configuration): void {
  if (cloud === undefined) return;
  throw new Refusal(
    409,
    "The cloud has the lists of this controller: one from files would let nobody in",
    cloud.zones.join(", "),
    "Give the grant in the cloud: `portico grant give`; `portico status` says how the lists are held.",
  );
}
