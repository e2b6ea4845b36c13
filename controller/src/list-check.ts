import { type Clock, SetupError } from "@portico/card-protocol";
import { DATABASE_FILE } from "./store/controller-store.ts";
import type { PermissionList } from "./store/permission-list.ts";

/** After a start the permission list is looked through in slices of so long, with pauses in which scans are judged. 100,000 credentials take a second. */
const SLICE_MS = 1;
const PAUSE_MS = 1;

export interface ListCheckParts {
  readonly list: Pick<PermissionList, "verify">;
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly dataFolder: string;
  readonly onFatal: (failure: SetupError) => void;
}

/** Looks through the list at a start: one that the disk altered is worse than none, for whoever is in it by mistake would pass. Returns the function that ends it. */
export function checkList({ list, clock, dataFolder, onFatal }: ListCheckParts): () => void {
  const check = list.verify();
  let cancel = (): void => {};
  const slice = (): void => {
    const since = clock.monotonic();
    let step = check.next();
    while (step.done !== true && clock.monotonic() - since < SLICE_MS) step = check.next();
    if (step.done !== true) cancel = clock.after(PAUSE_MS, slice);
    else if (step.value === "altered")
      onFatal(
        new SetupError(
          "the permission list in the database is not the one that was loaded: the disk or somebody altered it",
          `${dataFolder}/${DATABASE_FILE}`,
          "Keep a copy of the file as evidence, move it away, start the controller and load the list again: portico list load <folder>.",
        ),
      );
  };
  slice();
  return () => cancel();
}
