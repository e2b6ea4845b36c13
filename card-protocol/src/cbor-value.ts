/**
 * What a signed record or an event may be made of: integers of 0..2³²−1, text, bytes, true, false, null, and arrays of these.
 * No map, float, tag, negative or larger integer: each of them has two encodings, or reads back as something else.
 */
export type CborValue = number | string | boolean | null | Uint8Array | readonly CborValue[];
