import { type ControllerEvent, type CredentialId, eventOf } from "@portico/card-protocol";
import { CREDENTIAL, PROFILE } from "./people.ts";

/** A card that was let in. @param holder  its zone-local handle */
export const grantedEvent = (
  accessPoint: string,
  { holder = 1, credential = CREDENTIAL.zhang }: { readonly holder?: number; readonly credential?: CredentialId } = {},
): ControllerEvent =>
  eventOf("AccessGranted", {
    accessPoint,
    credential,
    presentation: "card",
    holder,
    counter: null,
    signedAt: null,
    pass: null,
    accessProfile: PROFILE,
    uncertaintyS: 1,
    listVersion: 1,
    replayGroup: "main-gate/entry",
  });
