import { Command } from "commander";
import { controllerRunVerb } from "./controller-run.ts";
import { runHere } from "./system-surroundings.ts";

// `portico controller run` and nothing else: what runs for years on a small computer carries no other command. To be started with these two words alone.
runHere({ controller: (surroundings) => new Command("controller").addCommand(controllerRunVerb(surroundings)) });
