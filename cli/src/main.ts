import { COMMANDS } from "./program.ts";
import { runHere } from "./system-surroundings.ts";

// The whole program. What a controller runs of it for years stands in controller-program.ts.
runHere(COMMANDS);
