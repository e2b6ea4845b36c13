import { makePossession, type Signer } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { ControllerEntrance } from "../controller-entrance.ts";

/** The token of a controller that has shown its key. */
export async function admitted({ site }: Cloud, entrance: ControllerEntrance, controller: string, signer: Signer): Promise<string> {
  const nonce = await entrance.challenge(controller);
  const made = await entrance.admit(controller, nonce, makePossession(site, { nonce, person: controller }, signer));
  if (!made.ok) throw new Error(`${made.error}: ${made.detail}`);
  return made.value.token;
}
