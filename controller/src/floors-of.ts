import type { CredentialId } from "@portico/card-protocol";
import type { AccessList } from "./access-list.ts";
import { type FloorContext, type JudgedFloors, judgeFloors } from "./core/floors.ts";
import type { PortalFloor } from "./portal/portal.ts";

/** What each floor of a lift says to a credential, by the list as it stands. @param id  undefined: nobody is known */
export const floorsOf = (
  floors: readonly PortalFloor[],
  id: CredentialId | undefined,
  list: Pick<AccessList, "permissions">,
  context: FloorContext,
): JudgedFloors =>
  judgeFloors(
    floors.map(({ floor, accessPoint, refusal }) => ({ floor, permissions: id === undefined ? [] : list.permissions(id, accessPoint), refusal })),
    context,
  );
