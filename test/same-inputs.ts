import * as fc from "fast-check";

/** Property tests try the same inputs each time, so that a run says the same twice; `PROPERTY_SEED=N npm test` tries others. */
const SEED = 20_261_126;

fc.configureGlobal({ seed: Number(process.env["PROPERTY_SEED"] ?? SEED) });
