/** An answer of the platform's, or why there is none. `isUnsent`: the request has not gone out, so that nothing can have come of it. */
export type PlatformHeard =
  | { readonly ok: true; readonly status: number; readonly text: string }
  | { readonly ok: false; readonly error: "Disconnected" | "TimedOut" | "BadReply"; readonly detail: string; readonly isUnsent: boolean };

/**
 * One request to the platform: a form, posted. Never rejects, and answers within `timeoutMs`. What is asked may hold a token or a PIN: neither it nor what
 * comes back stands in a detail.
 */
export type PlatformExchange = (path: string, form: Readonly<Record<string, string>>, timeoutMs: number) => Promise<PlatformHeard>;
