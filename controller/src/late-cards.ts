import { eventOf } from "@portico/card-protocol";
import type { AccessPointOptions } from "./access-point-parts.ts";
import type { Recognition } from "./recognition.ts";

/**
 * Has written down which cards were read while nobody heard their reader. Nobody is let in for them, and a card that the list does not have is not named.
 *
 * @returns the function that ends it
 */
export function watchLateCards({ settings, scanner, clock, recorder }: AccessPointOptions, recognition: Recognition): () => void {
  const stop = scanner.onLateScan?.(({ bytes }, readAt) => {
    const { credential } = recognition.of(bytes, clock.wall());
    if (credential !== undefined) recorder.event(eventOf("CardReadLate", { accessPoint: settings.id, credential: credential.id, readAt }));
  });
  return stop ?? (() => {});
}
