import type { AskedWith, RouteAnswer, RouteName, RouteParts } from "@portico/cloud-sync";
import type { CampusCloud } from "./sim-campus.ts";

/** Asks the API; what it refuses is thrown. */
export type Ask = <R extends RouteName>(route: R, parts: RouteParts<R>, also?: AskedWith) => Promise<RouteAnswer<R>>;

/** The cloud of a campus through its API. @param plug  of the line to it */
export function campusCloud(ask: Ask, plug: CampusCloud["plug"]): CampusCloud {
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
    plug,
  };
}
