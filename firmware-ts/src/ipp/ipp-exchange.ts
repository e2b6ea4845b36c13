import type { Result } from "@portico/card-protocol";

/** Why there is no answer of a printer. `Unreachable` nobody took the request · `TimedOut` no answer in time · `BadReply` an answer that is no IPP · `NotAuthorized` it does not let us in. */
export type IppExchangeError = "Unreachable" | "TimedOut" | "BadReply" | "NotAuthorized";

/**
 * Sends one request and brings its answer, a document behind it included; never rejects. Two: HTTP over a socket, and a virtual printer within one program.
 *
 * @param bytesMax   an answer that is longer is a `BadReply`
 * @param timeoutMs  for the whole of it
 */
export type IppExchange = (
  request: Uint8Array,
  limits: { readonly bytesMax: number; readonly timeoutMs: number },
) => Promise<Result<Uint8Array, IppExchangeError>>;
