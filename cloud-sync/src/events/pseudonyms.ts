import { createHmac } from "node:crypto";
import { type ControllerEvent, eventCredential } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { siteSecret } from "../site-secret.ts";

/** Gives an event without what leads to a person: the same event where it names no credential. */
export type Pseudonymous = (event: ControllerEvent, at: number | null) => ControllerEvent;

const DAY_S = 86_400;

/**
 * Whoever reads events and people could follow everybody by the ids of their credentials. In what is told of events each credential has another name each day
 * (UTC), of as many digits, by which its events of that day belong together and nothing else is found. Holder, counter and pass go: they say the same.
 */
export async function pseudonyms(cloud: Cloud): Promise<Pseudonymous> {
  const secret = await siteSecret(cloud);
  return (event, at) => {
    const credential = eventCredential(event);
    if (credential === null) return event;
    const day = at === null ? "unknown" : String(Math.floor(at / DAY_S));
    const name = createHmac("sha256", secret).update(`credential of an event, day ${day}: ${credential}`).digest("hex").slice(0, credential.length);
    const fields: Record<string, unknown> = { ...event.fields, credential: name };
    for (const told of ["holder", "counter", "pass", "signedAt"]) if (told in fields) fields[told] = null;
    return { ...event, fields } as unknown as ControllerEvent;
  };
}
