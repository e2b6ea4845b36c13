import type { ServiceDocument } from "./service-document.ts";

/** What a deep link opens. */
export interface OpenedScene {
  /** As it came, character by character: what it means to whoever made the code is not ours to know. */
  readonly scene: string;
  /** The service whose `scene` it is exactly; null: none of them, and the home page opens. */
  readonly service: string | null;
}

/** Finds what a mini program's code leads to. The parameter is opaque and is carried through, known or not (rule 1.1). */
export function openScene(services: ServiceDocument, scene: string): OpenedScene {
  return { scene, service: services.services.find((each) => each.scene === scene)?.id ?? null };
}
