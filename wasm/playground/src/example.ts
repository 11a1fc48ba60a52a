// An example of the gallery.

import type { Severity } from "./report.js";

/** What a rule's page shows as wrong, as files. */
export interface Example {
  rule: string;
  severity: Severity;
  /** What the rule reports, in a sentence. */
  about: string;
  /** The known ways to fail that the rule finds. */
  modes: string[];
  /** The heading that it stands under. */
  area: string;
  files: [path: string, text: string][];
}
