// What canpull throws.

import type { Code, ErrorPlace } from "./types.js";

/** Why canpull did not do its work, for programs. `not-loaded`: the module could not be loaded. `internal`: a defect of
 * canpull; the next call starts anew. */
export type ErrorCode = Code | "not-loaded" | "internal";

/** The only error that canpull throws. */
export class CanpullError extends Error {
  override readonly name = "CanpullError";
  readonly code: ErrorCode;
  readonly places: readonly ErrorPlace[];

  constructor(code: ErrorCode, message: string, places: readonly ErrorPlace[] = [], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.places = places;
  }
}
