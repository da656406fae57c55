/** What a page shows of one agent on this machine. */
export interface AgentStatus {
  id: string;
  label: string;
  /** One sentence: what it is and what it needs. */
  description: string;
  /** Its command was found. */
  available: boolean;
  /** Null when it is missing or does not tell. */
  version: string | null;
  /** Says that the version is outside the range that was tried; null when it is inside or unknown. */
  versionNote: string | null;
  /** How to get it; null when it is available or brought by configuration. */
  installHint: string | null;
  /** Comes with Millrace: no model, no key. */
  builtIn: boolean;
}
